'use client';

/** Each node with what is known of its load: addresses, queues, connections, links, view, age, configuration. */

import Link from 'next/link';
import { type MailFigures, OBJECT_ROW_STALE_MS } from '../../server/wire/objects.ts';
import { useCollection } from '../live/use-live.ts';
import { formatCount } from '../logs/log-words.ts';
import { memberHref } from '../members/member-address.ts';
import { serverOf } from '../members/member-flags.ts';
import { memberName, sigilName, stateWords } from '../members/member-words.ts';
import { rowFrom } from '../members/perspective.ts';
import { MARKS } from '../test-marks.ts';
import { formatAge, plural, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status } from '../ui/status-glyph.tsx';
import type { Picture, SeenMember } from './picture.ts';

/** More are on the page of the members. */
const NODES_SHOWN_MAX = 32;

const HEADS = [
  'Node',
  'State',
  'VIPs',
  'Active',
  'Delayed',
  'In',
  'Out',
  'Links up',
  'View',
  'Heard',
  'Config',
] as const;
const NUMBERS: ReadonlySet<string> = new Set(['VIPs', 'Active', 'Delayed', 'In', 'Out', 'Heard']);
const HINTS: Readonly<Partial<Record<(typeof HEADS)[number], string>>> = {
  VIPs: 'Addresses that it owns',
  Active: 'Messages that it may deliver now',
  Delayed: 'Messages that wait for their next try',
  In: 'Connections that bring mail',
  Out: 'Connections that take mail on',
};

export function NodeLoad({ picture }: { readonly picture: Picture }) {
  const nodes = picture.members.filter(({ member }) => member.role === 'node' || member.role === 'manager');
  if (!picture.loaded) return <p className="muted attention-none">Waiting for the first data…</p>;
  if (nodes.length === 0) return <p className="muted attention-none">No node is seen.</p>;
  return (
    <ScrollRegion className="node-load-scroll" label="Table of nodes">
      <table className="table node-load">
        <thead>
          <tr>
            {HEADS.map((head) => (
              <th
                key={head}
                scope="col"
                title={HINTS[head]}
                className={NUMBERS.has(head) ? 'label number' : 'label'}
              >
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {nodes.slice(0, NODES_SHOWN_MAX).map((seen) => (
            <NodeLine key={seen.member.id} seen={seen} picture={picture} />
          ))}
        </tbody>
      </table>
      {nodes.length > NODES_SHOWN_MAX ? (
        <p className="muted attention-none">
          and {plural(nodes.length - NODES_SHOWN_MAX, 'more node')} on{' '}
          <Link href="/members" prefetch={false}>
            Members
          </Link>
        </p>
      ) : null}
    </ScrollRegion>
  );
}

function NodeLine({ seen, picture }: { readonly seen: SeenMember; readonly picture: Picture }) {
  const { member, flags, heardMs } = seen;
  const { freshness, gatewayMs, matrix } = picture;
  const hop = freshness.members[member.id];
  const state = stateWords(member, hop, gatewayMs);
  const gone = member.state === 'departed';
  const cells = rowFrom(matrix, serverOf(member) ?? '')?.cells.filter((cell) => cell.state !== 'self');
  const told = gone || cells === undefined ? [] : cells;
  const up = told.filter((cell) => cell.state === 'up').length;
  const owned = useCollection('vipNodes')[member.nodeName ?? '']?.owned ?? null;
  return (
    <tr data-test={MARKS.overview.node} data-member={member.id} data-state={member.state}>
      <th scope="row">
        <Link href={memberHref(member.id)} prefetch={false} className="name-tag node-load-name">
          <NodeSigil name={sigilName(member)} dim={gone} />
          <span className="name-tag-text">{memberName(member)}</span>
        </Link>
      </th>
      <td className="node-load-state">
        <Status shape={state.shape}>{state.word}</Status>
      </td>
      <td className="number node-load-drop">{gone || owned === null ? UNKNOWN : owned}</td>
      <MailCells member={member} heard={seen.state === 'present'} gatewayMs={gatewayMs} />
      <td className="node-load-links">
        {told.length === 0 ? (
          UNKNOWN
        ) : (
          <>
            <LinkBars up={up} of={told.length} /> {up} of {told.length}
          </>
        )}
      </td>
      <td className="node-load-drop mono">
        {gone || member.viewId === null ? (
          UNKNOWN
        ) : flags.includes('view') ? (
          <Status shape="disputed">{inertName(member.viewId)}</Status>
        ) : (
          <span className="view-id">{inertName(member.viewId)}</span>
        )}
      </td>
      <td className="number node-load-heard">{gone ? UNKNOWN : formatAge(heardMs)}</td>
      <td className="node-load-drop">
        {gone || member.config === null ? (
          UNKNOWN
        ) : flags.includes('reload') ? (
          <Status shape="critical">{member.config.generation}, reload failed</Status>
        ) : (
          `generation ${member.config.generation}`
        )}
      </td>
    </tr>
  );
}

type MailCellsProps = {
  readonly member: SeenMember['member'];
  /** What it said last is what is. */
  readonly heard: boolean;
  readonly gatewayMs: number | null;
};

const QUEUES = ['active', 'delayed', 'inbound', 'outbound'] as const;

/** A member that runs no mail has none of these; one that is silent keeps its last words, with their age. */
function MailCells({ member: { mail, state }, heard, gatewayMs }: MailCellsProps) {
  const known = state === 'departed' ? null : mail;
  const old = known !== null && !(heard && isFresh(known, gatewayMs));
  const age = known === null || gatewayMs === null ? '' : `${formatAge(gatewayMs - known.toldMs)} ago`;
  return QUEUES.map((queue) => (
    <td
      key={queue}
      className={queue === 'delayed' ? 'number node-load-queue' : 'number node-load-drop'}
      title={known === null ? undefined : `told ${age}`}
      data-test={MARKS.overview.queue}
      data-queue={queue}
    >
      {known === null ? (
        UNKNOWN
      ) : (
        <span className={old ? 'value-stale' : undefined}>{formatCount(known[queue])}</span>
      )}
      {old && queue === 'delayed' ? <span className="visually-hidden"> as of {age}</span> : null}
    </td>
  ));
}

function isFresh({ toldMs }: MailFigures, gatewayMs: number | null): boolean {
  return gatewayMs !== null && gatewayMs - toldMs <= OBJECT_ROW_STALE_MS;
}

/** Links drawn one by one up to this many; more would not be told apart. */
const BARS_MAX = 16;

function LinkBars({ up, of }: { readonly up: number; readonly of: number }) {
  if (of > BARS_MAX) return null;
  return (
    <svg className="link-bars" viewBox={`0 0 ${of * 5} 10`} style={{ width: of * 5 }} aria-hidden="true">
      {Array.from({ length: of }, (_, place) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a place is what is drawn
          key={place}
          x={place * 5 + 0.5}
          y="0.5"
          width="3"
          height="9"
          className={place < up ? 'link-bar-up' : 'link-bar-down'}
        />
      ))}
    </svg>
  );
}
