/**
 * D2: inside one view no address is up twice, but for a node that did not answer in time (FORCE) and what two parts of
 * a cluster both had when they met. D9: such a pair ends soon, and who stays tells the neighbours afterwards. D13: what a
 * dead daemon had is down.
 */

import type { IpAddress } from '../../../../server/model/ip.ts';
import type { NodeName } from '../../../../server/model/names.ts';
import type { MachineChange } from '../machine.ts';
import type { SimNode } from '../vip-processes.ts';
import type { Checker, Place, Step, Trace } from '../watcher.ts';
import type { VipWorld } from '../world.ts';

/** Beside what the machine takes for removing it. */
const RELEASE_MS = 60;
/** vip.md 4.4: the winner of a merge tells its neighbours after 50 ms and again after 2 s. */
const TOLD_MS = 2_500;
/** Between looks at a suspect. */
const SUSPECT_MS = 100;
/** vip.md 5, with the guard. */
const DEAD_MS = 50;

/** Whoever has an address that another let go of at a moment. */
type Keeping = {
  readonly winner: SimNode;
  readonly trace: Trace;
  readonly address: IpAddress;
  readonly gone: NodeName;
  readonly atMs: number;
};

export class OverlapChecker implements Checker {
  readonly #world: VipWorld;
  readonly #upSinceMs = new Map<string, number>();
  readonly #toldAtMs = new Map<string, number>();
  /** Since when a host should have it. */
  readonly #acquiredAtMs = new Map<string, number>();

  constructor(world: VipWorld) {
    this.#world = world;
  }

  readonly stepped = ({ trace: { node }, effects }: Step): void => {
    for (const effect of effects) {
      if (effect.type !== 'want') continue;
      for (const address of effect.acquire)
        this.#acquiredAtMs.set(`${node} ${address}`, this.#world.clock.nowMs());
    }
  };

  readonly machineChanged = ({ number }: Place, address: IpAddress, what: MachineChange): void => {
    const node = this.#world.nodeAt(number);
    const nowMs = this.#world.clock.nowMs();
    const key = `${node.node} ${address}`;
    if (what === 'down') {
      this.#upSinceMs.delete(key);
      this.#left(node, address);
    }
    if (what === 'told') this.#toldAtMs.set(key, nowMs);
    if (what !== 'up') return;
    this.#upSinceMs.set(key, nowMs);
    for (const other of this.#world.nodes) {
      if (other !== node && other.machine.isUp(address)) this.#met(node, other, address);
    }
  };

  readonly daemonEnded = ({ number, node }: Trace): void => {
    const { machine } = this.#world.nodeAt(number);
    const had = machine.up;
    const { clock, watcher } = this.#world;
    clock.at(clock.nowMs() + DEAD_MS, () => {
      if (this.#world.nodeAt(number).daemon !== undefined) return;
      const left = had.filter((address) => machine.isUp(address) && !watcher.touched.has(address));
      if (left.length > 0) watcher.report('D13', `${left.join()} stays up at ${node}, whose daemon died`);
    });
  };

  /** One came up while another had it. */
  #met(node: SimNode, other: SimNode, address: IpAddress): void {
    const { watcher } = this.#world;
    const [a, b] = this.#together(node, other, address) ?? [];
    if (a === undefined || b === undefined) {
      this.#watchPair(node, other, address);
      return;
    }
    // Both may have had it when they met.
    const metMs = Math.max(a.exchangedAtMs, b.exchangedAtMs);
    const hadIt = (this.#upSinceMs.get(`${other.node} ${address}`) ?? 0) <= metMs;
    const wasComing = (this.#acquiredAtMs.get(`${node.node} ${address}`) ?? 0) <= metMs;
    // Machines that were slow to add it: one of them has to remove it already.
    if (hadIt || !a.wanted.has(address) || (wasComing && !b.wanted.has(address))) {
      this.#watchPair(node, other, address);
      return;
    }
    watcher.report(
      'D2',
      `${address} comes up at ${node.node} while ${other.node} has it, both in ${a.snapshot.viewId}`,
    );
  }

  /** The pair must end within a while of common knowledge. */
  #watchPair(node: SimNode, other: SimNode, address: IpAddress, sinceMs?: number): void {
    const { clock, watcher } = this.#world;
    if (!node.machine.isUp(address) || !other.machine.isUp(address)) return;
    const known = this.#together(node, other, address) !== undefined;
    const nowMs = clock.nowMs();
    const knownSinceMs = known ? (sinceMs ?? nowMs) : undefined;
    const idleMs = Math.max(node.machine.busyUntilMs, other.machine.busyUntilMs);
    if (knownSinceMs !== undefined && nowMs - Math.max(knownSinceMs, idleMs) > RELEASE_MS) {
      watcher.report('D2', `${address} stays up at ${node.node} and ${other.node} in one view`);
      return;
    }
    clock.at(nowMs + RELEASE_MS / 2, () => this.#watchPair(node, other, address, knownSinceMs));
  }

  /** Their members, where both know the same table and nobody is excused. */
  #together(node: SimNode, other: SimNode, address: IpAddress): readonly [Trace, Trace] | undefined {
    const { watcher } = this.#world;
    if (watcher.touched.has(address)) return undefined;
    const [a, b] = [node, other].map(({ daemon }) =>
      daemon === undefined || daemon.process.paused ? undefined : watcher.traceOf(daemon),
    );
    if (a === undefined || b === undefined) return undefined;
    const same = a.snapshot.viewId === b.snapshot.viewId && a.snapshot.synced && b.snapshot.synced;
    if (!same) return undefined;
    const suspects = [a, b].some(({ snapshot }) =>
      [...snapshot.nodes.values()].some((one) => one.suspect && (one.name === a.name || one.name === b.name)),
    );
    return suspects ? undefined : [a, b];
  }

  /** Of two that had it one is left: it must tell. */
  #left(gone: SimNode, address: IpAddress): void {
    const { watcher, nodes, clock } = this.#world;
    const rest = nodes.filter((one) => one !== gone && one.machine.isUp(address));
    const [winner] = rest;
    if (rest.length !== 1 || winner?.daemon === undefined || watcher.touched.has(address)) return;
    const trace = watcher.traceOf(winner.daemon);
    const loser = gone.daemon === undefined ? undefined : watcher.traceOf(gone.daemon);
    // Parts that do not hear each other each have it, and tell each its own.
    if (loser === undefined || trace === undefined || loser.snapshot.viewId !== trace.snapshot.viewId) return;
    // What it lets go of slowly is not kept.
    if (!winner.machine.removing(address))
      this.#mustTell({ winner, trace, address, gone: gone.node, atMs: clock.nowMs() });
  }

  #mustTell(keeping: Keeping): void {
    const { winner, trace, address, gone, atMs } = keeping;
    const { clock, watcher } = this.#world;
    // Of a suspect neighbours are told once it holds nothing at all.
    if (trace.snapshot.nodes.get(gone)?.suspect === true && !trace.ended) {
      clock.at(clock.nowMs() + SUSPECT_MS, () => this.#mustTell(keeping));
      return;
    }
    const key = `${winner.node} ${address}`;
    clock.at(clock.nowMs() + TOLD_MS, () => {
      const stayed =
        !trace.ended &&
        !winner.machine.removing(address) &&
        (this.#upSinceMs.get(key) ?? Number.POSITIVE_INFINITY) <= atMs;
      const told = (this.#toldAtMs.get(key) ?? 0) >= atMs;
      if (stayed && trace.wanted.has(address) && !told)
        watcher.report('D9', `${winner.node} kept ${address} and told nobody`);
    });
  }
}
