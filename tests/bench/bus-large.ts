/**
 * `bus-large [--servers N] [--clients N]`: fifty servers and a thousand clients on a network in memory. Simulated
 * time, real time, frames and bytes of the first view, of the loss of one server, of the merge of two halves, and of
 * one message from each client.
 */

import { parseArgs } from 'node:util';
import { Prng } from '../../server/base/prng.ts';
import { MemoryNetwork } from '../../server/memory/memory-network.ts';
import { VirtualClock } from '../../server/memory/virtual-clock.ts';
import type { GroupName, NodeName } from '../../server/model/names.ts';
import { SERVER_FRAME } from '../../server/msgc/frames.ts';
import {
  type ClientProcess,
  type ServerProcess,
  startClient,
  startServer,
} from '../sim/bus/bus-processes.ts';
import type { BenchReport } from './report.ts';

const PAYLOAD_BYTES = 64;
const STEP_MS = 1;
const PATIENCE_MS = 60_000;
/** u32 length before each frame, then its type. */
const LENGTH_BYTES = 4;

type Traffic = { frames: number; bytes: number; flushFrames: number; clientFrames: number };

class LargeBus {
  readonly clock = new VirtualClock(0);
  readonly network: MemoryNetwork;
  readonly servers = new Map<NodeName, ServerProcess>();
  readonly nodes: readonly NodeName[];
  readonly clients: {
    readonly process: ClientProcess;
    readonly session: string;
    readonly group: GroupName;
  }[] = [];
  heard = 0;
  #traffic: Traffic = { frames: 0, bytes: 0, flushFrames: 0, clientFrames: 0 };

  constructor(servers: number) {
    this.nodes = Array.from(
      { length: servers },
      (_, index) => `n${String(index).padStart(3, '0')}` as NodeName,
    );
    this.network = new MemoryNetwork(this.clock, new Prng(1), { splitChance: 0, drainedDelayMs: 5 });
    this.network.tap = (from, bytes) => {
      if (from.listening !== undefined) this.#saw(bytes);
    };
    this.nodes.forEach((node, index) => {
      const { network, nodes } = this;
      this.servers.set(node, startServer({ network, node, nodes, incarnation: index + 1, seed: index + 1 }));
    });
  }

  takeTraffic(): Traffic {
    const traffic = this.#traffic;
    this.#traffic = { frames: 0, bytes: 0, flushFrames: 0, clientFrames: 0 };
    return traffic;
  }

  /** One group for every client of a server: each has one member at every server. */
  connect(clients: number): void {
    for (let index = 0; index < clients; index += 1) {
      const host = this.nodes[index % this.nodes.length] ?? '';
      const session = `c${index}`;
      const group = `g${Math.floor(index / this.nodes.length)}` as GroupName;
      const process = startClient({
        network: this.network,
        host,
        servers: [host],
        sessions: [session],
        instance: index + 1,
        seed: index + 1,
        onEvent: (event) => {
          if (event.type === 'message') this.heard += 1;
        },
      });
      process.process.give({
        type: 'request',
        request: { type: 'join', session, group, capabilities: Buffer.alloc(0) },
      });
      this.clients.push({ process, session, group });
    }
  }

  publishAll(): void {
    for (const { process, session, group } of this.clients) {
      const payload = Buffer.alloc(PAYLOAD_BYTES);
      process.process.give({
        type: 'request',
        request: { type: 'publish', session, groups: [group], service: 'agreed', kind: 1, payload },
      });
    }
  }

  /** The nodes at one place all stand in one view of exactly them. */
  agree(nodes: readonly NodeName[]): boolean {
    const wanted = nodes.join();
    return nodes.every((node) => {
      const { state, view } = this.servers.get(node)?.core.status(this.clock.nowMs()) ?? {};
      return state === 'operational' && [...(view?.members ?? [])].sort().join() === wanted;
    });
  }

  /** Mailboxes that all live servers see in groups. */
  joined(): number {
    const [server] = this.servers.values();
    const groups = server?.core.status(this.clock.nowMs()).groups ?? [];
    return groups.reduce((sum, { members }) => sum + members.length, 0);
  }

  /** @returns simulated milliseconds until then. */
  until(what: string, holds: () => boolean): number {
    const fromMs = this.clock.nowMs();
    while (!holds()) {
      if (this.clock.nowMs() - fromMs > PATIENCE_MS) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
      this.clock.runFor(STEP_MS);
    }
    return this.clock.nowMs() - fromMs;
  }

  #saw(bytes: Buffer): void {
    this.#traffic.bytes += bytes.length;
    for (let at = 0; at + LENGTH_BYTES < bytes.length; at += LENGTH_BYTES + bytes.readUInt32LE(at)) {
      const type = bytes.readUInt8(at + LENGTH_BYTES);
      if (type > SERVER_FRAME.proof) this.#traffic.clientFrames += 1;
      else this.#traffic.frames += 1;
      if (type >= SERVER_FRAME.propose && type <= SERVER_FRAME.install) this.#traffic.flushFrames += 1;
    }
  }
}

export async function busLarge(flags: readonly string[]): Promise<BenchReport> {
  const { values } = parseArgs({
    args: [...flags],
    options: { servers: { type: 'string', default: '50' }, clients: { type: 'string', default: '1000' } },
  });
  const [servers, clients] = [Number(values.servers), Number(values.clients)];
  if (!Number.isInteger(servers) || servers < 2 || !Number.isInteger(clients) || clients < 0)
    throw new Error('--servers is a number from 2 on, --clients one from 0 on.');
  const bus = new LargeBus(servers);
  const numbers: Record<string, number> = {};
  const phase = (name: string, what: () => number): void => {
    bus.takeTraffic();
    const startedMs = performance.now();
    numbers[`${name}: simulated ms`] = Math.round(what());
    numbers[`${name}: real s`] = Math.round((performance.now() - startedMs) / 10) / 100;
    const { frames, bytes, flushFrames, clientFrames } = bus.takeTraffic();
    numbers[`${name}: frames between servers`] = frames;
    numbers[`${name}: of these of view changes`] = flushFrames;
    numbers[`${name}: frames to clients`] = clientFrames;
    numbers[`${name}: MB written by servers`] = Math.round(bytes / 1e4) / 100;
  };

  phase('first view', () => bus.until('a first view', () => bus.agree(bus.nodes)));
  bus.connect(clients);
  phase('joins', () => bus.until('all have joined', () => bus.joined() === clients));
  bus.clock.runFor(1_000);
  phase('a message of each client', () => {
    bus.publishAll();
    const due = deliveriesOf(bus);
    return bus.until('all messages', () => bus.heard >= due);
  });
  const last = bus.nodes[servers - 1];
  const alive = bus.nodes.slice(0, -1);
  phase('loss of one', () => {
    if (last !== undefined) bus.servers.get(last)?.process.kill(bus.network);
    return bus.until('a view without it', () => bus.agree(alive));
  });
  const halves = [alive.filter((_, index) => index % 2 === 0), alive.filter((_, index) => index % 2 === 1)];
  phase('split in halves', () => {
    forWays(halves, (from, to) => bus.network.block(from, to));
    return bus.until('two views', () => halves.every((half) => bus.agree(half)));
  });
  phase('merge of halves', () => {
    forWays(halves, (from, to) => bus.network.unblock(from, to));
    return bus.until('one view', () => bus.agree(alive));
  });
  return { numbers };
}

/** Every member of a group hears what each of them says. */
function deliveriesOf({ clients }: LargeBus): number {
  const sizes = new Map<string, number>();
  for (const { group } of clients) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return [...sizes.values()].reduce((sum, size) => sum + size * size, 0);
}

function forWays(
  halves: readonly (readonly NodeName[])[],
  way: (from: NodeName, to: NodeName) => void,
): void {
  for (const [index, half] of halves.entries()) {
    const others = halves.filter((_, other) => other !== index).flat();
    for (const from of half) for (const to of others) way(from, to);
  }
}
