/** A server and a client of the real bus, each alone in its process. */

import { monotonicClock } from '../../../server/adapters/monotonic-clock.ts';
import { TcpStreams } from '../../../server/adapters/tcp-streams.ts';
import { drive } from '../../../server/base/core.ts';
import type { GroupName, NodeName } from '../../../server/model/names.ts';
import { MsgcClient, type MsgcClientEffect, type MsgcClientInput } from '../../../server/msgc/client.ts';
import type { BusRequest } from '../../../server/msgc/client-api.ts';
import { clientOptions, detectionTiming, serverOptions } from '../../../server/msgc/options.ts';
import { MsgcServer, type MsgcServerEffect, type MsgcServerInput } from '../../../server/msgc/server.ts';
import type { Meter } from './meter.ts';
import type { ChildOrder } from './orders.ts';
import type { BenchClient } from './sending.ts';

const CLUSTER = 'bench';
const GROUP = 'bench' as GroupName;

export type ClientParts = {
  readonly meter: Meter;
  readonly ready: (members: number) => void;
  readonly problem: (text: string) => void;
};

/** @returns leaves the bus gracefully. */
export function busServer(
  { me, peers, maxBacklog, silenceMs }: Extract<ChildOrder, { do: 'serve' }>,
  ready: (members: number) => void,
): () => void {
  const clock = monotonicClock();
  const core = new MsgcServer({
    node: me.node as NodeName,
    incarnation: clock.wallMs() * 1_000,
    cluster: CLUSTER,
    options: serverOptions({
      peers: peers.map(({ node, host, port }) => ({ node: node as NodeName, host, port })),
      maxBacklog,
      ...(silenceMs === undefined ? {} : { timing: detectionTiming(silenceMs) }),
    }),
    seed: process.pid,
    nowMs: clock.nowMs(),
  });
  const driver = drive<MsgcServerInput, MsgcServerEffect>(core, clock, (effect) => {
    if (effect.type !== 'event') streams.perform(effect);
    else if (effect.event.type === 'viewInstalled') ready(effect.event.view.members.length);
  });
  const streams = new TcpStreams((input) => driver.give(input));
  void streams.listen({ host: me.host, port: me.port });
  return () => driver.give({ type: 'leave' });
}

export function busClient(
  { session, server, maxBacklog, steady }: Extract<ChildOrder, { do: 'connect' }>,
  { meter, ready, problem }: ClientParts,
): BenchClient {
  const clock = monotonicClock();
  const core = new MsgcClient({
    sessions: [session],
    cluster: CLUSTER,
    instance: process.pid,
    options: clientOptions({ servers: [server], maxBacklog }),
    seed: process.pid,
    nowMs: clock.nowMs(),
  });
  const own = `#${session}#`;
  let members = 0;
  const driver = drive<MsgcClientInput, MsgcClientEffect>(core, clock, (effect) => {
    if (effect.type !== 'event') {
      streams.perform(effect);
      return;
    }
    const { event } = effect;
    if (event.type === 'message') meter.heard(event.sender.startsWith(own), event.payload);
    else if (event.type === 'view') {
      const { members: now, lost } = event.view;
      const { length } = now;
      const causes = lost.map(({ name, cause }) => `${name} ${cause}`).join(', ');
      if (steady && length < members) problem(`The group of ${members} has ${length} left (${causes}).`);
      members = length;
      ready(length);
    } else if (steady && (event.type === 'busLost' || event.type === 'requestRefused')) problem(event.reason);
  });
  const streams = new TcpStreams((input) => driver.give(input));
  const request = (asked: BusRequest): void => driver.give({ type: 'request', request: asked });
  request({ type: 'join', session, group: GROUP, capabilities: Buffer.alloc(0) });
  const groups = [GROUP];
  return {
    publish: (payload) => request({ type: 'publish', session, groups, service: 'agreed', kind: 1, payload }),
  };
}
