/**
 * DuraVIP of one node: the member, which replicates the table of ownership over the cluster group, and the host, which
 * drives the addresses of this machine to it, wired so that one's effect is the other's input (vip.md 4). Notices when
 * this process did not run for a while. Knows the bus, and neither console nor configuration.
 */

import { unreachable } from '../base/assert.ts';
import { type Core, DEADLINE_REACHED, type DeadlineReached } from '../base/core.ts';
import type {
  HostEffect,
  HostFact,
  HostInput,
  MemberEffect,
  MemberInput,
  Neighbour,
  VipAnswer,
  VipAsker,
  VipHappening,
  VipMessage,
  VipOrder,
  VipTable,
  WhatIf,
  WhatIfChange,
} from '../duravip/api.ts';
import { VipHost } from '../duravip/host.ts';
import { VipMember } from '../duravip/member.ts';
import type { VipTiming } from '../duravip/timing.ts';
import type { IpAddress } from '../model/ip.ts';
import type { GroupName, NodeName, PrivateName } from '../model/names.ts';
import type { BusEvent, BusRequest } from '../msgc/client-api.ts';
import { isVipKind } from './bus-member.ts';
import type { VipPlan } from './duravip-plan.ts';
import { decodeNeighbours, encodeAnnounced, encodeNeighbours, NEIGHBOURS_KIND } from './neighbour-message.ts';
import type { VipConsole } from './node-vip-commands.ts';
import type { AppEffect } from './process-app.ts';
import { RefusedRequests } from './refused-requests.ts';
import { vipViewOf } from './vip-view.ts';

/** The guard lets go of all addresses when this process was silent for so much of `silence_timeout` (D13). */
const PATIENCE_OF_SILENCE = 0.6;

/** How long a process may say nothing, before others take its addresses over after `silenceMs`. */
export function patienceMs(silenceMs: number): number {
  return silenceMs * PATIENCE_OF_SILENCE;
}

/** How often within that patience this process looks whether it was stopped. */
const LOOKS_PER_PATIENCE = 4;
/** Of what happens at one moment, so much is told one by one; of the rest only the number. */
export const HAPPENINGS_TOLD_MAX = 200;
/** Requests that may wait; more means that the bus takes nothing, and the connection is made anew. */
export const WAITING_MAX = 4_096;

export type NodeVipsOptions = {
  readonly node: NodeName;
  readonly session: string;
  readonly clusterGroup: GroupName;
  readonly plan: VipPlan;
  readonly timing: VipTiming;
  /** `silence_timeout` of the bus, milliseconds. */
  readonly silenceMs: number;
};

export type NodeVipsInput =
  | { readonly type: 'start' }
  /** Hands over, then lets the host remove everything; `handingOver` says for how long. */
  | { readonly type: 'stop' }
  | { readonly type: 'bus'; readonly event: BusEvent }
  | { readonly type: 'hostFact'; readonly fact: HostFact }
  | {
      readonly type: 'configured';
      readonly clusterGroup: GroupName;
      readonly plan: VipPlan;
      readonly silenceMs: number;
    };

type Stage = 'idle' | 'running' | 'handingOver' | 'stopped';

export class NodeVips implements Core<NodeVipsInput | DeadlineReached, AppEffect>, VipConsole {
  readonly #options: NodeVipsOptions;
  readonly #member: VipMember;
  readonly #host: VipHost;
  #plan: VipPlan;
  #clusterGroup: GroupName;
  #patienceMs: number;
  #stage: Stage = 'idle';
  #hostStarted = false;
  #own: PrivateName | undefined;
  #members: ReadonlySet<PrivateName> = new Set();
  #lookAtMs: number | undefined;
  #steppedAtMs: number;
  #shown = false;
  readonly #refused = new RefusedRequests(WAITING_MAX);
  #effects: AppEffect[] = [];

  constructor(options: NodeVipsOptions, nowMs: number) {
    const { node, plan, timing, clusterGroup, silenceMs } = options;
    this.#options = options;
    this.#plan = plan;
    this.#clusterGroup = clusterGroup;
    this.#patienceMs = patienceMs(silenceMs);
    this.#steppedAtMs = nowMs;
    this.#member = new VipMember({ node, offers: plan.vips, policy: plan.policy, timing, nowMs });
    this.#host = new VipHost({ vips: plan.vips, policy: plan.hostPolicy, nowMs });
  }

  /** What this node knows of all addresses. */
  get table(): VipTable {
    return this.#member.table;
  }

  /** Messages of DuraVIP that were none. */
  get refused(): number {
    return this.#member.refused;
  }

  /** It was asked to stop, and others still need to hear of it, or this host still has addresses. */
  get handingOver(): boolean {
    return this.#stage === 'handingOver' || (this.#stage === 'stopped' && this.#host.held > 0);
  }

  get deadlineMs(): number | undefined {
    const due = [this.#member.deadlineMs, this.#host.deadlineMs, this.#lookAtMs, this.#refused.dueMs].filter(
      (ms) => ms !== undefined,
    );
    return due.length === 0 ? undefined : Math.min(...due);
  }

  step(input: NodeVipsInput | DeadlineReached, nowMs: number): readonly AppEffect[] {
    this.#noticePause(nowMs);
    this.#take(input, nowMs);
    return this.take();
  }

  /** What orders made necessary. */
  take(): readonly AppEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  order(order: VipOrder, asker: VipAsker, nowMs: number): VipAnswer {
    const { answer, effects } = this.#member.order(order, asker, nowMs);
    this.#ofMember(effects, nowMs);
    return answer;
  }

  whatIf(change: WhatIfChange): WhatIf | undefined {
    return this.#member.whatIf(change);
  }

  neighbours(nowMs: number): readonly Neighbour[] {
    return this.#host.neighbours(nowMs);
  }

  setDebug(on: boolean): void {
    this.#shown = on;
  }

  /** The interface of this host that has the address; undefined where none has. */
  placed(address: IpAddress): string | undefined {
    return this.#host.placeOf(address)?.interface;
  }

  #take(input: NodeVipsInput | DeadlineReached, nowMs: number): void {
    switch (input.type) {
      case 'start':
        this.#stage = 'running';
        this.#startHost(nowMs);
        this.#giveMember({ type: 'start' }, nowMs);
        return;
      case 'stop':
        if (this.#stage !== 'running') return;
        this.#stage = 'handingOver';
        this.#giveMember({ type: 'stop' }, nowMs);
        return;
      case 'bus':
        this.#onBus(input.event, nowMs);
        return;
      case 'hostFact':
        // The addresses are gone before anybody asked for it: nothing is believed until it is confirmed.
        if (input.fact.type === 'dropped') this.#giveMember({ type: 'paused' }, nowMs);
        this.#giveHost({ type: 'fact', fact: input.fact }, nowMs);
        return;
      case 'configured':
        this.#configure(input, nowMs);
        return;
      case 'deadlineReached':
        this.#onDeadline(nowMs);
        return;
      default:
        unreachable(input);
    }
  }

  /** Others may have taken over while this process stood still; what waits in its queues is older than that. */
  #noticePause(nowMs: number): void {
    const gapMs = nowMs - this.#steppedAtMs;
    this.#steppedAtMs = nowMs;
    const holds = this.#lookAtMs !== undefined;
    this.#look(nowMs);
    if (holds && gapMs > this.#patienceMs) this.#giveMember({ type: 'paused' }, nowMs);
  }

  /** Without any address configured this host is left alone: nothing is run, nothing is read. */
  #startHost(nowMs: number): void {
    if (this.#hostStarted || this.#stage !== 'running' || this.#plan.vips.length === 0) return;
    this.#hostStarted = true;
    this.#giveHost({ type: 'start' }, nowMs);
    this.#look(nowMs);
  }

  /** Only who has addresses to lose looks after itself. */
  #look(nowMs: number): void {
    const needed = this.#stage === 'running' && this.#hostStarted;
    this.#lookAtMs = needed ? nowMs + this.#patienceMs / LOOKS_PER_PATIENCE : undefined;
  }

  #configure(input: Extract<NodeVipsInput, { type: 'configured' }>, nowMs: number): void {
    const { plan, clusterGroup, silenceMs } = input;
    this.#plan = plan;
    this.#patienceMs = patienceMs(silenceMs);
    if (clusterGroup !== this.#clusterGroup) {
      this.#clusterGroup = clusterGroup;
      this.#giveMember({ type: 'lost' }, nowMs);
      if (this.#own !== undefined) this.#giveMember({ type: 'connected', name: this.#own }, nowMs);
    }
    this.#giveHost({ type: 'policyChanged', policy: plan.hostPolicy }, nowMs);
    this.#giveHost({ type: 'vipsChanged', vips: plan.vips }, nowMs);
    this.#startHost(nowMs);
    this.#giveMember({ type: 'policyChanged', policy: plan.policy }, nowMs);
    this.#giveMember({ type: 'offersChanged', offers: plan.vips }, nowMs);
  }

  #onDeadline(nowMs: number): void {
    if ((this.#member.deadlineMs ?? Number.POSITIVE_INFINITY) <= nowMs)
      this.#giveMember(DEADLINE_REACHED, nowMs);
    if ((this.#host.deadlineMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#giveHost(DEADLINE_REACHED, nowMs);
    for (const request of this.#refused.takeDue(nowMs)) this.#effects.push({ type: 'bus', request });
  }

  #onBus(event: BusEvent, nowMs: number): void {
    switch (event.type) {
      case 'busConnected':
        this.#own = event.privateNames.get(this.#options.session);
        if (this.#own !== undefined) this.#giveMember({ type: 'connected', name: this.#own }, nowMs);
        return;
      case 'busLost':
        this.#own = undefined;
        this.#members = new Set();
        this.#refused.clear();
        this.#giveMember({ type: 'lost' }, nowMs);
        return;
      case 'view': {
        if (event.session !== this.#options.session || event.view.group !== this.#clusterGroup) return;
        const view = vipViewOf(event.view);
        const before = this.#members;
        this.#members = new Set(view.members.map(({ name }) => name));
        this.#giveMember({ type: 'view', view }, nowMs);
        const joined = view.members.some(({ name, participant }) => participant && !before.has(name));
        if (joined) this.#giveHost({ type: 'sayNeighbours' }, nowMs);
        return;
      }
      case 'message':
        this.#onMessage(event, nowMs);
        return;
      case 'requestRefused':
        if (event.reason === 'backlog') this.#again(event.request, nowMs);
        return;
      case 'transition':
      case 'busRefused':
        return;
      default:
        unreachable(event);
    }
  }

  #onMessage(event: Extract<BusEvent, { type: 'message' }>, nowMs: number): void {
    const { session, group, sender, kind, payload } = event;
    if (!isVipKind(kind) || session !== this.#options.session) return;
    if (group !== undefined && group !== this.#clusterGroup) return;
    if (kind === NEIGHBOURS_KIND) {
      const entries =
        this.#members.has(sender) && sender !== this.#own ? decodeNeighbours(payload) : undefined;
      if (entries !== undefined) this.#giveHost({ type: 'neighboursHeard', entries }, nowMs);
      return;
    }
    this.#giveMember({ type: 'message', sender, message: { kind, payload } }, nowMs);
  }

  /** What was refused must still be said, in its order: others wait for it. */
  #again(request: BusRequest, nowMs: number): void {
    if ((request.type !== 'publish' && request.type !== 'send') || !isVipKind(request.kind)) return;
    if (!this.#refused.add(request, nowMs)) this.#effects.push({ type: 'reconnect' });
  }

  #giveMember(input: MemberInput | DeadlineReached, nowMs: number): void {
    this.#ofMember(this.#member.step(input, nowMs), nowMs);
  }

  #giveHost(input: HostInput | DeadlineReached, nowMs: number): void {
    this.#ofHost(this.#host.step(input, nowMs), nowMs);
  }

  #ofMember(effects: readonly MemberEffect[], nowMs: number): void {
    const happened: VipHappening[] = [];
    for (const effect of effects) {
      switch (effect.type) {
        case 'publish':
          this.#publish(effect.message, effect.service, nowMs);
          break;
        case 'send':
          this.#ask(
            { type: 'send', session: this.#options.session, to: effect.to, ...effect.message },
            nowMs,
          );
          break;
        case 'want':
          this.#giveHost(effect, nowMs);
          break;
        case 'happened':
          happened.push(effect.what);
          break;
        case 'stopped':
          this.#stage = 'stopped';
          this.#look(nowMs);
          this.#giveHost({ type: 'stop' }, nowMs);
          break;
        default:
          unreachable(effect);
      }
    }
    this.#tell(happened);
  }

  /** Behind what must be done: lines in a log hold up nobody's address, however many addresses move at once. */
  #tell(happened: readonly VipHappening[]): void {
    for (const what of happened.slice(0, HAPPENINGS_TOLD_MAX)) {
      this.#effects.push({ type: 'vipHappened', what, shown: this.#shown });
    }
    const left = happened.length - HAPPENINGS_TOLD_MAX;
    if (left > 0) this.#effects.push({ type: 'moreHappened', count: left });
  }

  #ofHost(effects: readonly HostEffect[], nowMs: number): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'do':
          this.#effects.push({ type: 'host', command: effect.command });
          break;
        case 'report':
          this.#giveMember({ type: 'host', reports: effect.reports }, nowMs);
          break;
        case 'service':
          this.#effects.push(effect);
          break;
        case 'announced':
          for (const message of encodeAnnounced(effect.addresses)) this.#publish(message, 'agreed', nowMs);
          break;
        case 'neighbours':
          for (const message of encodeNeighbours(effect.entries)) this.#publish(message, 'agreed', nowMs);
          break;
        case 'happened': {
          const { text, address, bad } = effect;
          this.#effects.push({ type: 'hostHappened', text, address, bad });
          break;
        }
        default:
          unreachable(effect);
      }
    }
  }

  #publish(message: VipMessage, service: 'agreed' | 'safe', nowMs: number): void {
    const { session } = this.#options;
    this.#ask({ type: 'publish', session, groups: [this.#clusterGroup], service, ...message }, nowMs);
  }

  /** Behind what waits, so that everything of this node is heard in the order in which it was said. */
  #ask(request: BusRequest, nowMs: number): void {
    if (this.#own === undefined) return;
    if (this.#refused.any) this.#again(request, nowMs);
    else this.#effects.push({ type: 'bus', request });
  }
}
