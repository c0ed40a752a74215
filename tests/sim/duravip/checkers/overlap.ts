/**
 * D2: inside one view no address is up twice, but for a node that did not answer in time (FORCE) and what two parts of
 * a cluster both had when they met. D9: such a pair ends soon, and who stays tells the neighbours afterwards. D13: what a
 * dead daemon had is down.
 */

import type { IpAddress } from '../../../../server/model/ip.ts';
import type { MachineChange } from '../machine.ts';
import type { SimNode } from '../vip-processes.ts';
import type { Checker, Place, Step, Trace } from '../watcher.ts';
import type { VipWorld } from '../world.ts';

/** Beside what the machine takes for removing it. */
const RELEASE_MS = 60;
/** vip.md 4.4: the winner of a merge tells its neighbours after 50 ms and again after 2 s. */
const TOLD_MS = 2_500;
const LOSER_MS = 1_900;
/** vip.md 5, with the guard. */
const DEAD_MS = 50;

export class OverlapChecker implements Checker {
  readonly #world: VipWorld;
  readonly #upSinceMs = new Map<string, number>();
  readonly #toldAtMs = new Map<string, number>();
  /** Up, and to be taken away since: whoever wants it again by then tells when it is back. */
  readonly #going = new Set<string>();

  constructor(world: VipWorld) {
    this.#world = world;
  }

  readonly machineChanged = ({ number }: Place, address: IpAddress, what: MachineChange): void => {
    const node = this.#world.nodeAt(number);
    const nowMs = this.#world.clock.nowMs();
    const key = `${node.node} ${address}`;
    if (what === 'down') {
      this.#upSinceMs.delete(key);
      this.#going.delete(key);
      this.#left(node, address);
    }
    if (what === 'told') {
      this.#toldAtMs.set(key, nowMs);
      this.#going.delete(key);
    }
    if (what !== 'up') return;
    this.#upSinceMs.set(key, nowMs);
    for (const other of this.#world.nodes) {
      if (other !== node && other.machine.isUp(address)) this.#met(node, other, address);
    }
  };

  readonly stepped = ({ trace: { number, node }, effects }: Step): void => {
    const { machine } = this.#world.nodeAt(number);
    for (const effect of effects) {
      if (effect.type !== 'want') continue;
      for (const address of effect.release) if (machine.isUp(address)) this.#going.add(`${node} ${address}`);
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
    // A machine that was slow to add it has to remove it already.
    if (hadIt || !a.wanted.has(address)) {
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
    const { daemon } = winner;
    const trace = watcher.traceOf(daemon);
    const loser = gone.daemon === undefined ? undefined : watcher.traceOf(gone.daemon);
    // Parts that do not hear each other each have it, and tell each its own.
    if (loser === undefined || loser.snapshot.viewId !== trace?.snapshot.viewId) return;
    const key = `${winner.node} ${address}`;
    const atMs = clock.nowMs();
    // Of a suspect that is slower than the last announcement neighbours are told once it holds nothing at all.
    const suspect = trace?.snapshot.nodes.get(gone.node)?.suspect === true;
    if (suspect && atMs - loser.exchangedAtMs > LOSER_MS) return;
    clock.at(atMs + TOLD_MS, () => {
      const stayed =
        winner.daemon === daemon &&
        !this.#going.has(key) &&
        (this.#upSinceMs.get(key) ?? Number.POSITIVE_INFINITY) <= atMs;
      const told = (this.#toldAtMs.get(key) ?? 0) >= atMs;
      // What it lets go of slowly is not kept.
      if (stayed && trace?.wanted.has(address) === true && !told)
        watcher.report('D9', `${winner.node} kept ${address} and told nobody`);
    });
  }
}
