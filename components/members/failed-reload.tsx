'use client';

/** The last reload of a member failed: what it said of it, asked from the member itself. */

import { lazy, Suspense } from 'react';
import { silenceWords, useOptions } from '../options/options-query.ts';
import { MARKS } from '../test-marks.ts';
import { plural } from '../ui/format-time.ts';
import { Status } from '../ui/status-glyph.tsx';
import { type Member, memberName } from './member-words.ts';

const LastReload = lazy(() =>
  import('../options/generation-facts.tsx').then((part) => ({ default: part.LastReload })),
);

export function FailedReload({ member }: { readonly member: Member }) {
  const query = useOptions(member.id);
  const errors = member.config?.lastReload?.errors ?? 0;
  const reply = query.data?.reply;
  return (
    <div className="node-reload" data-test={MARKS.node.failedReload}>
      {reply === undefined ? (
        <p className="notice" data-tone="critical">
          <Status shape="critical">The last reload failed: {plural(errors, 'error')}.</Status>
          <span className="muted">
            {query.isError ? silenceWords(query.error, memberName(member)) : 'Asking which…'}
          </span>
        </p>
      ) : (
        <Suspense fallback={null}>
          <LastReload reload={reply.lastReload} generation={reply.generation} />
        </Suspense>
      )}
    </div>
  );
}
