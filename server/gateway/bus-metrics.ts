/**
 * What `/metrics` tells of the bus: per server and per link, as the servers said it themselves. A server that is gone
 * has no series, and neither has what is not known: absent, never 0.
 */

import { Counter, Gauge, type Registry } from 'prom-client';
import type { KnownBus, KnownLink, KnownServer } from '../cluster/observer-api.ts';
import { withinLinks } from './bus-figures.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = { readonly labels: Labels; readonly value: number };
type Source = () => KnownBus;

/** Registers every series; they are read from `bus` at the moment of asking. */
export function addBusMetrics(registry: Registry, bus: Source): void {
  const add = { registry, bus };
  addLinkMetrics(add);
  addServerMetrics(add);
  gauge(add, 'muster_bus_group_members', 'Members of a group of the bus', ['group'], ({ groups }) =>
    (groups?.list ?? []).map(({ group, count }) => ({ labels: { group }, value: count })),
  );
}

type Add = { readonly registry: Registry; readonly bus: Source };

function addLinkMetrics(add: Add): void {
  const ends = ['from', 'to'] as const;
  gauge(
    add,
    'muster_bus_link_up',
    '1 while a server has this link',
    ends,
    ofLinks(({ state }) => Number(state === 'up')),
  );
  gauge(
    add,
    'muster_bus_link_round_trip_seconds',
    'Last measured round trip of a link that stands',
    ends,
    ofLinks(({ roundTripMs }) => (roundTripMs === null ? undefined : roundTripMs / 1_000)),
  );
  gauge(
    add,
    'muster_bus_link_backlog_messages',
    'Messages queued for a link; at max_backlog it is closed',
    ends,
    ofLinks(({ backlog }) => backlog),
  );
  gauge(
    add,
    'muster_bus_link_slow',
    '1 while the server at the other end counts as slow',
    ends,
    ofLinks(({ slow }) => Number(slow !== null)),
  );
  counter(
    add,
    'muster_bus_link_reconnects_total',
    'Links to this server that were lost',
    ends,
    ofLinks(({ reconnects }) => reconnects),
  );
  counter(
    add,
    'muster_bus_link_refused_handshakes_total',
    'Handshakes with this server that failed',
    ends,
    ofLinks(({ refused }) => refused),
  );
  const ways = [...ends, 'direction'] as const;
  counter(add, 'muster_bus_link_bytes_total', 'Bytes over links to this server', ways, ofWays('bytes'));
  counter(
    add,
    'muster_bus_link_messages_total',
    'Messages over links to this server',
    ways,
    ofWays('messages'),
  );
}

function addServerMetrics(add: Add): void {
  const server = ['server'] as const;
  gauge(
    add,
    'muster_bus_server_authenticated',
    '1 if links and clients have to prove a key; 0: whoever reaches its port is taken for a member',
    server,
    ofServers(({ authenticated }) => Number(authenticated)),
  );
  gauge(
    add,
    'muster_bus_server_clients',
    'Connected clients',
    server,
    ofServers(({ clients }) => clients),
  );
  counter(
    add,
    'muster_bus_server_refusals_total',
    'Connections refused or closed, by reason',
    ['server', 'reason'],
    (bus) =>
      present(bus).flatMap(({ node, refusals }) =>
        Object.entries(refusals).map(([reason, value]) => ({ labels: { server: node, reason }, value })),
      ),
  );
  counter(
    add,
    'muster_bus_view_changes_total',
    'Views that a server installed',
    server,
    ofServers(({ viewChanges }) => viewChanges),
  );
  gauge(
    add,
    'muster_bus_view_change_seconds',
    'How long the last change of view took, from its first sign',
    server,
    ofServers(({ views }) => {
      const tookMs = views.at(-1)?.tookMs ?? null;
      return tookMs === null ? undefined : tookMs / 1_000;
    }),
  );
}

function present({ servers }: KnownBus): readonly KnownServer[] {
  return withinLinks(servers.filter(({ current }) => current));
}

function ofServers(value: (server: KnownServer) => number | undefined) {
  return (bus: KnownBus): readonly Sample[] =>
    present(bus).flatMap((server) => sample({ server: server.node }, value(server)));
}

function ofLinks(value: (link: KnownLink) => number | undefined) {
  return (bus: KnownBus): readonly Sample[] =>
    present(bus).flatMap(({ node, links }) =>
      links.flatMap((link) => sample({ from: node, to: link.to }, value(link))),
    );
}

function ofWays(what: 'bytes' | 'messages') {
  return (bus: KnownBus): readonly Sample[] =>
    present(bus).flatMap(({ node: from, links }) =>
      links.flatMap(({ to, traffic }) => [
        { labels: { from, to, direction: 'in' }, value: traffic[`${what}In`] },
        { labels: { from, to, direction: 'out' }, value: traffic[`${what}Out`] },
      ]),
    );
}

function sample(labels: Labels, value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [{ labels, value }];
}

type Samples = (bus: KnownBus) => readonly Sample[];

function gauge(add: Add, name: string, help: string, labelNames: readonly string[], samples: Samples): void {
  const metric: Gauge = new Gauge({
    ...series(add, name, help, labelNames),
    collect: () => {
      metric.reset();
      for (const { labels, value } of samples(add.bus())) metric.set(labels, value);
    },
  });
}

/** The totals are the servers' own; they start over when a server does. */
function counter(
  add: Add,
  name: string,
  help: string,
  labelNames: readonly string[],
  samples: Samples,
): void {
  const metric: Counter = new Counter({
    ...series(add, name, help, labelNames),
    collect: () => {
      metric.reset();
      for (const { labels, value } of samples(add.bus())) metric.inc(labels, value);
    },
  });
}

function series({ registry }: Add, name: string, help: string, labelNames: readonly string[]) {
  return { name, help, labelNames: [...labelNames], registers: [registry] };
}
