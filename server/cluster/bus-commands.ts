/** Console commands about the bus server of a process (ours): nodes, managers and dedicated servers have them. */

import { type BusLines, renderBus, renderBusXml } from '../console/bus-text.ts';
import type { CommandSpec } from '../console/command-tree.ts';
import { done, failed } from '../console/replies.ts';
import type { ServerStatus } from '../msgc/server-api.ts';

export type BusContext = {
  /** Undefined where this process has no msgc_server. */
  readonly serverStatus: (nowMs: number) => ServerStatus | undefined;
  readonly nowMs: number;
};

export const BUS_COMMANDS: readonly CommandSpec<BusContext>[] = [
  {
    words: 'msgc_server stats',
    help: 'Show the bus server: links, refused connections, views, groups, counters',
    xml: 'own',
    run: ({ xml }, { serverStatus, nowMs }) => {
      const status = serverStatus(nowMs);
      if (status === undefined) return failed('Error: this process has no msgc_server');
      return done((xml ? renderBusXml : renderBus)(linesOf(status, nowMs)));
    },
  },
];

function linesOf(status: ServerStatus, nowMs: number): BusLines {
  const age = (momentMs: number) => Math.max(0, Math.floor((nowMs - momentMs) / 1_000));
  const { node, state, authenticated, clients, maxBacklog, refusals, groups, counters } = status;
  return {
    node,
    state,
    authenticated,
    upSeconds: age(status.startedAtMs),
    clients,
    maxBacklog,
    pausedMs: Math.round(status.pausedMs),
    links: status.links.map(({ traffic, sinceMs, roundTripMs, ...link }) => ({
      ...link,
      ...traffic,
      roundTripMs: toMicroseconds(roundTripMs),
      sinceSeconds: age(sinceMs),
    })),
    refusals,
    views: status.views.map(({ installedAtMs, tookMs, ...view }) => ({
      ...view,
      tookMs: toMicroseconds(tookMs),
      ageSeconds: age(installedAtMs),
    })),
    groups,
    counters,
  };
}

function toMicroseconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1_000) / 1_000;
}
