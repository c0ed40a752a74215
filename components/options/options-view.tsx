'use client';

/**
 * The options of one process, as it says them itself: every effective value and where it comes from. Read only;
 * changes are made with `config set` on a console.
 */

import { useEffect, useState } from 'react';
import type { OptionsReply } from '../../server/wire/options.ts';
import { useCollection } from '../live/use-live.ts';
import { useNow } from '../live/use-now.ts';
import { MARKS } from '../test-marks.ts';
import { pageVoice } from '../ui/announce.ts';
import { formatDuration, plural } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { Status } from '../ui/status-glyph.tsx';
import { GenerationFacts, LastReload } from './generation-facts.tsx';
import { OptionRows } from './option-rows.tsx';
import { countOptions, filterScopes, isChanged } from './option-words.ts';
import { type AskedOptions, silenceWords, useOptions } from './options-query.ts';

export function OptionsView({ member }: { readonly member: string }) {
  const query = useOptions(member);
  const name = inertName(member);
  const silence = query.isError ? silenceWords(query.error, name) : null;
  useEffect(() => {
    if (silence !== null) pageVoice.alert(silence);
  }, [silence]);
  const refresh = (): void => void query.refetch();
  return (
    <div className="options" data-test={MARKS.options.view} data-member={member}>
      <div className="options-bar">
        {query.data === undefined ? <p className="muted" /> : <Asked asked={query.data} member={member} />}
        <button
          type="button"
          className="button"
          data-test={MARKS.options.refresh}
          aria-disabled={query.isFetching}
          onClick={query.isFetching ? undefined : refresh}
        >
          {query.isFetching ? 'Asking…' : 'Ask again'}
        </button>
      </div>
      {silence !== null ? (
        <div className="notice" data-tone="warning" data-test={MARKS.options.noAnswer}>
          <p>
            {silence}{' '}
            {query.data === undefined
              ? 'Its options are unknown.'
              : 'What follows is its last answer and may have changed.'}
          </p>
        </div>
      ) : null}
      {query.data === undefined ? (
        query.isError ? null : (
          <p className="muted">Asking {name} for its options…</p>
        )
      ) : (
        <Answer reply={query.data.reply} />
      )}
    </div>
  );
}

/** Age of the answer, and whether the process has moved on since. */
function Asked({ asked, member }: { readonly asked: AskedOptions; readonly member: string }) {
  const nowMs = useNow(1_000);
  const live = useCollection('members')[member]?.config;
  const { reply, receivedMs } = asked;
  const moved = live != null && (live.generation !== reply.generation || live.unsaved !== reply.unsaved);
  return (
    <p className="muted" data-test={MARKS.options.asked}>
      asked {formatDuration(Math.max(0, nowMs - receivedMs))} ago
      {moved ? (
        <>
          {' · '}
          <Status shape="warning" mark={MARKS.options.moved}>
            changed since: now generation {live.generation}
          </Status>
        </>
      ) : null}
    </p>
  );
}

function Answer({ reply }: { readonly reply: OptionsReply }) {
  const [text, setText] = useState('');
  const [changedOnly, setChangedOnly] = useState(false);
  const shown = filterScopes(reply.scopes, { text, changedOnly });
  const all = countOptions(reply.scopes);
  const kept = countOptions(shown);
  const changed = reply.scopes.reduce((sum, { options }) => sum + options.filter(isChanged).length, 0);
  return (
    <>
      <GenerationFacts reply={reply} />
      <LastReload reload={reply.lastReload} generation={reply.generation} />
      <div className="options-filter">
        <input
          className="input"
          type="search"
          placeholder="Filter: name, value, scope, file"
          aria-label="Filter the options"
          value={text}
          data-test={MARKS.options.filter}
          onChange={(event) => setText(event.target.value)}
        />
        <label className="check">
          <input
            type="checkbox"
            checked={changedOnly}
            data-test={MARKS.options.changedOnly}
            onChange={(event) => setChangedOnly(event.target.checked)}
          />
          changed only ({changed})
        </label>
        <span className="muted" data-test={MARKS.options.count}>
          {kept === all ? plural(all, 'option') : `${kept} of ${plural(all, 'option')}`}
        </span>
      </div>
      {reply.omitted > 0 ? (
        <p className="notice" data-tone="warning">
          {plural(reply.omitted, 'more option')} did not fit into the answer. `config showrecurse` on its
          console gives all.
        </p>
      ) : null}
      {shown.length === 0 ? <p className="muted">No option passes this filter.</p> : null}
      {shown.map((scope) => (
        <OptionRows key={scope.path} scope={scope} />
      ))}
    </>
  );
}
