'use client';

/** The logs of one node, on the page of its members. */

import Link from 'next/link';
import { useMemo } from 'react';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatBytes } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { Status } from '../ui/status-glyph.tsx';
import { logHref, logsHref, term } from './log-address.ts';
import { formatCount, saidOf } from './log-words.ts';
import { useLogLines } from './use-log-lines.ts';

/** More are on the page of the logs. */
const LINES_SHOWN_MAX = 50;

export function NodeLogs({ node }: { readonly node: string }) {
  const { lines } = useLogLines();
  const nowMs = useGatewayNow();
  const own = useMemo(() => lines?.filter(({ row }) => row.node === node) ?? [], [lines, node]);
  if (own.length === 0) {
    return <p className="muted">It has said nothing of logs: it publishes none, or it is not here.</p>;
  }
  return (
    <div className="node-vips" data-test={MARKS.logs.nodeLogs} data-node={node}>
      <ul className="plain-list">
        {own.slice(0, LINES_SHOWN_MAX).map((line) => {
          const { shape, word, detail } = saidOf(line, nowMs);
          const lag = line.subscriber?.lag ?? null;
          return (
            <li key={line.id} data-test={MARKS.logs.nodeLog} data-line={line.id} className="node-vip">
              <Link href={logHref(line.id)} prefetch={false}>
                {inertName(line.row.log)}
                {line.subscriber === null ? '' : `, ${inertName(line.subscriber.name)}`}
              </Link>
              <span className={line.current ? undefined : 'value-stale'}>
                <Status shape={shape}>{word}</Status>{' '}
                <span className="muted">
                  {lag === null ? detail : `${formatCount(lag.records)} records, ${formatBytes(lag.bytes)}`}
                </span>
              </span>
            </li>
          );
        })}
      </ul>
      <p>
        <Link href={logsHref(term('node', node))} prefetch={false}>
          {own.length > LINES_SHOWN_MAX ? `All ${own.length} of them` : 'Its logs in the table'}
        </Link>
      </p>
    </div>
  );
}
