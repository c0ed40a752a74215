'use client';

/** An address as one node has it in its own table and on its own interfaces, asked now. */

import { useState } from 'react';
import { useGatewayNow } from '../live/use-live.ts';
import { compareNames } from '../members/member-words.ts';
import { silenceWords } from '../options/options-query.ts';
import { MARKS } from '../test-marks.ts';
import { formatDuration, formatMoment, UNKNOWN } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { Status } from '../ui/status-glyph.tsx';
import { namedOwner, plumbMismatch, saidOf, sayingsOf } from './perspective.ts';
import { useNodeTable } from './use-node-table.ts';
import type { Vip } from './vip-words.ts';

export function NodeSees({ vip }: { readonly vip: Vip }) {
  const [node, setNode] = useState<string | null>(null);
  const names = vip.participants.map((each) => each.node).sort(compareNames);
  return (
    <div className="node-sees">
      <span className="members-perspective">
        <label htmlFor="sees-node">Ask</label>
        <select
          id="sees-node"
          className="input"
          value={node ?? ''}
          onChange={(event) => setNode(event.target.value === '' ? null : event.target.value)}
        >
          <option value="">nobody</option>
          {names.map((name) => (
            <option key={name} value={name}>
              {inertName(name)}
            </option>
          ))}
        </select>
      </span>
      {node === null ? null : <Asked key={node} vip={vip} node={node} />}
    </div>
  );
}

function Asked({ vip, node }: { readonly vip: Vip; readonly node: string }) {
  const asked = useNodeTable(node);
  const nowMs = useGatewayNow();
  const again = (
    <button type="button" className="button" onClick={() => void asked.refetch()}>
      {asked.isFetching ? 'Asking…' : 'Ask again'}
    </button>
  );
  if (asked.isPending) return <p className="muted">Asking {inertName(node)}…</p>;
  if (asked.isError) {
    return (
      <p role="alert">
        <Status shape="unknown">{silenceWords(asked.error, inertName(node))}</Status> {again}
      </p>
    );
  }
  const { toldMs, synced, viewId, epoch } = asked.data;
  const saying = sayingsOf(asked.data).get(vip.address);
  const said = saidOf(vip, saying);
  const mismatch = plumbMismatch(vip, saying, node);
  return (
    <>
      <dl className="facts" data-test={MARKS.duravips.perspectiveRow} data-node={node} data-said={said}>
        <dt>Owner</dt>
        <dd>
          <Status shape={said === 'same' ? 'ok' : said === 'differs' ? 'disputed' : 'none'}>
            {namedOwner(saying) ?? 'it knows no such address'}
          </Status>{' '}
          {said === 'differs' ? <span className="muted">not what the table says</span> : null}
        </dd>
        <dt>On its host</dt>
        <dd>
          {saying === undefined
            ? UNKNOWN
            : saying.plumbed
              ? `yes, on ${inertName(saying.interface ?? 'an interface it does not name')}`
              : 'no'}
          {mismatch === null ? null : (
            <span className="tag" data-tone="critical">
              {mismatch}
            </span>
          )}
        </dd>
        <dt>Text</dt>
        <dd>{saying === undefined || saying.text === '' ? UNKNOWN : inertText(saying.text)}</dd>
        <dt>Its view</dt>
        <dd>
          <span className="mono">{viewId === null ? UNKNOWN : inertName(viewId)}</span>, epoch{' '}
          <span className="mono">{inertName(epoch)}</span>
          {synced ? '' : ', being agreed'}
        </dd>
        <dt>Told</dt>
        <dd>
          {formatMoment(toldMs, nowMs)}
          {nowMs === null ? '' : ` (${formatDuration(nowMs - toldMs)} ago)`}
        </dd>
      </dl>
      {again}
    </>
  );
}
