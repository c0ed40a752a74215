'use client';

/** Cells of the rows of one object. What a node did not say is a hatched diamond, and never a 0. */

import Link from 'next/link';
import { createContext, useContext } from 'react';
import { groupDigits } from '../bus/bus-words.ts';
import { useGatewayNow } from '../live/use-live.ts';
import { formatCount } from '../logs/log-words.ts';
import { MARKS } from '../test-marks.ts';
import { formatDuration, UNKNOWN } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status, StatusGlyph } from '../ui/status-glyph.tsx';
import { formatPart, SKEW_SHAPES } from './object-words.ts';
import type { NodeColumn, ValueRow } from './value-rows.ts';

/** How the nodes stand: heads and cells follow it without new columns. */
export type NodesNow = {
  readonly columns: readonly NodeColumn[];
  /** Nodes whose copies digests say are wrong. */
  readonly diverged: ReadonlySet<string>;
  /** Differences are marked. */
  readonly diff: boolean;
  /** Values of a cache are shown. */
  readonly texts: ReadonlyMap<string, string> | null;
};

export const NodesNowContext = createContext<NodesNow>({
  columns: [],
  diverged: new Set(),
  diff: false,
  texts: null,
});

const STATE_WORDS: Readonly<Record<NodeColumn['state'], string>> = {
  told: '',
  silent: 'silent',
  unknownObject: 'has no such object',
  refused: 'does not answer',
  waiting: 'being asked',
};

export function NodeHead({ node }: { readonly node: string }) {
  const { columns, diverged } = useContext(NodesNowContext);
  const column = columns.find((each) => each.node === node);
  const state = column?.state ?? 'waiting';
  const wrong = state === 'told' && diverged.has(node);
  return (
    <span
      className="object-node"
      data-test={MARKS.objects.nodeHead}
      data-node={node}
      data-state={wrong ? 'diverged' : state}
      title={column?.text === '' ? undefined : column?.text}
    >
      <NodeSigil name={node} size="small" dim={state !== 'told'} />
      <span className="object-node-name">{inertName(node)}</span>
      {wrong ? <StatusGlyph shape="disputed" /> : null}
      {wrong ? <span className="visually-hidden">, diverged</span> : null}
      {state === 'told' ? null : <NotTold column={column} state={state} />}
    </span>
  );
}

function NotTold(props: { readonly column: NodeColumn | undefined; readonly state: NodeColumn['state'] }) {
  const { column, state } = props;
  const nowMs = useGatewayNow();
  const atMs = column?.atMs ?? null;
  return (
    <span className="object-node-age">
      <StatusGlyph shape="unknown" />
      <span className={atMs === null ? undefined : 'visually-hidden'}>{STATE_WORDS[state]}</span>
      {atMs === null || nowMs === null ? null : formatDuration(nowMs - atMs)}
    </span>
  );
}

export type KeyCellProps = {
  readonly row: ValueRow;
  readonly indented: boolean;
  readonly href: string;
  readonly onToggle: (netblock: string) => void;
};

/** Deeper levels stand where the last of these does. */
const INDENTS_MAX = 8;

export function KeyCell({ row, indented, href, onToggle }: KeyCellProps) {
  const { key, depth, children, open, shown } = row;
  const name = inertName(key);
  return (
    <span
      className="object-key"
      style={indented ? { paddingInlineStart: 18 * Math.min(depth, INDENTS_MAX) } : undefined}
    >
      {children ? (
        <button
          type="button"
          className="object-expand"
          tabIndex={-1}
          aria-expanded={open}
          aria-label={`What is in ${name}`}
          data-test={MARKS.objects.expand}
          onClick={() => onToggle(key)}
        >
          <svg viewBox="0 0 10 10" aria-hidden="true">
            <path d={open ? 'M1 3h8L5 8Z' : 'M3 1v8l5-4Z'} fill="currentColor" />
          </svg>
        </button>
      ) : (
        <span className="object-leaf" aria-hidden="true" />
      )}
      <Link
        href={href}
        scroll={false}
        prefetch={false}
        tabIndex={-1}
        className="row-link"
        data-row-link=""
        data-test={MARKS.objects.valueLink}
      >
        {name}
      </Link>
      {open && shown === null ? <span className="object-shown">asking…</span> : null}
      {shown !== null && shown.found > shown.count ? (
        <span className="object-shown">
          {shown.count} of {formatCount(shown.found)}
        </span>
      ) : null}
    </span>
  );
}

export function NodeCell({ row, node }: { readonly row: ValueRow; readonly node: string }) {
  const { columns, diff } = useContext(NodesNowContext);
  const value = row.values.get(node);
  const deviates = diff && row.state === 'differs' && row.deviants.includes(node);
  if (value !== undefined) {
    return (
      <span
        className="object-value"
        data-test={MARKS.objects.cell}
        data-node={node}
        data-state={deviates ? 'differs' : 'told'}
        title={groupDigits(value)}
      >
        {formatCount(value)}
        {deviates ? <StatusGlyph shape="disputed" /> : null}
        {deviates ? <span className="visually-hidden"> differs</span> : null}
      </span>
    );
  }
  const atMost = row.atMost.get(node);
  const state = columns.find((each) => each.node === node)?.state ?? 'waiting';
  const words = atMost === undefined ? STATE_WORDS[state] || 'not known' : `at most ${groupDigits(atMost)}`;
  return (
    <span
      className="object-value"
      data-test={MARKS.objects.cell}
      data-node={node}
      data-state={atMost === undefined ? 'unknown' : 'atMost'}
      title={words}
    >
      {atMost === undefined ? <StatusGlyph shape="unknown" /> : `≤ ${formatCount(atMost)}`}
      <span className="visually-hidden">{words}</span>
    </span>
  );
}

const BAR_PX = 7;
const BARS_PX = 14;
/** More would not be told apart. */
const BARS_MAX = 16;

/** One bar for each node, in the order of the columns, as high as its value; none where nothing is known. */
export function SpreadCell({ row, nodes }: { readonly row: ValueRow; readonly nodes: readonly string[] }) {
  const { diff } = useContext(NodesNowContext);
  if (row.part === null) return UNKNOWN;
  const largest = Math.max(...row.values.values());
  const marked = diff && row.state === 'differs' ? new Set(row.deviants) : null;
  return (
    <span className="object-spread" data-test={MARKS.objects.spread}>
      {nodes.length > BARS_MAX ? null : (
        <svg
          viewBox={`0 0 ${nodes.length * BAR_PX} ${BARS_PX}`}
          style={{ width: nodes.length * BAR_PX }}
          aria-hidden="true"
        >
          {nodes.map((node, place) => (
            <SpreadBar
              key={node}
              x={place * BAR_PX}
              part={
                largest <= 0
                  ? 0
                  : (row.values.get(node) ?? null) === null
                    ? null
                    : (row.values.get(node) ?? 0) / largest
              }
              deviates={marked?.has(node) ?? false}
            />
          ))}
        </svg>
      )}
      <span className="object-part">{formatPart(row.part)}</span>
    </span>
  );
}

type SpreadBarProps = { readonly x: number; readonly part: number | null; readonly deviates: boolean };

function SpreadBar({ x, part, deviates }: SpreadBarProps) {
  if (part === null) return <path className="spread-none" d={`M${x + 1} ${BARS_PX - 0.5}h${BAR_PX - 2}`} />;
  const height = Math.max(1, part * BARS_PX);
  return (
    <rect
      className={deviates ? 'spread-bar spread-off' : 'spread-bar'}
      x={x + 1}
      y={BARS_PX - height}
      width={BAR_PX - 2}
      height={height}
    />
  );
}

export function DiffersCell({ row: { state, deviants, textDiffers } }: { readonly row: ValueRow }) {
  const words = {
    same: 'same',
    moving: 'under way',
    differs: textDiffers ? 'other values' : `differs on ${deviants.map(inertName).join(', ')}`,
    unknown: 'one node only',
  } as const;
  return <Status shape={SKEW_SHAPES[state]}>{words[state]}</Status>;
}

export function TextCell({ row }: { readonly row: ValueRow }) {
  const { texts } = useContext(NodesNowContext);
  const text = texts?.get(row.key);
  if (text === undefined) {
    return (
      <span
        className="muted"
        data-test={MARKS.objects.text}
        data-state={texts === null ? 'masked' : 'unknown'}
      >
        {texts === null ? '••••••' : UNKNOWN}
        {texts === null ? <span className="visually-hidden">masked</span> : null}
      </span>
    );
  }
  return (
    <span className="object-text" data-test={MARKS.objects.text} data-state="shown" title={inertText(text)}>
      {inertText(text)}
    </span>
  );
}

/** Ticks by itself: the row does not change while it waits for its end. */
export function EndCell({ row: { expiresAtMs } }: { readonly row: ValueRow }) {
  const nowMs = useGatewayNow();
  if (expiresAtMs === null) return <span className="muted">never</span>;
  return nowMs === null ? UNKNOWN : formatDuration(expiresAtMs - nowMs);
}
