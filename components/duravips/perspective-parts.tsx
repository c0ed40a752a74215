'use client';

/** Whose table stands beside that of the cluster, how old its answer is, and what it says of each address. */

import type { UseQueryResult } from '@tanstack/react-query';
import type { NodeTableReply } from '../../server/wire/duravip.ts';
import type { ApiFailure } from '../api/api-failure.ts';
import { useCollection, useGatewayNow } from '../live/use-live.ts';
import { compareNames } from '../members/member-words.ts';
import { silenceWords } from '../options/options-query.ts';
import { MARKS } from '../test-marks.ts';
import { formatDuration, formatMoment, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { Status, StatusGlyph } from '../ui/status-glyph.tsx';
import { EVERYBODY, type NodeSayings, namedOwner, plumbMismatch, saidOf } from './perspective.ts';
import type { Vip } from './vip-words.ts';

export type PerspectiveChoiceProps = {
  /** EVERYBODY or a node. */
  readonly node: string;
  readonly asked: UseQueryResult<NodeTableReply, ApiFailure>;
  readonly onChange: (node: string) => void;
};

export function PerspectiveChoice({ node, asked, onChange }: PerspectiveChoiceProps) {
  const nodes = useCollection('vipNodes');
  const names = new Set([...Object.keys(nodes), ...(node === EVERYBODY ? [] : [node])]);
  return (
    <span className="members-perspective">
      <label htmlFor="vip-perspective">As seen by</label>
      <select
        id="vip-perspective"
        className="input"
        value={node}
        data-test={MARKS.duravips.perspective}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value={EVERYBODY}>all together</option>
        {[...names].sort(compareNames).map((name) => (
          <option key={name} value={name}>
            {inertName(name)}
          </option>
        ))}
      </select>
      {node === EVERYBODY ? null : <Told node={node} asked={asked} />}
    </span>
  );
}

function Told({ node, asked }: Pick<PerspectiveChoiceProps, 'node' | 'asked'>) {
  const nowMs = useGatewayNow();
  const name = inertName(node);
  const toldMs = asked.data?.toldMs ?? null;
  return (
    <span className="vip-told" data-test={MARKS.duravips.perspectiveTold}>
      {asked.isPending ? (
        <span className="muted">asking…</span>
      ) : asked.isError ? (
        <Status shape="unknown">{silenceWords(asked.error, name)}</Status>
      ) : (
        <span className="muted">
          told {formatMoment(toldMs, nowMs)}
          {toldMs === null || nowMs === null ? '' : `, ${formatDuration(nowMs - toldMs)} ago`}
        </span>
      )}
      <button type="button" className="button" onClick={() => void asked.refetch()}>
        {asked.isFetching ? 'Asking…' : 'Ask again'}
      </button>
    </span>
  );
}

type SaidCellProps = { readonly vip: Vip; readonly node: string; readonly sayings: NodeSayings | null };

const SAID_SHAPES = { same: 'ok', differs: 'disputed', nothing: 'none' } as const;

export function SaidCell({ vip, node, sayings }: SaidCellProps) {
  if (sayings === null) return UNKNOWN;
  const saying = sayings.get(vip.address);
  const said = saidOf(vip, saying);
  const mismatch = plumbMismatch(vip, saying, node);
  return (
    <span data-test={MARKS.duravips.perspectiveRow} data-said={said}>
      <Status shape={SAID_SHAPES[said]}>{namedOwner(saying) ?? 'no such address'}</Status>
      {mismatch === null ? null : (
        <span className="tag" data-tone="critical">
          <StatusGlyph shape="critical" /> {mismatch}
        </span>
      )}
    </span>
  );
}
