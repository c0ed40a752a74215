/** The two programs of DuraVIP as simulated processes: the daemon of a node and a dashboard. */

import type { DeadlineReached } from '../../../server/base/core.ts';
import type { StreamEffect } from '../../../server/base/stream-io.ts';
import type { HostPolicy, LocalVip, VipPolicy } from '../../../server/duravip/api.ts';
import { VipHost } from '../../../server/duravip/host.ts';
import { VipMember } from '../../../server/duravip/member.ts';
import { VipObserver } from '../../../server/duravip/observer.ts';
import type { VipTiming } from '../../../server/duravip/timing.ts';
import { DriftingClock } from '../../../server/memory/drifting-clock.ts';
import type { MemoryNetwork } from '../../../server/memory/memory-network.ts';
import { GROUPS, type NodeName, type PrivateName, privateName } from '../../../server/model/names.ts';
import { MsgcClient, type MsgcClientInput } from '../../../server/msgc/client.ts';
import { clientOptions } from '../../../server/msgc/options.ts';
import { CLUSTER, PORT, type ServerProcess } from '../bus/bus-processes.ts';
import { SimProcess } from '../process.ts';
import { DashboardCore } from './dashboard-core.ts';
import type { Machine } from './machine.ts';
import { PARTICIPANT, VipCore, type VipCoreEffect, type VipCoreInput, WATCHER } from './vip-core.ts';
import type { Watcher } from './watcher.ts';

export type Daemon = {
  readonly number: number;
  readonly node: NodeName;
  readonly name: PrivateName;
  readonly core: VipCore;
  readonly process: SimProcess<VipCoreInput, VipCoreEffect>;
  /** Of the world; set while it does not run. */
  pausedAtMs: number | undefined;
};

export type Dashboard = {
  readonly name: PrivateName;
  readonly core: DashboardCore;
  readonly process: SimProcess<MsgcClientInput, StreamEffect>;
};

/** One machine, and the daemon that runs on it while there is one. */
export type SimNode = {
  readonly number: number;
  readonly node: NodeName;
  readonly machine: Machine;
  /** What its files say, read by a start and by a reload. */
  vips: readonly LocalVip[];
  policy: VipPolicy;
  server: ServerProcess | undefined;
  daemon: Daemon | undefined;
  /** A stop in order is under way. */
  leaving: boolean;
};

type Surroundings = { readonly network: MemoryNetwork; readonly watcher: Pick<Watcher, 'watch'> };

type Identity = {
  readonly session: string;
  readonly instance: number;
  readonly seed: number;
};

const HOST_POLICY: HostPolicy = {
  ifCheckMs: 1_000,
  ifDownLimitMs: 400,
  arpAllHosts: true,
  hook: undefined,
  hookTimeoutMs: 1_000,
};

const RECONNECT = { reconnectIntervalMs: 500, retryFirstMs: 20 };

export function startDaemon(
  { network, watcher }: Surroundings,
  at: SimNode,
  parts: Identity & { readonly timing: VipTiming; readonly clockRate: number; readonly stopped: () => void },
): Daemon {
  const { node, number, machine, vips, policy } = at;
  const { session } = parts;
  const name = privateName(session, node);
  const clock = new DriftingClock(network.clock, parts.clockRate);
  const nowMs = clock.nowMs();
  const client = newClient(parts, [node], nowMs);
  const newMember = (): VipMember => new VipMember({ node, offers: vips, policy, timing: parts.timing });
  const member = newMember();
  const host = new VipHost({ policy: HOST_POLICY, vips, nowMs });
  const watch = watcher.watch({ number, node, name, member, offers: vips, again: newMember });
  const core = new VipCore({ session, client, member, host, watch });
  const process = new SimProcess<VipCoreInput, VipCoreEffect>({
    core,
    network,
    clock,
    host: node,
    isStream,
    perform: (effect) => {
      if (effect.type === 'vipCommand') machine.do(effect.command);
      else parts.stopped();
    },
  });
  machine.attach((fact) => process.give({ type: 'vipHost', input: { type: 'fact', fact } }));
  process.give({ type: 'vipHost', input: { type: 'start' } });
  process.give({ type: 'vipMember', input: { type: 'start' } });
  process.give(joining(session, PARTICIPANT));
  return { number, node, name, core, process, pausedAtMs: undefined };
}

/** A client of any server that answers. */
export function startDashboard(
  { network }: Pick<Surroundings, 'network'>,
  parts: Identity & { readonly host: NodeName; readonly others: readonly NodeName[] },
): Dashboard {
  const { session, host, others } = parts;
  const clock = new DriftingClock(network.clock, 1);
  const servers = [host, ...others.filter((node) => node !== host)];
  const client = newClient(parts, servers, clock.nowMs());
  const core = new DashboardCore({ session, client, observer: new VipObserver() });
  const process = new SimProcess<MsgcClientInput, StreamEffect>({
    core,
    network,
    clock,
    host,
    isStream: (effect): effect is StreamEffect => effect.type !== undefined,
    perform: () => {},
  });
  process.give(joining(session, WATCHER));
  return { name: privateName(session, host), core, process };
}

function newClient(
  { session, instance, seed }: Identity,
  hosts: readonly NodeName[],
  nowMs: number,
): MsgcClient {
  const servers = hosts.map((host) => ({ host, port: PORT }));
  const options = clientOptions({ servers, ...RECONNECT });
  return new MsgcClient({ sessions: [session], cluster: CLUSTER, instance, options, seed, nowMs });
}

function joining(session: string, capabilities: Buffer) {
  return {
    type: 'request',
    request: { type: 'join', session, group: GROUPS.cluster, capabilities },
  } as const;
}

function isStream(effect: VipCoreEffect | DeadlineReached): effect is StreamEffect {
  return effect.type !== 'vipCommand' && effect.type !== 'vipStopped' && effect.type !== 'deadlineReached';
}
