'use client';

/** The part of one node in the replicated objects, on the page of its members. */

import Link from 'next/link';
import { useGatewayNow } from '../live/use-live.ts';
import { formatCount } from '../logs/log-words.ts';
import { MARKS } from '../test-marks.ts';
import { plural } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { Status } from '../ui/status-glyph.tsx';
import { objectHref, objectsHref } from './object-address.ts';
import { saidOfNode } from './object-words.ts';
import { useObjectLines } from './use-object-lines.ts';

export function NodeObjects({ node }: { readonly node: string }) {
  const { lines } = useObjectLines();
  const nowMs = useGatewayNow();
  const own = (lines ?? []).flatMap((line) => {
    const place = line.row.nodes.findIndex((at) => at.node === node);
    const [at, verdict] = [line.row.nodes[place], line.verdict.nodes[place]?.verdict];
    return at === undefined || verdict === undefined ? [] : [{ line, at, verdict }];
  });
  if (own.length === 0) {
    return <p className="muted">It has said nothing of objects: it shares none, or it is not here.</p>;
  }
  return (
    <div className="node-vips" data-test={MARKS.objects.nodeObjects} data-node={node}>
      <ul className="plain-list">
        {own.map(({ line: { row }, at, verdict }) => {
          const { shape, word, detail } = saidOfNode(verdict, nowMs);
          return (
            <li
              key={row.id}
              className="node-vip"
              data-test={MARKS.objects.nodeObject}
              data-object={row.id}
              data-state={verdict.kind}
            >
              <Link href={objectHref(row.id, { by: node })} prefetch={false}>
                {inertName(row.id)}
              </Link>
              <span className={verdict.kind === 'unknown' ? 'value-stale' : undefined}>
                <Status shape={shape}>{word}</Status>{' '}
                <span className="muted">
                  {detail === '' ? '' : `${detail} · `}
                  {formatCount(at.own.entries)} of {formatCount(at.entries)} entries are its own,{' '}
                  {plural(at.pending, 'change waits', 'changes wait')}
                </span>
              </span>
            </li>
          );
        })}
      </ul>
      <p>
        <Link href={objectsHref()} prefetch={false}>
          All objects
        </Link>
      </p>
    </div>
  );
}
