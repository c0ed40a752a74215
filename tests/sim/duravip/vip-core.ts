/**
 * One node's part of DuraVIP as one core: a client of the bus, the member and the host, wired as a node wires them.
 * What goes in and out of the member is shown to a watch.
 */

import { type Core, DEADLINE_REACHED, type DeadlineReached } from '../../../server/base/core.ts';
import type { StreamEffect } from '../../../server/base/stream-io.ts';
import type {
  HostCommand,
  HostInput,
  LocalVip,
  MemberEffect,
  MemberInput,
  VipAnswer,
  VipAsker,
  VipMessage,
  VipOrder,
  VipPolicy,
  VipView,
} from '../../../server/duravip/api.ts';
import type { VipHost } from '../../../server/duravip/host.ts';
import type { VipMember } from '../../../server/duravip/member.ts';
import { GROUPS, nodeOfPrivateName } from '../../../server/model/names.ts';
import type { MsgcClient, MsgcClientInput } from '../../../server/msgc/client.ts';
import type { BusEvent, BusRequest, GroupView } from '../../../server/msgc/client-api.ts';

export const PARTICIPANT = Buffer.from('participant');
export const WATCHER = Buffer.from('watcher');

export type VipCoreInput =
  | MsgcClientInput
  | { readonly type: 'vipMember'; readonly input: MemberInput }
  | { readonly type: 'vipHost'; readonly input: HostInput }
  | { readonly type: 'vipReload'; readonly vips: readonly LocalVip[] }
  | { readonly type: 'vipPolicy'; readonly policy: VipPolicy }
  | {
      readonly type: 'vipOrder';
      readonly order: VipOrder;
      readonly asker: VipAsker;
      readonly answered: (answer: VipAnswer) => void;
    }
  /** Publishes something that was not asked for. */
  | { readonly type: 'vipRogue'; readonly message: VipMessage };

export type VipCoreEffect =
  | StreamEffect
  | { readonly type: 'vipCommand'; readonly command: HostCommand }
  | { readonly type: 'vipStopped' };

/** Sees everything that the member takes and gives, in order. */
export type VipWatch = {
  readonly stepped: (
    input: MemberInput | DeadlineReached,
    effects: readonly MemberEffect[],
    ownMs: number,
  ) => void;
  readonly ordered: (order: VipOrder, effects: readonly MemberEffect[], ownMs: number) => void;
  /** The bus marked where the view ends for some of its members. */
  readonly transition: () => void;
  readonly refused: (reason: string) => void;
};

export class VipCore implements Core<VipCoreInput | DeadlineReached, VipCoreEffect> {
  readonly client: MsgcClient;
  readonly member: VipMember;
  readonly host: VipHost;
  readonly #session: string;
  readonly #watch: VipWatch;
  #effects: VipCoreEffect[] = [];
  #pausedBefore = false;

  constructor(parts: {
    readonly session: string;
    readonly client: MsgcClient;
    readonly member: VipMember;
    readonly host: VipHost;
    readonly watch: VipWatch;
  }) {
    this.client = parts.client;
    this.member = parts.member;
    this.host = parts.host;
    this.#session = parts.session;
    this.#watch = parts.watch;
  }

  /** The process did not run until now: the next step tells the member of it before anything else. */
  wasPaused(): void {
    this.#pausedBefore = true;
  }

  get deadlineMs(): number | undefined {
    const due = [this.client.deadlineMs, this.member.deadlineMs, this.host.deadlineMs];
    const known = due.filter((ms) => ms !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  step(input: VipCoreInput | DeadlineReached, nowMs: number): readonly VipCoreEffect[] {
    if (this.#pausedBefore) {
      this.#pausedBefore = false;
      this.#giveMember({ type: 'paused' }, nowMs);
    }
    this.#take(input, nowMs);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #take(input: VipCoreInput | DeadlineReached, nowMs: number): void {
    switch (input.type) {
      case 'vipMember':
        this.#giveMember(input.input, nowMs);
        return;
      case 'vipHost':
        this.#giveHost(input.input, nowMs);
        return;
      case 'vipReload':
        this.#giveHost({ type: 'vipsChanged', vips: input.vips }, nowMs);
        this.#giveMember({ type: 'offersChanged', offers: input.vips }, nowMs);
        return;
      case 'vipPolicy':
        this.#giveMember({ type: 'policyChanged', policy: input.policy }, nowMs);
        return;
      case 'vipOrder': {
        const { answer, effects } = this.member.order(input.order, input.asker, nowMs);
        this.#watch.ordered(input.order, effects, nowMs);
        this.#ofMember(effects, nowMs);
        input.answered(answer);
        return;
      }
      case 'vipRogue':
        this.#ofMember([{ type: 'publish', service: 'agreed', message: input.message }], nowMs);
        return;
      case 'deadlineReached':
        if (isDue(this.client, nowMs)) this.#giveClient(DEADLINE_REACHED, nowMs);
        if (isDue(this.member, nowMs)) this.#giveMember(DEADLINE_REACHED, nowMs);
        if (isDue(this.host, nowMs)) this.#giveHost(DEADLINE_REACHED, nowMs);
        return;
      default:
        this.#giveClient(input, nowMs);
    }
  }

  #giveClient(input: MsgcClientInput | DeadlineReached, nowMs: number): void {
    for (const effect of this.client.step(input, nowMs)) {
      if (effect.type === 'event') this.#ofBus(effect.event, nowMs);
      else this.#effects.push(effect);
    }
  }

  #ofBus(event: BusEvent, nowMs: number): void {
    if (event.type === 'transition') this.#watch.transition();
    if (event.type === 'requestRefused') this.#watch.refused(event.reason);
    const input = memberInputOf(event, this.#session);
    if (input !== undefined) this.#giveMember(input, nowMs);
  }

  #giveMember(input: MemberInput | DeadlineReached, nowMs: number): void {
    const effects = this.member.step(input, nowMs);
    this.#watch.stepped(input, effects, nowMs);
    this.#ofMember(effects, nowMs);
  }

  #ofMember(effects: readonly MemberEffect[], nowMs: number): void {
    for (const effect of effects) {
      if (effect.type === 'want') this.#giveHost(effect, nowMs);
      else if (effect.type === 'stopped') this.#effects.push({ type: 'vipStopped' });
      else if (effect.type !== 'happened')
        this.#giveClient({ type: 'request', request: requestOf(effect, this.#session) }, nowMs);
    }
  }

  #giveHost(input: HostInput | DeadlineReached, nowMs: number): void {
    if (input.type === 'fact' && input.fact.type === 'dropped') this.#giveMember({ type: 'paused' }, nowMs);
    for (const effect of this.host.step(input, nowMs)) {
      if (effect.type === 'do') this.#effects.push({ type: 'vipCommand', command: effect.command });
      if (effect.type === 'report') this.#giveMember({ type: 'host', reports: effect.reports }, nowMs);
    }
  }
}

export function isDue(core: { readonly deadlineMs: number | undefined }, nowMs: number): boolean {
  return core.deadlineMs !== undefined && core.deadlineMs <= nowMs;
}

export type GroupInput = Extract<MemberInput, { readonly type: 'connected' | 'lost' | 'view' | 'message' }>;

/** What a replica of DuraVIP learns of an event of the bus. */
export function memberInputOf(event: BusEvent, session: string): GroupInput | undefined {
  switch (event.type) {
    case 'busConnected': {
      const name = event.privateNames.get(session);
      return name === undefined ? undefined : { type: 'connected', name };
    }
    case 'busLost':
      return { type: 'lost' };
    case 'view':
      return { type: 'view', view: vipView(event.view) };
    case 'message':
      return {
        type: 'message',
        sender: event.sender,
        message: { kind: event.kind, payload: event.payload },
      };
    default:
      return undefined;
  }
}

export function requestOf(
  effect: Extract<MemberEffect, { readonly type: 'publish' | 'send' }>,
  session: string,
): BusRequest {
  const { kind, payload } = effect.message;
  if (effect.type === 'send') return { type: 'send', session, to: effect.to, kind, payload };
  return { type: 'publish', session, groups: [GROUPS.cluster], service: effect.service, kind, payload };
}

function vipView(view: GroupView): VipView {
  return {
    id: view.viewId,
    members: view.members.map(({ name, capabilities }) => ({
      name,
      node: nodeOfPrivateName(name),
      participant: capabilities.equals(PARTICIPANT),
    })),
    together: view.transitional,
    lost: view.lost,
  };
}
