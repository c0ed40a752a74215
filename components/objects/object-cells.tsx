'use client';

/** Cells of the list of objects. What only silent nodes said is unknown, and never a 0. */

import { groupDigits } from '../bus/bus-words.ts';
import { useGatewayNow } from '../live/use-live.ts';
import { formatCount } from '../logs/log-words.ts';
import { MARKS } from '../test-marks.ts';
import { UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status } from '../ui/status-glyph.tsx';
import type { ObjectLine } from './object-lines.ts';
import { flagsOf, saidOfObject } from './object-words.ts';

type CellProps = { readonly line: ObjectLine };

export function KindCell({ line: { row } }: CellProps) {
  return (
    <span className="object-kind">
      <span>{inertName(row.kind)}</span>
      <Flags flags={flagsOf(row)} />
    </span>
  );
}

export function Flags({ flags }: { readonly flags: readonly string[] }) {
  return flags.map((flag) => (
    <span key={flag} className="tag">
      {flag}
    </span>
  ));
}

export function HealthCell({ line }: CellProps) {
  const nowMs = useGatewayNow();
  const { shape, word, detail } = saidOfObject(line, nowMs);
  return (
    <span className="log-verdict" data-test={MARKS.objects.health} data-state={line.states[0]}>
      <Status shape={shape}>{word}</Status>
      {detail === '' ? null : <span className="log-verdict-detail">{detail}</span>}
    </span>
  );
}

export function AmountCell({ amount }: { readonly amount: number | null }) {
  if (amount === null) return UNKNOWN;
  return <span title={groupDigits(amount)}>{formatCount(amount)}</span>;
}

export function NodesCell({ line: { current, row } }: CellProps) {
  const heard = new Set(current.map(({ node }) => node));
  return (
    <span className="object-nodes">
      <span className="visually-hidden">
        {current.length} of {row.nodes.length}
      </span>
      {row.nodes.slice(0, SIGILS_MAX).map(({ node }) => (
        <NodeSigil key={node} name={node} size="small" dim={!heard.has(node)} />
      ))}
      {row.nodes.length > SIGILS_MAX ? (
        <span aria-hidden="true">+{row.nodes.length - SIGILS_MAX}</span>
      ) : null}
    </span>
  );
}

/** More are counted. */
const SIGILS_MAX = 7;

export function PendingCell({ line: { row }, most }: CellProps & { readonly most: number | null }) {
  if (most === null) return UNKNOWN;
  return (
    <span>
      {most}
      <span className="muted">/{row.maxPending}</span>
    </span>
  );
}
