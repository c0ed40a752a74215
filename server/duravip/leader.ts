/**
 * What only the first participant of a view does: it says that all are mature, proposes balance, suspects who does not let
 * go or falls silent, and does not wait for ever for an exchange. Its timers only make it speak (vip.md 4.1).
 */

import type { IpAddress } from '../model/ip.ts';
import type { PrivateName } from '../model/names.ts';
import type { VipPolicy } from './api.ts';
import { planBalance } from './balance.ts';
import type { Courier } from './courier.ts';
import type { OwnVips } from './own-vips.ts';
import type { Replica } from './replica.ts';
import { BALANCE_AGAIN_MS, EXCHANGE_MS, HEARTBEATS_MISSED, type VipTiming } from './timing.ts';

type Round = {
  readonly me: PrivateName;
  readonly policy: VipPolicy;
  readonly timing: VipTiming;
  readonly replica: Replica;
  readonly courier: Courier;
  readonly own: OwnVips;
  readonly viewId: string;
  readonly nowMs: number;
  /** Asks to be called again then. */
  readonly wake: (atMs: number) => void;
};

export class LeaderDuties {
  #viewId: string | undefined;
  #sinceMs = 0;
  #balanceAtMs = 0;
  #announceAtMs = 0;
  readonly #moved = new Set<IpAddress>();
  /** Of each owner from which addresses move: what moves, and since when nothing of it changed. */
  readonly #going = new Map<PrivateName, { readonly what: number; readonly sinceMs: number }>();
  readonly #clearedMs = new Map<PrivateName, number>();
  #heardAtMs: number | undefined;
  readonly #heard = new Set<PrivateName>();
  readonly #missed = new Map<PrivateName, number>();

  heard(name: PrivateName): void {
    this.#heard.add(name);
    this.#missed.set(name, 0);
  }

  /** Heartbeats may have waited while this process did not run. */
  paused(): void {
    this.#heardAtMs = undefined;
    this.#going.clear();
  }

  cleared(name: PrivateName, nowMs: number): void {
    this.#clearedMs.set(name, nowMs);
  }

  /** Also at members that do not lead: what they would need if they did. */
  run(round: Round, leads: boolean): void {
    const { viewId, nowMs, policy, replica } = round;
    if (viewId !== this.#viewId) {
      this.#viewId = viewId;
      this.#sinceMs = nowMs;
      this.#balanceAtMs = 0;
      this.#announceAtMs = nowMs + policy.viewBroadcastMs;
      this.#moved.clear();
      this.#going.clear();
      this.#clearedMs.clear();
      this.#heardAtMs = undefined;
      for (const name of this.#missed.keys()) {
        if (replica.names.includes(name)) this.#missed.set(name, 0);
        else this.#missed.delete(name);
      }
    }
    if (!replica.synced) this.#exclude(round);
    if (!leads || !replica.synced) return;
    this.#mature(round);
    this.#force(round);
    this.#listen(round);
    this.#balance(round);
    this.#broadcast(round);
  }

  #once(round: Round, key: string, say: () => void): void {
    const freeMs = round.courier.freeAtMs(key);
    if (freeMs > round.nowMs) round.wake(freeMs);
    else {
      say();
      round.wake(round.courier.freeAtMs(key));
    }
  }

  /** The first that spoke does it; whoever is before it in the view has not spoken, and goes with the others. */
  #exclude(round: Round): void {
    const { replica, courier, viewId, me, nowMs } = round;
    const dueMs = this.#sinceMs + EXCHANGE_MS;
    if (nowMs < dueMs) {
      round.wake(dueMs);
      return;
    }
    const names = replica.missing();
    if (replica.names.find((name) => !names.includes(name)) !== me) return;
    this.#once(round, 'exclude', () => {
      courier.publish(viewId, { type: 'exclude', names }, { key: 'exclude', nowMs });
    });
  }

  #mature(round: Round): void {
    const { replica, courier, viewId, nowMs, policy } = round;
    if (replica.state.nodes.size === 0) return;
    for (const { mature } of replica.state.nodes.values()) if (mature) return;
    const dueMs = this.#sinceMs + policy.viewMatureMs;
    if (nowMs < dueMs) round.wake(dueMs);
    else
      this.#once(round, 'mature', () =>
        courier.publish(viewId, { type: 'mature' }, { key: 'mature', nowMs }),
      );
  }

  #force(round: Round): void {
    const { own, courier, viewId, nowMs, timing } = round;
    const going = new Map<PrivateName, number>();
    for (const { owner, next, version } of own.moving.values()) {
      if (next !== undefined && owner !== undefined) {
        going.set(owner, (going.get(owner) ?? 0) + version);
      }
    }
    for (const { owner, state, shed, version } of own.doubled.values()) {
      if (owner === undefined || state === 'up') continue;
      for (const name of shed) going.set(name, (going.get(name) ?? 0) + version + 1);
    }
    for (const name of this.#going.keys()) if (!going.has(name)) this.#going.delete(name);
    for (const [name, what] of going) {
      const before = this.#going.get(name);
      const sinceMs = before?.what === what ? before.sinceMs : nowMs;
      this.#going.set(name, { what, sinceMs });
      if (nowMs < sinceMs + timing.forceMs) round.wake(sinceMs + timing.forceMs);
      else {
        const key = `suspect ${name}`;
        this.#once(round, key, () => courier.publish(viewId, { type: 'suspect', name }, { key, nowMs }));
      }
    }
  }

  /** One look for each heartbeat: a look that came late counts as one. */
  #listen(round: Round): void {
    const { replica, courier, viewId, nowMs, timing } = round;
    if (timing.heartbeatMs <= 0) return;
    this.#heardAtMs ??= nowMs;
    if (nowMs < this.#heardAtMs + timing.heartbeatMs) {
      round.wake(this.#heardAtMs + timing.heartbeatMs);
      return;
    }
    this.#heardAtMs = nowMs;
    round.wake(nowMs + timing.heartbeatMs);
    for (const name of replica.names) {
      const missed = this.#missed.get(name);
      if (this.#heard.has(name) || missed === undefined) continue;
      this.#missed.set(name, missed + 1);
      if (missed + 1 < HEARTBEATS_MISSED || replica.state.nodes.get(name)?.suspect === true) continue;
      courier.publish(viewId, { type: 'suspect', name }, { key: undefined, nowMs });
    }
    this.#heard.clear();
  }

  #balance(round: Round): void {
    const { replica, courier, viewId, nowMs, policy } = round;
    const youngestMs = Math.max(this.#sinceMs, ...this.#clearedMs.values());
    const dueMs = Math.max(youngestMs + policy.viewMatureMs, this.#balanceAtMs);
    if (nowMs < dueMs) {
      round.wake(dueMs);
      return;
    }
    const { state } = replica;
    const limits = { setSize: policy.balanceSetSize, moved: this.#moved };
    let moves = planBalance(state, limits);
    if (moves.length === 0 && this.#moved.size > 0 && !state.sorted().some(({ moving }) => moving)) {
      // All that moved is at rest: what is uneven now became so by something else, such as a reload or a drain.
      this.#moved.clear();
      moves = planBalance(state, limits);
    }
    this.#balanceAtMs = nowMs + policy.viewBalanceMs;
    round.wake(this.#balanceAtMs);
    if (moves.length === 0) return;
    courier.publish(viewId, { type: 'balance', n: replica.n, moves }, { key: undefined, nowMs });
  }

  /** A round that came back: taken ones count as moved, a void one is proposed again. */
  balanced(addresses: readonly IpAddress[], taken: boolean, nowMs: number): void {
    if (taken) for (const address of addresses) this.#moved.add(address);
    else this.#balanceAtMs = nowMs + BALANCE_AGAIN_MS;
  }

  #broadcast(round: Round): void {
    const { courier, viewId, nowMs, policy } = round;
    if (policy.viewBroadcastMs <= 0) return;
    if (nowMs >= this.#announceAtMs) {
      this.#announceAtMs = nowMs + policy.viewBroadcastMs;
      courier.publish(viewId, { type: 'announce', all: true }, { key: undefined, nowMs });
    }
    round.wake(this.#announceAtMs);
  }
}
