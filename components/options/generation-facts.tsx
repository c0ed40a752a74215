'use client';

/** Which configuration is live, since when, what is not saved, and how the last reload went. */

import type { OptionsReply, ReloadView } from '../../server/wire/options.ts';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatDuration, formatMoment, plural } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { Status } from '../ui/status-glyph.tsx';

export function GenerationFacts({ reply }: { readonly reply: OptionsReply }) {
  const gatewayMs = useGatewayNow();
  return (
    <dl className="facts">
      <dt>Generation</dt>
      <dd data-test={MARKS.options.generation}>
        {reply.generation}
        <span className="muted">
          {' '}
          since {formatMoment(reply.sinceMs, gatewayMs)}
          {gatewayMs === null ? null : `, for ${formatDuration(gatewayMs - reply.sinceMs)}`}
        </span>
      </dd>
      <dt>Not in a file</dt>
      <dd data-test={MARKS.options.unsaved}>
        {reply.unsaved === 0 ? (
          'nothing: every value in effect is in a file or a default'
        ) : (
          <Status shape="warning">
            {plural(reply.unsaved, 'change')} by console; a restart loses what is not written back
          </Status>
        )}
      </dd>
      {reply.notUsed.length === 0 ? null : (
        <>
          <dt>Not in use</dt>
          <dd>
            <Status shape="critical">set, but cannot be had:</Status>
            <ul data-test={MARKS.options.notUsed}>
              {[...new Set(reply.notUsed)].map((problem) => (
                <li key={problem}>{inertText(problem)}</li>
              ))}
            </ul>
          </dd>
        </>
      )}
      <dt>Files</dt>
      <dd>
        {reply.files.length === 0 ? (
          'none'
        ) : (
          <ul>
            {reply.files.map(({ path, readonly }) => (
              <li key={path}>
                <span className="mono">{inertName(path)}</span>
                {readonly ? <span className="muted"> read only</span> : null}
              </li>
            ))}
          </ul>
        )}
      </dd>
    </dl>
  );
}

export type LastReloadProps = { readonly reload: ReloadView | null; readonly generation: number };

export function LastReload({ reload, generation }: LastReloadProps) {
  const gatewayMs = useGatewayNow(60_000);
  if (reload === null) {
    return (
      <p className="muted" data-test={MARKS.options.reload}>
        Not reloaded since its start.
      </p>
    );
  }
  const by = `${formatMoment(reload.atMs, gatewayMs)}${reload.user === '' ? '' : ` by ${inertName(reload.user)}`}`;
  const counts = [
    reload.errors > 0 ? plural(reload.errors, 'error') : '',
    reload.warnings > 0 ? plural(reload.warnings, 'warning') : '',
  ]
    .filter(Boolean)
    .join(', ');
  const unlisted = reload.errors + reload.warnings - reload.diagnostics.length;
  return (
    <div
      className="notice reload-notice"
      data-tone={reload.ok ? (reload.warnings > 0 ? 'warning' : 'ok') : 'critical'}
      data-test={MARKS.options.reload}
      data-ok={reload.ok}
    >
      <p>
        <Status shape={reload.ok ? (reload.warnings > 0 ? 'warning' : 'ok') : 'critical'}>
          {reload.ok ? 'Last reload worked' : 'Last reload failed'}
        </Status>{' '}
        {by}
        {counts === '' ? '' : `: ${counts}`}
        {reload.ok ? '.' : `. Generation ${generation} stays in effect.`}
      </p>
      {reload.diagnostics.length === 0 ? null : (
        <ol className="diagnostics">
          {reload.diagnostics.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a fixed list in which the same line may stand twice
            <li key={index} data-test={MARKS.options.diagnostic}>
              {inertText(line)}
            </li>
          ))}
        </ol>
      )}
      {unlisted > 0 ? <p>and {unlisted} more, in the log of the process.</p> : null}
    </div>
  );
}
