'use client';

/** The freshness rail: nodes, bus, gateway, you; a lamp and an age for each hop. Press it for single ages. */

import type { Row } from '../../server/wire/live.ts';
import type { Freshness, FreshnessLevel, HopLevel } from '../live/freshness.ts';
import { useCollection, useFreshness, useGatewayNow } from '../live/use-live.ts';
import { memberName } from '../members/member-words.ts';
import { MARKS } from '../test-marks.ts';
import { formatAge, formatClock, UNKNOWN, zoneLabel } from '../ui/format-time.ts';
import { PopPanel } from '../ui/pop-panel.tsx';
import { type GlyphShape, StatusGlyph, type Tone } from '../ui/status-glyph.tsx';

const LAMPS: Readonly<Record<HopLevel, readonly [GlyphShape, Tone]>> = {
  live: ['ok', 'ok'],
  lagging: ['warning', 'warning'],
  stale: ['unknown', 'stale'],
  silent: ['unknown', 'warning'],
  lost: ['critical', 'critical'],
  unknown: ['none', 'stale'],
};

const LEVEL_WORDS: Readonly<Record<FreshnessLevel, string>> = {
  connecting: 'connecting',
  live: 'live',
  lagging: 'lagging',
  stale: 'stale',
  lostBus: 'last known',
  disconnected: 'disconnected',
};

const HOP_WORDS: Readonly<Record<HopLevel, string>> = {
  live: 'live',
  lagging: 'lagging',
  stale: 'stale',
  silent: 'silent',
  lost: 'lost',
  unknown: 'unknown',
};

/** More lamps than this would not be read one by one. */
const NODE_LAMPS_MAX = 16;

export function FreshnessRail() {
  const freshness = useFreshness();
  const gatewayMs = useGatewayNow();
  const gone = lostNodes(Object.values(useCollection('members')));
  return (
    <section className="rail" data-level={freshness.level} data-test={MARKS.rail.root} aria-label="Freshness">
      <ol className="rail-track">
        <li className="station" data-level={freshness.nodes.level} data-test={MARKS.rail.nodes}>
          <span className="label">Nodes</span>
          <NodeLamps freshness={freshness} gone={gone} />
          <span className="station-age" data-test={MARKS.rail.nodesAge}>
            {formatAge(freshness.nodes.ageMs)}
          </span>
          {freshness.silent.length > 0 ? (
            <span className="station-note">{freshness.silent.length} silent</span>
          ) : null}
          {gone > 0 ? <span className="station-note">{gone} gone</span> : null}
        </li>
        <Station
          label="Bus"
          level={freshness.bus.level}
          text={freshness.bus.level === 'lost' ? 'lost' : formatAge(freshness.bus.ageMs)}
          mark={MARKS.rail.bus}
          textMark={MARKS.rail.busAge}
        />
        <Station
          label="Gateway"
          level={freshness.gateway.level}
          text={formatAge(freshness.gateway.ageMs)}
          mark={MARKS.rail.gateway}
          textMark={MARKS.rail.gatewayAge}
        />
        <Station
          label="You"
          level={freshness.you}
          text={LEVEL_WORDS[freshness.level]}
          mark={MARKS.rail.you}
          textMark={MARKS.rail.youWord}
        />
      </ol>
      <RailDetails freshness={freshness} />
      <time className="rail-clock" data-test={MARKS.frame.clock}>
        {formatClock(gatewayMs)}{' '}
        <span className="muted">{gatewayMs === null ? '' : zoneLabel(gatewayMs)}</span>
      </time>
    </section>
  );
}

type StationProps = {
  readonly label: string;
  readonly level: HopLevel;
  readonly text: string;
  readonly mark: string;
  readonly textMark: string;
};

function Station({ label, level, text, mark, textMark }: StationProps) {
  const [shape, tone] = LAMPS[level];
  return (
    <li className="station" data-level={level} data-test={mark}>
      <span className="label">{label}</span>
      <StatusGlyph shape={shape} tone={tone} />
      <span className="visually-hidden">{HOP_WORDS[level]}</span>
      <span className="station-age" data-test={textMark}>
        {text}
      </span>
    </li>
  );
}

/** Nodes that went without saying so; an empty place in the row of lamps until they are back or dismissed. */
function lostNodes(members: readonly Row<'members'>[]): number {
  return members.filter(
    ({ state, cause, role }) => state === 'departed' && cause !== 'leave' && role === 'node',
  ).length;
}

type NodeLampsProps = { readonly freshness: Freshness; readonly gone: number };

function NodeLamps({ freshness, gone }: NodeLampsProps) {
  const hops = Object.entries(freshness.members).sort(([a], [b]) => a.localeCompare(b));
  if (hops.length === 0 || hops.length > NODE_LAMPS_MAX) {
    const [shape, tone] = LAMPS[freshness.nodes.level];
    return <StatusGlyph shape={shape} tone={tone} />;
  }
  return (
    <span className="node-lamps" data-count={hops.length}>
      <span className="node-lamp-all">
        <StatusGlyph shape={LAMPS[freshness.nodes.level][0]} tone={LAMPS[freshness.nodes.level][1]} />
      </span>
      {hops.map(([id, hop]) => (
        <StatusGlyph key={id} shape={LAMPS[hop.level][0]} tone={LAMPS[hop.level][1]} />
      ))}
      {Array.from({ length: Math.min(gone, NODE_LAMPS_MAX) }, (_, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: empty places have no identity
        <StatusGlyph key={`gone-${place}`} shape="unowned" tone="critical" />
      ))}
    </span>
  );
}

function RailDetails({ freshness }: { readonly freshness: Freshness }) {
  return (
    <PopPanel
      label="Age of every member"
      align="end"
      className="rail-ages"
      button={{
        className: 'rail-open',
        mark: MARKS.rail.details,
        label: 'ages of every member',
        content: 'ages',
      }}
    >
      {() => <RailAges freshness={freshness} />}
    </PopPanel>
  );
}

function RailAges({ freshness }: { readonly freshness: Freshness }) {
  const members = useCollection('members');
  const rows = Object.entries(freshness.members).sort(([a], [b]) => a.localeCompare(b));
  return (
    <>
      <p className="label">Last heard by the gateway</p>
      {rows.length === 0 ? <p className="muted">No member has been heard yet.</p> : null}
      <dl className="facts">
        {rows.map(([id, hop]) => {
          const row = members[id];
          const [shape, tone] = LAMPS[hop.level];
          return (
            <RailAge key={id} id={id} name={row ? memberName(row) : id} age={formatAge(hop.ageMs)}>
              <StatusGlyph shape={shape} tone={tone} /> {hop.level === 'live' ? '' : HOP_WORDS[hop.level]}
            </RailAge>
          );
        })}
      </dl>
      <p className="muted rail-ages-note">
        Bus {formatAge(freshness.bus.ageMs)}, gateway {formatAge(freshness.gateway.ageMs)}. {UNKNOWN} means
        never heard.
      </p>
    </>
  );
}

type RailAgeProps = {
  readonly id: string;
  readonly name: string;
  readonly age: string;
  readonly children: React.ReactNode;
};

function RailAge({ id, name, age, children }: RailAgeProps) {
  return (
    <>
      <dt className="isolate-text">{name}</dt>
      <dd className="rail-age" data-test={MARKS.rail.memberAge} data-member={id}>
        {age} {children}
      </dd>
    </>
  );
}
