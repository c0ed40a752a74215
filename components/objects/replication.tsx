'use client';

/** How the replication of one object stands at each node: what waits, whom it hears, how fast, what is wrong since when. */

import type { ObjectAtNode } from '../../server/wire/objects.ts';
import { useGatewayNow } from '../live/use-live.ts';
import { formatCount, formatRate } from '../logs/log-words.ts';
import { MARKS } from '../test-marks.ts';
import { formatAge, formatDuration, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status, StatusGlyph } from '../ui/status-glyph.tsx';
import { useUrlState } from '../ui/url-state.ts';
import type { ObjectLine } from './object-lines.ts';
import { saidOfNode, viewOf } from './object-words.ts';

type At = { readonly at: ObjectAtNode; readonly current: boolean };

/** One line, and the table of all nodes below it for who opens it. */
export function Replication({ line }: { readonly line: ObjectLine }) {
  const [open, setOpen] = useUrlState('replication', '');
  const { row } = line;
  return (
    <section
      className="replication-part"
      aria-labelledby="replication-title"
      data-test={MARKS.objects.replication}
    >
      <div className="replication-head">
        <h2 className="section-title" id="replication-title">
          Replication
        </h2>
        <ReplicationLine line={line} />
        <button
          type="button"
          className="link-button"
          aria-expanded={open !== ''}
          data-test={MARKS.objects.replicationOpen}
          onClick={() => setOpen(open === '' ? 'open' : '')}
        >
          {open === '' ? 'Each node' : 'Less'}
        </button>
      </div>
      {open === '' ? null : <NodeTable line={line} />}
      {open === '' || row.omitted === 0 ? null : (
        <p className="muted replication-note">and {row.omitted} more nodes that are not told of here</p>
      )}
    </section>
  );
}

/** The worst of what nodes say that are known; the page says of which nothing is. */
function ReplicationLine({ line: { row, verdict, current } }: { readonly line: ObjectLine }) {
  const nowMs = useGatewayNow();
  const pending = Math.max(0, ...current.map((at) => at.pending));
  const oldest = current.flatMap(({ oldestPendingMs }) => oldestPendingMs ?? []);
  const rates = current.flatMap((at) => at.rates ?? []);
  const quiet = quietest(current, nowMs);
  if (current.length === 0) return <p className="replication-line">nothing is known of any node</p>;
  return (
    <p className="replication-line">
      <span>
        pending <b>{pending}</b>/{row.maxPending}
      </span>
      <span>
        oldest <b>{oldest.length === 0 ? 'none' : formatAge(Math.max(...oldest))}</b> of{' '}
        {formatAge(row.maxDelayMs)}
      </span>
      {rates.length === 0 ? null : (
        <span>
          sent <b>{formatRate(sum(rates.map(({ sentKeysPerS }) => sentKeysPerS)))}</b>, received{' '}
          <b>{formatRate(sum(rates.map(({ receivedKeysPerS }) => receivedKeysPerS)))}</b>
        </span>
      )}
      {quiet === null ? null : (
        <span>
          last from {inertName(quiet.node)}{' '}
          {verdict.unknown.includes(quiet.node) ? <StatusGlyph shape="unknown" /> : null}{' '}
          {quiet.ageMs === null ? <Status shape="unknown">never</Status> : <b>{formatAge(quiet.ageMs)}</b>}
        </span>
      )}
    </p>
  );
}

/** Of whom some node heard longest ago; null where there is nobody to hear. */
function quietest(
  current: readonly ObjectAtNode[],
  nowMs: number | null,
): { readonly node: string; readonly ageMs: number | null } | null {
  const heard = current.flatMap(({ owners, toldMs }) =>
    owners.map(({ node, heardAgoMs }) => ({
      node,
      ageMs: heardAgoMs === null || nowMs === null ? null : heardAgoMs + (nowMs - toldMs),
    })),
  );
  const age = (ms: number | null): number => ms ?? Number.POSITIVE_INFINITY;
  return heard.toSorted((a, b) => age(b.ageMs) - age(a.ageMs))[0] ?? null;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0);
}

function NodeTable({ line }: { readonly line: ObjectLine }) {
  const { row, verdict } = line;
  const cache = viewOf(row.kind) === 'cache';
  return (
    <ScrollRegion className="table-scroll" label="Replication at each node">
      <table className="table card-table replication">
        <thead>
          <tr>
            <Head>Node</Head>
            <Head>State</Head>
            <Head number>Entries</Head>
            <Head number>Own</Head>
            <Head number>Pending</Head>
            <Head number>Oldest</Head>
            <Head number>Sent</Head>
            <Head number>Received</Head>
            {cache ? <Head number>Hits</Head> : null}
            <Head>Last heard from</Head>
            <Head number>Told</Head>
          </tr>
        </thead>
        <tbody>
          {row.nodes.map((at, index) => (
            <NodeLine
              key={at.node}
              at={at}
              line={line}
              verdict={verdict.nodes[index]?.verdict}
              cache={cache}
            />
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

function Head({ children, number = false }: { readonly children: string; readonly number?: boolean }) {
  return (
    <th scope="col" className={number ? 'number' : undefined}>
      <span className="label">{children}</span>
    </th>
  );
}

type NodeLineProps = {
  readonly at: ObjectAtNode;
  readonly line: ObjectLine;
  readonly verdict: ObjectLine['verdict']['nodes'][number]['verdict'] | undefined;
  readonly cache: boolean;
};

function NodeLine({ at, line: { row, current: known }, verdict, cache }: NodeLineProps) {
  const nowMs = useGatewayNow();
  const current = known.includes(at);
  const said = verdict === undefined ? null : saidOfNode(verdict, nowMs);
  const old = current ? undefined : 'value-stale';
  return (
    <tr
      data-test={MARKS.objects.replicationNode}
      data-node={at.node}
      data-state={verdict?.kind}
      data-stale={current ? undefined : true}
    >
      <th scope="row">
        <span className="name-tag">
          <NodeSigil name={at.node} size="small" dim={!current} />
          <span className="name-tag-text">{inertName(at.node)}</span>
        </span>
      </th>
      <td className="card-wide">
        {said === null ? null : (
          <>
            <Status shape={said.shape}>{said.word}</Status> <span className="muted">{said.detail}</span>
          </>
        )}
      </td>
      <td className="number" data-label="entries">
        <span className={old}>{formatCount(at.entries)}</span>
      </td>
      <td className="number card-drop">
        <span className={old}>{formatCount(at.own.entries)}</span>
      </td>
      <td className="number" data-label="pending">
        <span className={old}>
          {at.pending}
          <span className="muted">/{row.maxPending}</span>
        </span>
      </td>
      <td className="number" data-label="oldest">
        <Oldest at={at} maxDelayMs={row.maxDelayMs} className={old} />
      </td>
      <Rates at={{ at, current }} />
      {cache ? (
        <td className="number card-drop">
          <Hits at={at} className={old} />
        </td>
      ) : null}
      <td className="card-wide">
        <HeardFrom at={at} current={current} nowMs={nowMs} />
      </td>
      <td className="number" data-label="told">
        {nowMs === null ? UNKNOWN : `${formatAge(nowMs - at.toldMs)} ago`}
      </td>
    </tr>
  );
}

type OldProps = { readonly at: ObjectAtNode; readonly className: string | undefined };

function Oldest({ at, maxDelayMs, className }: OldProps & { readonly maxDelayMs: number }) {
  if (at.oldestPendingMs === null) return at.pending === 0 ? <span className="muted">none</span> : UNKNOWN;
  return (
    <span className={className}>
      {formatAge(at.oldestPendingMs)}
      <span className="muted"> of {formatAge(maxDelayMs)}</span>
    </span>
  );
}

function Rates({ at: { at, current } }: { readonly at: At }) {
  const { rates } = at;
  const known = current ? rates : null;
  return (
    <>
      <td
        className="number card-drop"
        title={known === null ? undefined : `${formatRate(known.sentBytesPerS, true)}`}
      >
        {known === null ? UNKNOWN : formatRate(known.sentKeysPerS)}
      </td>
      <td
        className="number card-drop"
        title={known === null ? undefined : `${formatRate(known.receivedBytesPerS, true)}`}
      >
        {known === null ? UNKNOWN : formatRate(known.receivedKeysPerS)}
      </td>
    </>
  );
}

function Hits({ at: { hits, misses }, className }: OldProps) {
  if (hits === null || misses === null) return UNKNOWN;
  const all = hits + misses;
  return (
    <span className={className} title={`${hits} hits, ${misses} misses`}>
      {formatCount(hits)}
      <span className="muted"> {all === 0 ? '' : `${Math.round((hits / all) * 100)} %`}</span>
    </span>
  );
}

type HeardFromProps = {
  readonly at: ObjectAtNode;
  readonly current: boolean;
  readonly nowMs: number | null;
};

/** Each other member, and how long ago this node last heard of its share. Who has nothing new to say is quiet. */
function HeardFrom({ at, current, nowMs }: HeardFromProps) {
  if (at.owners.length === 0) return <span className="muted">nobody else has it</span>;
  return (
    <ul className="heard-from">
      {at.owners.map(({ node, heardAgoMs, awaiting, divergedAgoMs }) => {
        const ageMs = heardAgoMs === null || nowMs === null ? null : heardAgoMs + (nowMs - at.toldMs);
        return (
          <li key={node} data-test={MARKS.objects.heard} data-node={node}>
            <NodeSigil name={node} size="small" dim={!current || ageMs === null} />
            <span className="visually-hidden">{inertName(node)} </span>
            <span className={current ? undefined : 'value-stale'}>
              {ageMs === null ? 'never' : formatAge(ageMs)}
            </span>
            {awaiting ? <Status shape="moving">snapshot</Status> : null}
            {divergedAgoMs === null ? null : (
              <span className="heard-wrong">
                <StatusGlyph shape="disputed" /> wrong{' '}
                {nowMs === null ? '' : `for ${formatDuration(divergedAgoMs + (nowMs - at.toldMs))}`}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
