/**
 * DuraVIP as a dashboard sees it: the very replica that nodes run, of a process that takes no part. It joins late, so it
 * is told a table in private; what came between that table and now is applied to it in order.
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { PrivateName } from '../model/names.ts';
import type { MemberEffect, MemberInput, VipTable, VipView, WhatIf, WhatIfChange } from './api.ts';
import { Courier } from './courier.ts';
import { Inbox } from './inbox.ts';
import type { PrivateMessage } from './messages.ts';
import { Replica } from './replica.ts';
import { computeWhatIf } from './what-if.ts';

export type ObserverInput = Extract<
  MemberInput,
  { readonly type: 'connected' | 'lost' | 'view' | 'message' }
>;
type Snapshot = Extract<PrivateMessage, { readonly type: 'snapshot' }>;
type Heard = Extract<ObserverInput, { readonly type: 'view' | 'message' }>;

const NOBODY = '' as PrivateName;
/** Kept until a table comes; more is forgotten, and a new table asked for. */
const HEARD_MAX = 10_000;
const HEARD_BYTES_MAX = 64 * 1024 * 1024;
/** A table that did not come is asked for, again and again. */
export const ASK_AFTER_MS = 1_000;

export class VipObserver implements Core<ObserverInput | DeadlineReached, MemberEffect> {
  #me = NOBODY;
  #connected = false;
  #replica = new Replica(NOBODY);
  #inbox = new Inbox();
  readonly #courier = new Courier();
  #heard: Heard[] = [];
  #heardBytes = 0;
  #askAtMs: number | undefined;

  get table(): VipTable {
    return this.#replica;
  }

  get deadlineMs(): number | undefined {
    return this.#askAtMs;
  }

  whatIf(change: WhatIfChange): WhatIf | undefined {
    return computeWhatIf(this.#replica, change);
  }

  step(input: ObserverInput | DeadlineReached, nowMs: number): readonly MemberEffect[] {
    switch (input.type) {
      case 'connected':
        this.#begin(nowMs);
        this.#me = input.name;
        this.#connected = true;
        this.#replica = new Replica(input.name);
        break;
      case 'lost':
        this.#connected = false;
        this.#begin(nowMs);
        break;
      case 'view':
      case 'message':
        if (this.#connected) this.#hear(input, nowMs);
        break;
      case 'deadlineReached':
        break;
      default:
        return unreachable(input);
    }
    this.#ask(nowMs);
    const effects = this.#courier.take();
    for (const what of this.#replica.happened()) effects.push({ type: 'happened', what });
    return effects;
  }

  #begin(nowMs: number): void {
    this.#replica.begin(undefined, nowMs);
    this.#inbox.lost();
    this.#forgetHeard();
    this.#askAtMs = undefined;
  }

  #hear(input: Heard, nowMs: number): void {
    const snapshot = this.#apply(input, nowMs);
    if (this.#replica.synced) {
      this.#forgetHeard();
      return;
    }
    this.#heard.push(input);
    if (input.type === 'message') this.#heardBytes += input.message.payload.length;
    if (this.#heard.length > HEARD_MAX || this.#heardBytes > HEARD_BYTES_MAX) this.#forgetHeard();
    if (snapshot !== undefined) this.#loadSnapshot(snapshot, nowMs);
  }

  #apply(input: Heard, nowMs: number): Snapshot | undefined {
    if (input.type === 'view') {
      this.#inbox.view(input.view.id);
      this.#replica.view(input.view, () => undefined, nowMs);
      return undefined;
    }
    const said = this.#inbox.take(input.sender, input.message, this.#replica.names, nowMs);
    if (said?.type === 'snapshot') return said;
    if (said !== undefined && said.type !== 'snapshotWanted') this.#replica.take(input.sender, said, nowMs);
    this.#replica.takeContested();
    return undefined;
  }

  /** Begins anew at the point of the table and applies what was heard since. */
  #loadSnapshot(snapshot: Snapshot, nowMs: number): void {
    const at = this.#heard.findIndex((one) => one.type === 'view' && one.view.id === snapshot.groupViewId);
    const first = this.#heard[at];
    if (first?.type !== 'view') return;
    const since = this.#heard.slice(at + 1);
    const replica = new Replica(this.#me);
    const before = this.#replica;
    this.#replica = replica;
    this.#inbox = new Inbox();
    this.#apply({ type: 'view', view: alone(first.view, this.#me) }, nowMs);
    let loaded = this.#inbox.position.count === snapshot.position && this.#load(snapshot);
    for (const input of since) {
      // Parts of a message that began before the table are needed, what was whole by then is in it.
      this.#apply(input, nowMs);
      if (!loaded && this.#inbox.position.count === snapshot.position) loaded = this.#load(snapshot);
    }
    if (!loaded) this.#replica = before;
    else this.#forgetHeard();
  }

  #load({ viewId, n, image }: Snapshot): boolean {
    return this.#replica.load(viewId, n, image);
  }

  #forgetHeard(): void {
    this.#heard = [];
    this.#heardBytes = 0;
  }

  #ask(nowMs: number): void {
    const leader = this.#replica.names[0];
    if (!this.#connected || this.#replica.synced || leader === undefined) {
      this.#askAtMs = undefined;
      return;
    }
    this.#askAtMs ??= nowMs + ASK_AFTER_MS;
    if (nowMs < this.#askAtMs) return;
    this.#askAtMs = nowMs + ASK_AFTER_MS;
    this.#courier.send(leader, { type: 'snapshotWanted' });
  }
}

/** The view as whoever has no history sees it. */
function alone(view: VipView, me: PrivateName): VipView {
  return { ...view, together: view.together.filter((name) => name !== me) };
}
