/**
 * `msgc_server stats`: the bus server of a process with its links, views, groups and counters, as text and as XML.
 * The command is ours. Takes plain facts; what is not known is a dash in the text and absent in the XML.
 */

import { printableLine } from './printable.ts';
import { renderXml, textElement, type XmlElement } from './xml.ts';

export type BusLinkLines = {
  readonly peer: string;
  readonly address: string;
  readonly state: string;
  /** Since the state began. */
  readonly sinceSeconds: number;
  readonly roundTripMs: number | undefined;
  readonly backlog: number;
  readonly reconnects: number;
  readonly refused: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  /** Why the peer counts as slow. */
  readonly slow: string | undefined;
  readonly detail: string;
};

export type BusViewLines = {
  readonly viewId: string;
  /** The first one orders messages. */
  readonly members: readonly string[];
  readonly ageSeconds: number;
  readonly tookMs: number | undefined;
  readonly joined: readonly string[];
  readonly lost: readonly { readonly node: string; readonly cause: string }[];
};

export type BusLines = {
  readonly node: string;
  readonly state: string;
  readonly authenticated: boolean;
  readonly upSeconds: number;
  readonly clients: number;
  readonly maxBacklog: number;
  /** Not scheduled within the last minute. */
  readonly pausedMs: number;
  readonly links: readonly BusLinkLines[];
  readonly refusals: Readonly<Record<string, number>>;
  /** Newest last; the last one stands, or stood. */
  readonly views: readonly BusViewLines[];
  readonly groups: readonly { readonly group: string; readonly members: readonly string[] }[];
  readonly counters: Readonly<Record<string, number>>;
};

const LINK_COLUMNS = [
  'Peer',
  'Address',
  'State',
  'Since',
  'Round trip',
  'Backlog',
  'Reconnects',
  'Refused',
  'Bytes in',
  'Bytes out',
  'Messages in',
  'Messages out',
] as const;

export function renderBus(bus: BusLines): string {
  const view = bus.views.at(-1);
  return [
    `Server: ${printableLine(bus.node)} (${bus.state})`,
    `Authentication: ${bus.authenticated ? 'on' : 'off: whoever reaches the port is taken for a member'}`,
    `Up: ${bus.upSeconds} s`,
    `View: ${view === undefined ? 'none' : viewText(view)}`,
    `Clients: ${bus.clients}`,
    `Max backlog: ${bus.maxBacklog}`,
    `Not scheduled: ${bus.pausedMs} ms of the last minute`,
    ...section('Links', linkRows(bus.links)),
    ...section('Refused connections', tally(bus.refusals)),
    ...section('Views', bus.views.toReversed().map(changeText)),
    ...section(
      'Groups',
      bus.groups.map(({ group, members }) => `${group} (${members.length}): ${members.join(', ')}`),
    ),
    ...section('Counters', tally(bus.counters)),
  ].join('\n');
}

function section(title: string, rows: readonly string[]): readonly string[] {
  return [
    '',
    `${title}:${rows.length === 0 ? ' none' : ''}`,
    ...rows.map((row) => `  ${printableLine(row)}`),
  ];
}

function viewText({ viewId, members, ageSeconds }: BusViewLines): string {
  return printableLine(
    `${viewId}, for ${ageSeconds} s, ordered by ${members[0] ?? 'nobody'}: ${members.join(', ')}`,
  );
}

function changeText({ viewId, members, ageSeconds, tookMs, joined, lost }: BusViewLines): string {
  const news = [
    ...(joined.length === 0 ? [] : [`joined ${joined.join(', ')}`]),
    ...(lost.length === 0 ? [] : [`lost ${lost.map(({ node, cause }) => `${node} (${cause})`).join(', ')}`]),
  ];
  const took = tookMs === undefined ? '' : `, took ${milliseconds(tookMs)}`;
  return [`${viewId}, ${ageSeconds} s ago${took}: ${members.length} members`, ...news].join('; ');
}

function linkRows(links: readonly BusLinkLines[]): readonly string[] {
  if (links.length === 0) return [];
  const rows = [LINK_COLUMNS, ...links.map(linkCells)].map((cells) => cells.map(printableLine));
  const widths = LINK_COLUMNS.map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return lines.flatMap((line, index) => [line, ...notes(links[index - 1])]);
}

function linkCells(link: BusLinkLines): readonly string[] {
  return [
    link.peer,
    link.address,
    link.state,
    `${link.sinceSeconds} s`,
    link.roundTripMs === undefined ? '-' : milliseconds(link.roundTripMs),
    ...[link.backlog, link.reconnects, link.refused].map(String),
    ...[link.bytesIn, link.bytesOut, link.messagesIn, link.messagesOut].map(String),
  ];
}

/** What is said of a link in words, below its row. */
function notes(link: BusLinkLines | undefined): readonly string[] {
  if (link === undefined) return [];
  const slow = link.slow === undefined ? [] : [`slow: ${link.slow}`];
  return [...slow, ...(link.detail === '' ? [] : [link.detail])].map((note) => `  ${note}`);
}

function tally(counts: Readonly<Record<string, number>>): readonly string[] {
  return sorted(counts).map(([name, count]) => `${name}: ${count}`);
}

function sorted(counts: Readonly<Record<string, number>>): readonly (readonly [string, number])[] {
  return Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(3) : Math.round(ms)} ms`;
}

export function renderBusXml(bus: BusLines): string {
  const { node, state, authenticated, upSeconds, clients, maxBacklog, pausedMs } = bus;
  return renderXml({
    name: 'MsgcServer',
    attributes: { node, state, authenticated, upSeconds, clients, maxBacklog, pausedMs },
    content: [
      {
        name: 'Links',
        content: bus.links.map((link) => ({ name: 'Link', attributes: linkAttributes(link) })),
      },
      { name: 'Refusals', content: counted('Refusal', 'reason', bus.refusals) },
      { name: 'Views', content: bus.views.map(viewElement) },
      { name: 'Groups', content: bus.groups.map(groupElement) },
      { name: 'Counters', content: counted('Counter', 'name', bus.counters) },
    ],
  });
}

function linkAttributes(link: BusLinkLines): NonNullable<XmlElement['attributes']> {
  const { peer, address, state, sinceSeconds, roundTripMs, backlog, reconnects, refused } = link;
  const { bytesIn, bytesOut, messagesIn, messagesOut, slow } = link;
  const traffic = { bytesIn, bytesOut, messagesIn, messagesOut };
  const detail = link.detail === '' ? undefined : link.detail;
  const facts = { peer, address, state, sinceSeconds, roundTripMs, backlog, reconnects, refused };
  return { ...facts, ...traffic, slow, detail };
}

function viewElement({ viewId: id, members, ageSeconds, tookMs, joined, lost }: BusViewLines): XmlElement {
  return {
    name: 'View',
    attributes: { id, ageSeconds, tookMs },
    content: [
      ...members.map((node) => textElement('Member', node)),
      ...joined.map((node) => textElement('Joined', node)),
      ...lost.map(({ node, cause }) => ({ name: 'Lost', attributes: { cause }, content: node })),
    ],
  };
}

function groupElement({ group, members }: BusLines['groups'][number]): XmlElement {
  return {
    name: 'Group',
    attributes: { name: group, count: members.length },
    content: members.map((name) => textElement('Member', name)),
  };
}

function counted(name: string, key: string, counts: Readonly<Record<string, number>>): readonly XmlElement[] {
  return sorted(counts).map(([of, count]) => ({ name, attributes: { [key]: of, count } }));
}
