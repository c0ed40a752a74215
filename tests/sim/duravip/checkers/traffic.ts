/**
 * D14: what was said in another view changes nothing. D16: histories that meet say one table each, and what follows is
 * about changes. Looks at the kind of a message and at nothing else of it.
 */

import { VIP_KIND_FIRST, type VipMessage, type VipView } from '../../../../server/duravip/api.ts';
import type { PrivateName } from '../../../../server/model/names.ts';
import type { Checker, Snapshot, Step, Trace, Watcher } from '../watcher.ts';

/** The first kind of all is the table of a history. */
const STATE = VIP_KIND_FIRST;

type View = {
  /** At most so many histories meet in it. */
  readonly firsts: Set<PrivateName>;
  /** Some came into it before they had finished with the view before: their histories cannot be seen from outside. */
  loose: boolean;
  members: number;
  states: number;
};

export class TrafficChecker implements Checker {
  readonly #watcher: Watcher;
  /** In which view each message was said. */
  readonly #saidIn = new Map<string, string | undefined>();
  readonly #views = new Map<string, View>();
  #messages = 0;
  #bytes = 0;
  #owners = 0;

  readonly #steady: boolean;

  /** @param steady no process stands still, no clock jumps, and no message takes long. */
  constructor(watcher: Watcher, steady: boolean) {
    this.#watcher = watcher;
    this.#steady = steady;
  }

  get counts(): Readonly<Record<string, number>> {
    return {
      views: this.#views.size,
      messages: this.#messages,
      kilobytes: this.#bytes / 1_000,
      owners: this.#owners,
    };
  }

  readonly stepped = ({ trace, input, effects, before, after }: Step): void => {
    if (input.type === 'view' && after.viewId !== before.viewId)
      this.#came(trace, input.view, before, after.viewId);
    if (input.type === 'message') this.#heard(trace, input, before.viewId, before.epoch, after.epoch);
    const { viewId } = after;
    for (const effect of effects) {
      if (effect.type === 'publish') this.#said(trace, effect.message, viewId);
      if (effect.type === 'happened' && effect.what.type === 'owner' && trace.node === after.leader)
        this.#owners += 1;
    }
  };

  /** After the last step. */
  end(): void {
    for (const [id, { members, states, firsts, loose }] of this.#views) {
      // Whoever waits for too long speaks in place of another, or again.
      const allowed = this.#steady && !loose ? firsts.size : 2 * members;
      if (states > allowed)
        this.#watcher.report('D16', `${states} tables are said in view ${id}, not ${allowed}`);
    }
  }

  #came({ name }: Trace, { members, together }: VipView, before: Snapshot, viewId: string | undefined): void {
    if (viewId === undefined) return;
    const view = this.#viewOf(viewId);
    const participants = members.filter(({ participant }) => participant);
    const shares = together.includes(name)
      ? participants.find((one) => together.includes(one.name))
      : undefined;
    view.firsts.add(shares?.name ?? name);
    if (!before.synced && before.viewId !== undefined) view.loose = true;
    view.members = participants.length;
  }

  #viewOf(id: string): View {
    const view = this.#views.get(id) ?? { firsts: new Set(), loose: false, members: 0, states: 0 };
    this.#views.set(id, view);
    return view;
  }

  #said({ name }: Trace, message: VipMessage, viewId: string | undefined): void {
    this.#messages += 1;
    this.#bytes += message.payload.length;
    const key = keyOf(name, message);
    if (!this.#saidIn.has(key)) this.#saidIn.set(key, viewId);
    if (viewId === undefined) return;
    if (message.kind === STATE) this.#viewOf(viewId).states += 1;
  }

  #heard(
    { node }: Trace,
    { sender, message }: { readonly sender: PrivateName; readonly message: VipMessage },
    viewId: string | undefined,
    epochBefore: string,
    epochAfter: string,
  ): void {
    if (epochBefore === epochAfter) return;
    const key = keyOf(sender, message);
    if (this.#saidIn.has(key) && this.#saidIn.get(key) !== viewId)
      this.#watcher.report('D14', `${node} heeds kind ${message.kind} that ${sender} said in another view`);
  }
}

function keyOf(name: PrivateName, { kind, payload }: VipMessage): string {
  return `${name} ${kind} ${payload.toString('latin1')}`;
}
