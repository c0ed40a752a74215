/**
 * What must hold after each step of a member. D3: equal epochs have equal tables. D5: nothing is taken too early. D12:
 * what is broken is wanted by nobody. D13: after a pause nothing is taken before a safe message came back.
 */

import type { MemberEffect, VipMessage } from '../../../../server/duravip/api.ts';
import type { IpAddress } from '../../../../server/model/ip.ts';
import type { Checker, Snapshot, Step, Trace, Watcher } from '../watcher.ts';

/** What was said to end a pause, and in which view. */
type Doubt = { readonly message: VipMessage; readonly viewId: string | undefined }[];

export class RulesChecker implements Checker {
  readonly #watcher: Watcher;
  readonly #hashes = new Map<string, { readonly hash: string; readonly node: string }>();
  readonly #doubts = new Map<Trace, Doubt>();

  constructor(watcher: Watcher) {
    this.#watcher = watcher;
  }

  readonly stepped = (step: Step): void => {
    const { trace, after, before, effects } = step;
    if (after !== before && !trace.inTransition) this.agrees(after, trace.node);
    if (after !== before) this.#unfit(after);
    this.#doubt(step);
    for (const effect of effects) {
      if (effect.type === 'want') for (const address of effect.acquire) this.#taken(trace, after, address);
    }
    for (const address of trace.wanted) {
      if (after !== before && after.rows.get(address)?.phase === 'broken')
        this.#watcher.report('D12', `${trace.node} keeps ${address}, which is broken`);
    }
  };

  /** D3, also for a dashboard. */
  agrees({ viewId, epoch, synced, hash }: Snapshot, node: string): void {
    if (!synced) return;
    const key = `${viewId} ${epoch}`;
    const known = this.#hashes.get(key);
    if (known === undefined) this.#hashes.set(key, { hash, node });
    else if (known.hash !== hash)
      this.#watcher.report('D3', `${known.node} and ${node} differ at epoch ${epoch} of ${viewId}`);
  }

  /** What a node is shows in what it may have. */
  #unfit({ nodes, rows }: Snapshot): void {
    const unfit = [...nodes.values()].filter((one) => one.draining || one.suspect || !one.mature);
    for (const { name, node } of unfit) {
      for (const { address, participants } of rows.values()) {
        const passes = participants.some((one) => one.name === name && one.obstacle === undefined);
        if (passes) this.#watcher.report('D5', `${node} passes for fit for ${address} and is not`);
      }
    }
  }

  #taken(trace: Trace, { synced, rows, nodes }: Snapshot, address: IpAddress): void {
    const { node } = trace;
    const report = (why: string): void => this.#watcher.report('D5', `${node} takes ${address} ${why}`);
    const me = nodes.get(node);
    const offer = trace.offers.find((one) => one.address === address);
    const entry = rows.get(address);
    if (!synced) report('before it knows the table');
    else if (me === undefined || !me.mature) report('before it is mature');
    else if (me.suspect) report('although it is suspect');
    else if (offer === undefined) report('although it is not configured there');
    else if (offer.refused !== undefined) report(`although it cannot: ${offer.refused}`);
    else if (entry?.owner !== node || entry.phase !== 'owned')
      report(`although it is ${entry?.phase} by ${entry?.owner}`);
    if (this.#doubts.has(trace))
      this.#watcher.report('D13', `${node} takes ${address} after a pause, unconfirmed`);
  }

  #doubt({ trace, input, effects, after }: Step): void {
    if (input.type === 'paused') {
      this.#doubts.set(trace, []);
      if (trace.wanted.size > 0)
        this.#watcher.report('D13', `${trace.node} keeps ${[...trace.wanted].join()} after a pause`);
    }
    const doubt = this.#doubts.get(trace);
    trace.unconfirmed = doubt !== undefined;
    if (doubt === undefined) return;
    if (input.type === 'message' && input.sender === trace.name) {
      const { kind, payload } = input.message;
      const back = doubt.some(
        ({ message, viewId }) =>
          message.kind === kind && message.payload.equals(payload) && viewId === after.viewId,
      );
      if (back) {
        this.#doubts.delete(trace);
        trace.unconfirmed = false;
        return;
      }
    }
    const { viewId } = after;
    for (const { message } of effects.filter(isSafe)) doubt.push({ message, viewId });
  }
}

function isSafe(effect: MemberEffect): effect is Extract<MemberEffect, { readonly type: 'publish' }> {
  return effect.type === 'publish' && effect.service === 'safe';
}
