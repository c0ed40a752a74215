'use client';

/** Ownership over time: a lane for each address that the filter leaves, with causes, gaps and overlaps summed. */

import Link from 'next/link';
import { useMemo } from 'react';
import { useCollection } from '../../live/use-live.ts';
import { MARKS } from '../../test-marks.ts';
import { formatClock, formatMoment, formatRfc3339 } from '../../ui/format-time.ts';
import { inertName } from '../../ui/inert-text.ts';
import { StatusGlyph } from '../../ui/status-glyph.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { withinPage } from '../duravip-address.ts';
import { NodeTag } from '../vip-cells.tsx';
import type { Vip } from '../vip-words.ts';
import { LANES_MAX, useHistory } from './history-queries.ts';
import {
  CAUSE_GLYPHS,
  CAUSE_WORDS,
  type Lane,
  laneWords,
  looksOf,
  piecesOf,
  type Span,
  spanWords,
} from './lane.ts';
import { LanePatterns } from './lane-patterns.tsx';
import { LaneLabels, LanePicture } from './lane-picture.tsx';

const HOUR_MS = 3_600_000;
const SPANS = [
  { id: '1h', label: '1 h', ms: HOUR_MS },
  { id: '6h', label: '6 h', ms: 6 * HOUR_MS },
  { id: '24h', label: '24 h', ms: 24 * HOUR_MS },
  { id: '7d', label: '7 d', ms: 7 * 24 * HOUR_MS },
  { id: '30d', label: '30 d', ms: 30 * 24 * HOUR_MS },
] as const;
const DEFAULT_SPAN = SPANS[2];
const LANE_HEIGHT = 22;
const TICKS = 6;
/** Changes of the open lane that are listed, newest first. */
const CHANGES_SHOWN = 100;

/** @param vips those that the filter leaves, in order. */
export function Timeline({ vips, search }: { readonly vips: readonly Vip[]; readonly search: string }) {
  const [spanId, setSpan] = useUrlState('span', '');
  const [open, setOpen] = useUrlState('lane', '');
  const span = SPANS.find(({ id }) => id === spanId) ?? DEFAULT_SPAN;
  const nodes = useCollection('vipNodes');
  const shown = useMemo(() => vips.slice(0, LANES_MAX), [vips]);
  const addresses = useMemo(() => shown.map(({ address }) => address), [shown]);
  const changed = useMemo(() => shown.map(({ ownerSinceMs }) => ownerSinceMs ?? '').join(), [shown]);
  const { data, error } = useHistory(addresses, span.ms, changed);
  const looks = useMemo(() => looksOf(Object.keys(nodes)), [nodes]);
  return (
    <section className="timeline" aria-label="Ownership over time" data-test={MARKS.duravips.time.timeline}>
      <LanePatterns />
      <div className="timeline-bar">
        <fieldset className="timeline-spans toggle-row">
          <legend className="visually-hidden">Span</legend>
          {SPANS.map(({ id, label }) => (
            <button
              key={id}
              type="button"
              className="toggle"
              aria-pressed={id === span.id}
              data-test={MARKS.duravips.time.span}
              data-span={id}
              onClick={() => setSpan(id === DEFAULT_SPAN.id ? '' : id)}
            >
              {label}
            </button>
          ))}
        </fieldset>
        <Legend nodes={[...looks.keys()]} looks={looks} />
      </div>
      {error === null ? null : <p className="timeline-note">{error.message}</p>}
      {vips.length > shown.length ? (
        <p className="timeline-note">
          The first {shown.length} of {vips.length} addresses. Filter to see others.
        </p>
      ) : null}
      {data === undefined ? null : <Axis span={data} />}
      <ul className="timeline-lanes">
        {(data?.lanes ?? []).map((lane) => (
          <LaneRow
            key={lane.address}
            lane={lane}
            span={{ fromMs: data?.fromMs ?? 0, toMs: data?.toMs ?? 0 }}
            keptSinceMs={data?.keptSinceMs ?? null}
            looks={looks}
            open={open === lane.address}
            onOpen={() => setOpen(open === lane.address ? '' : lane.address)}
            search={search}
          />
        ))}
      </ul>
    </section>
  );
}

function Legend({
  nodes,
  looks,
}: {
  readonly nodes: readonly string[];
  readonly looks: ReadonlyMap<string, number>;
}) {
  return (
    <ul className="timeline-legend" aria-label="Looks of nodes">
      {nodes.map((node) => (
        <li key={node}>
          <svg className="lane-swatch" aria-hidden="true">
            <rect
              className="lane-piece"
              data-kind="owned"
              data-look={looks.get(node)}
              width="100%"
              height="100%"
            />
          </svg>
          {inertName(node)}
        </li>
      ))}
      <li>
        <svg className="lane-swatch" aria-hidden="true">
          <rect className="lane-piece" data-kind="unowned" width="100%" height="100%" />
        </svg>
        nobody
      </li>
      <li>
        <svg className="lane-swatch" aria-hidden="true">
          <rect className="lane-piece" data-kind="blind" width="100%" height="100%" />
        </svg>
        not seen
      </li>
    </ul>
  );
}

function Axis({ span }: { readonly span: Span }) {
  const ticks = Array.from({ length: TICKS + 1 }, (_, index) => {
    const share = index / TICKS;
    return { share, atMs: span.fromMs + share * (span.toMs - span.fromMs) };
  });
  const long = span.toMs - span.fromMs > 24 * HOUR_MS;
  return (
    <svg className="timeline-axis" aria-hidden="true">
      {ticks.map(({ share, atMs }) => (
        <text
          key={share}
          x={`${share * 100}%`}
          y="14"
          textAnchor={share === 0 ? 'start' : share === 1 ? 'end' : 'middle'}
        >
          {long ? formatMoment(atMs, null).slice(5, 16) : formatClock(atMs).slice(0, 5)}
        </text>
      ))}
    </svg>
  );
}

type LaneRowProps = {
  readonly lane: Lane;
  readonly span: Span;
  readonly keptSinceMs: number | null;
  readonly looks: ReadonlyMap<string, number>;
  readonly open: boolean;
  readonly onOpen: () => void;
  readonly search: string;
};

function LaneRow({ lane, span, keptSinceMs, looks, open, onOpen, search }: LaneRowProps) {
  const pieces = piecesOf(lane, span, keptSinceMs);
  return (
    <li className="timeline-lane" data-test={MARKS.duravips.time.laneRow} data-vip={lane.address}>
      <button
        type="button"
        className="timeline-lane-name mono"
        aria-expanded={open}
        onClick={onOpen}
        data-test={MARKS.duravips.time.laneLink}
      >
        {lane.address}
      </button>
      <div className="timeline-lane-picture">
        <LanePicture
          pieces={pieces}
          looks={looks}
          label={laneWords(lane, spanWords)}
          height={LANE_HEIGHT}
          details
        />
        <LaneLabels pieces={pieces} />
      </div>
      <Sums lane={lane} />
      {open ? <Changes lane={lane} search={search} toMs={span.toMs} /> : null}
    </li>
  );
}

function Sums({ lane }: { readonly lane: Lane }) {
  return (
    <span className="timeline-sums" data-test={MARKS.duravips.time.laneSums}>
      {lane.unownedMs > 0 ? (
        <span className="status" data-tone="warning">
          <StatusGlyph shape="unowned" /> unowned {spanWords(lane.unownedMs)}
        </span>
      ) : null}
      {lane.overlapMs > 0 ? (
        <span className="status" data-tone="critical">
          <StatusGlyph shape="disputed" /> two owners {spanWords(lane.overlapMs)}
        </span>
      ) : null}
    </span>
  );
}

function Changes({
  lane,
  search,
  toMs,
}: {
  readonly lane: Lane;
  readonly search: string;
  readonly toMs: number;
}) {
  const newest = [...lane.segments].reverse().slice(0, CHANGES_SHOWN);
  return (
    <ol className="timeline-changes">
      {newest.map(({ owner, fromMs, toMs: endMs, cause, by, blind }) => (
        <li key={`${fromMs}-${owner}`} data-test={MARKS.duravips.time.change}>
          <time title={formatRfc3339(fromMs)}>{formatMoment(fromMs, toMs)}</time>
          <span>
            {owner === null ? 'nobody' : <NodeTag name={owner} />}
            {blind ? ' (not seen)' : ''}
          </span>
          <span className="muted">
            {cause === null ? '' : `${CAUSE_GLYPHS[cause]} ${CAUSE_WORDS[cause]}`}
            {by === null ? '' : ` · ${inertName(by)}`}
          </span>
          <span className="muted">for {spanWords((endMs ?? toMs) - fromMs)}</span>
          <Link
            href={withinPage(search, { at: String(Math.round(fromMs)), view: '' })}
            prefetch={false}
            data-test={MARKS.duravips.time.travel}
          >
            All addresses then
          </Link>
        </li>
      ))}
    </ol>
  );
}
