'use client';

/** Empties a cache on every node (W3): the preview of the console, its name is typed, and what each node answered. */

import { lazy, Suspense, useState } from 'react';
import { flushCommand } from '../../server/wire/objects.ts';
import { useCommandFlow } from '../console/command-flow.tsx';
import { useActionObstacle } from '../duravips/actions/write-gate.ts';
import { MARKS } from '../test-marks.ts';
import { ActionButton } from '../ui/action-button.tsx';

const Flushed = lazy(() => import('./flushed-sheet.tsx').then((part) => ({ default: part.FlushedSheet })));

const TIMEOUT_MS = 10_000;

export type Sent = { readonly kind: 'job' | 'approval'; readonly id: string };

export function FlushButton({ object }: { readonly object: string }) {
  const [sent, setSent] = useState<Sent | null>(null);
  const obstacle = useActionObstacle();
  const flow = useCommandFlow({
    onSent: ({ id }) => setSent({ kind: 'job', id }),
    onAsked: ({ id }) => setSent({ kind: 'approval', id }),
  });
  const press = (): void =>
    void flow.ask({ command: flushCommand(object), target: { kind: 'all' }, timeoutMs: TIMEOUT_MS });
  return (
    <>
      <ActionButton mark={MARKS.objects.flush} obstacle={obstacle} onPress={press} showReason={false}>
        Flush…
      </ActionButton>
      {flow.failure === null ? null : (
        <p className="field-error" role="alert">
          {flow.failure}
        </p>
      )}
      {flow.sheet}
      {sent === null ? null : (
        <Suspense>
          <Flushed object={object} sent={sent} onSent={setSent} onClose={() => setSent(null)} />
        </Suspense>
      )}
    </>
  );
}
