/**
 * Who gets what, and when. D6: a loss moves only what was lost. D7: an orphan is taken in the same turn. D8: no address
 * goes to and fro in a stable view. D9: after a merge one of those who had an address has it. D10: nothing improves on
 * a pin. D11: who comes and goes gets nothing from balance.
 */

import type { VipEntry, VipHappening } from '../../../../server/duravip/api.ts';
import { kindOf } from '../../../../server/duravip/messages.ts';
import type { IpAddress } from '../../../../server/model/ip.ts';
import type { NodeName, PrivateName } from '../../../../server/model/names.ts';
import type { Checker, Snapshot, Step, Trace } from '../watcher.ts';
import type { VipWorld } from '../world.ts';
import { candidatesFor, homeOf, potentialOf } from './settled.ts';

const BALANCE = kindOf({ type: 'balance', viewId: '', n: 0, moves: [] });
/** Of clocks and of views that arrive at different moments. */
const TOLERANCE_MS = 40;

/** What a member held and knew when it came into a view. */
type Brought = { readonly held: ReadonlySet<IpAddress> } & Pick<Snapshot, 'rows' | 'nodes'>;

type Owned = Extract<VipHappening, { readonly type: 'owner' }>;

/** What happens in the schedule. */
type Given = {
  /** No clock jumps, so that a leader knows the age of a view. */
  readonly clocksRun: boolean;
  readonly unpins: boolean;
  readonly undrains: boolean;
};

export class MovesChecker implements Checker {
  readonly #world: VipWorld;
  /** By view: what each member wanted when it came into it. */
  readonly #held = new Map<string, Map<Trace, Brought>>();
  /** By observer: since when it has seen each member without a break. */
  readonly #present = new Map<Trace, Map<PrivateName, number>>();
  readonly #improved = new Map<string, number>();
  /** Moves that only improve, of the view in which nothing else happens. */
  quietFromMs = Number.POSITIVE_INFINITY;

  readonly #clocksRun: boolean;
  readonly #unpins: boolean;
  readonly #undrains: boolean;

  constructor(world: VipWorld, of: Given) {
    this.#world = world;
    this.#clocksRun = of.clocksRun;
    this.#unpins = of.unpins;
    this.#undrains = of.undrains;
  }

  readonly stepped = (step: Step): void => {
    const { trace, input, before, after } = step;
    if (input.type === 'view') {
      this.#seen(trace);
      this.#noteHeld(step);
      const pure =
        before.synced &&
        input.view.members.every(
          ({ name, participant }) => !participant || input.view.together.includes(name),
        );
      if (pure) this.#lost(step);
    }
    if (input.type === 'message' && input.message.kind === BALANCE) this.#balanced(step);
    if (after.synced && !before.synced) this.#resolved(trace, after);
    for (const effect of step.effects) {
      if (effect.type === 'happened' && effect.what.type === 'owner') this.#moved(step, effect.what);
    }
  };

  #seen(trace: Trace): void {
    const nowMs = this.#world.clock.nowMs();
    const before = this.#present.get(trace);
    this.#present.set(trace, new Map(trace.members.map((name) => [name, before?.get(name) ?? nowMs])));
  }

  #noteHeld({ trace, before, after, effects }: Step): void {
    const { viewId } = after;
    // An observer more makes no other view of the participants.
    if (viewId === undefined || viewId === before.viewId) return;
    const held = new Set(trace.wanted);
    for (const effect of effects) {
      if (effect.type === 'want') for (const address of effect.acquire) held.delete(address);
      // What it lets go because of the view it had.
      if (effect.type === 'want' && before.synced) for (const address of effect.release) held.add(address);
    }
    const all = this.#held.get(viewId) ?? new Map<Trace, Brought>();
    this.#held.set(viewId, all.set(trace, { held, rows: before.rows, nodes: before.nodes }));
  }

  /** Each round makes something better. */
  #balanced({ trace, before, after }: Step): void {
    if (before.epoch === after.epoch) return;
    const [misplaced, uneven] = potentialOf(before.rows);
    const [misplacedThen, unevenThen] = potentialOf(after.rows);
    if (misplacedThen > misplaced || (misplacedThen === misplaced && unevenThen >= uneven))
      this.#world.watcher.report(
        'D8',
        `a round of balance at ${trace.node} leads from ${misplaced} misplaced, ${uneven} to ${misplacedThen}, ${unevenThen}`,
      );
  }

  /** A view from which members were lost and to which none came. */
  #lost({ trace, before, after, effects }: Step): void {
    const { watcher } = this.#world;
    if (!after.synced) watcher.report('D7', `${trace.node} forgets the table by a mere loss`);
    const acquired = new Set(effects.flatMap((effect) => (effect.type === 'want' ? effect.acquire : [])));
    for (const [address, entry] of after.rows) {
      const was = before.rows.get(address);
      const lost = was?.owner === undefined || !after.nodes.has(was.owner);
      if (!lost && entry.owner !== was.owner)
        watcher.report('D6', `${address} moves from ${was.owner} to ${entry.owner} by the loss of others`);
      const { pinned } = entry;
      const toPin =
        pinned === undefined ||
        entry.owner === undefined ||
        homeOf(entry, after.rows) !== pinned ||
        entry.owner === pinned;
      if (lost && was !== undefined && entry.follows === undefined && !toPin)
        watcher.report('D10', `${address} is pinned to ${pinned} and goes to ${entry.owner} by a loss`);
      if (lost && entry.owner === trace.node && entry.phase === 'owned' && was?.owner !== trace.node)
        if (!acquired.has(address) && mayTake(trace, address) && entry.text === '')
          watcher.report('D7', `${trace.node} owns ${address} by a loss and does not take it`);
    }
    this.#orphans(after);
  }

  #orphans(after: Snapshot): void {
    if (![...after.nodes.values()].some(({ mature }) => mature)) return;
    for (const row of after.rows.values()) {
      const [one] = row.phase === 'unowned' ? candidatesFor(row, after.rows) : [];
      if (one !== undefined)
        this.#world.watcher.report('D7', `nobody owns ${row.address}, which ${one} could have`);
    }
  }

  /** All have said what they have. */
  #resolved(trace: Trace, after: Snapshot): void {
    const held = this.#held.get(after.viewId ?? '');
    if (held === undefined) return;
    this.#orphans(after);
    for (const { nodes } of held.values()) this.#drainsKept(after, nodes);
    for (const [address, entry] of after.rows) {
      const holders = [...held].filter(
        ([one, known]) =>
          known.held.has(address) &&
          trace.members.includes(one.name) &&
          entry.participants.some(({ name, obstacle }) => name === one.name && obstacle === undefined),
      );
      if (!this.#unpins)
        this.#pinKept(
          entry,
          // Where nobody has an address any more, nobody knows its pin either.
          [...held]
            .filter(([one]) => entry.participants.some(({ name }) => name === one.name))
            .map(([, known]) => known.rows.get(address)?.pinned),
        );
      if (holders.length === 0 || entry.phase === 'broken') continue;
      if (holders.some(([one]) => one.node === entry.owner)) continue;
      // For whom others spoke may not have heard of the view yet: what it holds will be seen then.
      if (![...held.keys()].some(({ node }) => node === entry.owner)) continue;
      const names = holders.map(([one]) => one.node).join();
      this.#world.watcher.report(
        'D9',
        `${address} was at ${names}, and ${entry.owner} gets it where they met`,
      );
    }
  }

  /** Where nobody undrains, a drain that some know is known to all. */
  #drainsKept(after: Snapshot, known: Snapshot['nodes']): void {
    if (this.#undrains) return;
    for (const { name, node, draining } of known.values()) {
      const now = after.nodes.get(node);
      if (draining && now?.name === name && !now.draining)
        this.#world.watcher.report('D5', `${node} drained, and does not any more where histories met`);
    }
  }

  /** Where nobody unpins, a pin that some know is known to all. */
  #pinKept({ address, pinned, follows }: VipEntry, known: readonly (NodeName | undefined)[]): void {
    // Of a follower the pin of the address is shown that leads, and with a reload that may be another one.
    if (follows !== undefined) return;
    const pins = new Set(known.filter((node) => node !== undefined));
    if (pins.size > 0 && (pinned === undefined || (pins.size === 1 && !pins.has(pinned))))
      this.#world.watcher.report(
        'D10',
        `${address} was pinned to ${[...pins].join()}, and to ${pinned} where they met`,
      );
  }

  #moved({ trace, before, after }: Step, { address, to, cause }: Owned): void {
    if (cause !== 'balance' && cause !== 'preference') return;
    const { watcher, clock } = this.#world;
    // Where histories meet, what one of them did before is told to the other.
    if (!before.synced || before.viewId !== after.viewId) return;
    const was = before.rows.get(address);
    const isPin = was?.follows === undefined && was?.pinned !== undefined && was.pinned === was.owner;
    if (isPin && homeOf(was, before.rows) === was.pinned)
      watcher.report('D10', `${address} leaves ${was.pinned}, where it is pinned, for ${cause}`);
    if (trace.node !== after.leader || to === undefined) return;
    const nowMs = clock.nowMs();
    if (nowMs > this.quietFromMs) {
      const key = `${after.viewId} ${address}`;
      const count = (this.#improved.get(key) ?? 0) + 1;
      this.#improved.set(key, count);
      if (count > 1) watcher.report('D8', `${address} moves ${count} times in a view where all is quiet`);
    }
    if (cause === 'balance' && this.#clocksRun) this.#flapped(trace, after, address, to);
  }

  #flapped(trace: Trace, after: Snapshot, address: IpAddress, to: string): void {
    const name = [...after.nodes.values()].find(({ node }) => node === to)?.name;
    const sinceMs = name === undefined ? undefined : this.#present.get(trace)?.get(name);
    const matureMs = Math.min(...this.#world.nodes.map(({ policy }) => policy.viewMatureMs));
    const nowMs = this.#world.clock.nowMs();
    if (sinceMs !== undefined && nowMs - sinceMs < matureMs - TOLERANCE_MS)
      this.#world.watcher.report(
        'D11',
        `${to} gets ${address} from balance ${nowMs - sinceMs} ms after it came`,
      );
  }
}

/** It is not in doubt, does not stop, and no reload took the address from it that the others do not know of yet. */
function mayTake({ unconfirmed, stopping, offers }: Trace, address: IpAddress): boolean {
  const own = offers.find((offer) => offer.address === address);
  return !unconfirmed && !stopping && own !== undefined && own.refused === undefined;
}
