/**
 * The cluster manager (momentum.md 7.7, 7.8): a member of `ec_cluster` only, sends console commands to nodes through the
 * control group and keeps what they answer. Nothing waits: a command that is sent returns at once, its replies
 * are retrieved later. Knows no socket and no file.
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { CommandReply } from '../console/api.ts';
import { busDown, failed, sentTo, unknownNode, unknownSubcluster } from '../console/replies.ts';
import type { ResultsBuffer } from '../console/results.ts';
import type { ResultsScope } from '../console/results-file.ts';
import type { GroupName, NodeName, PrivateName } from '../model/names.ts';
import type { BusEvent, BusRequest } from '../msgc/client-api.ts';
import type { ServerStatus } from '../msgc/server-api.ts';
import type { CommandTarget } from '../wire/http.ts';
import type { ConfigStatus, Query } from '../wire/options.ts';
import { BusMember, type BusMemberEffect, type BusMemberInput, type BusMemberOptions } from './bus-member.ts';
import { type Resolved, resolveTarget } from './command-targets.ts';
import type { Membership } from './membership.ts';
import { COMMAND_CHARACTERS_MAX, encodeMessage } from './messages.ts';
import { ReplyAssembler } from './replies.ts';
import { isReply, ReplySender } from './reply-sender.ts';
import { StatusPublisher } from './status-publisher.ts';
import type { WallClock } from './wall-clock.ts';

/** A manager shows departed members to nobody; it keeps them briefly so that a rejoin is recognised. */
const DEPARTED_KEPT_MS = 600_000;
const EXPIRE_INTERVAL_MS = 60_000;

/** What may change while the manager runs. */
export type ManagerClusterOptions = { readonly clusterGroup: GroupName; readonly controlGroup: GroupName };

export type ManagerCoreOptions = ManagerClusterOptions & {
  /** Its session too: the private name is `#barca#barca`. */
  readonly name: NodeName;
  readonly version: string;
  readonly pid: number;
  readonly startedWallMs: number;
  readonly wall: WallClock;
  readonly serverStatus: (nowMs: number) => ServerStatus | undefined;
  /** As loaded from the file of an earlier run, or empty. */
  readonly results: ResultsBuffer;
  /** JSON of what was asked. */
  readonly answerQuery: (what: Query) => string;
  readonly configStatus: () => ConfigStatus | undefined;
};

export type ManagerCoreInput =
  | { readonly type: 'start' | 'stop' }
  | { readonly type: 'bus'; readonly event: BusEvent }
  | { readonly type: 'serverChanged' }
  | { readonly type: 'optionsChanged'; readonly options: ManagerClusterOptions };

export type ManagerCoreEffect =
  | { readonly type: 'bus'; readonly request: BusRequest }
  /** The results buffer changed; save what `results.save` gives. */
  | { readonly type: 'persistResults' }
  | Extract<BusMemberEffect, { type: 'happened' | 'changed' }>;

export type Sent = { readonly reply: CommandReply; readonly effects: readonly ManagerCoreEffect[] };

export class ManagerCore implements Core<ManagerCoreInput | DeadlineReached, ManagerCoreEffect> {
  readonly results: ResultsBuffer;
  readonly #options: ManagerCoreOptions;
  readonly #member: BusMember;
  readonly #status: StatusPublisher;
  readonly #assembler = new ReplyAssembler();
  readonly #answers: ReplySender;
  #cluster: ManagerClusterOptions;
  #requests = 0;
  #savedRevision: number;
  #expireAtMs: number | undefined;

  constructor(options: ManagerCoreOptions) {
    this.#options = options;
    this.results = options.results;
    this.#savedRevision = options.results.revision;
    this.#cluster = options;
    this.#member = new BusMember(this.#memberOptions());
    this.#status = new StatusPublisher({
      ...options,
      session: options.name,
      counters: () => ({ ...this.#member.refused(), replies_dropped: this.#answers.dropped }),
    });
    this.#answers = new ReplySender(options.name);
  }

  get deadlineMs(): number | undefined {
    const due = [
      this.#member.deadlineMs,
      this.#status.deadlineMs,
      this.#answers.deadlineMs,
      this.#expireAtMs,
    ].filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  get membership(): Membership {
    return this.#member.membership;
  }

  get connected(): boolean {
    return this.#member.connected;
  }

  get privateName(): PrivateName | undefined {
    return this.#member.ownNames[0];
  }

  step(input: ManagerCoreInput | DeadlineReached, nowMs: number): readonly ManagerCoreEffect[] {
    return [...this.#take(input, nowMs), ...this.#persist()];
  }

  /** Sends a command, or says at once why not; nothing is queued while the bus is down (A21). */
  send(command: string, target: CommandTarget, nowMs: number): Sent {
    const refuse = (reply: CommandReply): Sent => ({ reply, effects: [] });
    if (!this.#member.connected) return refuse(busDown());
    if (command.length > COMMAND_CHARACTERS_MAX) {
      return refuse(failed(`a command has at most ${COMMAND_CHARACTERS_MAX} characters`));
    }
    const resolved = resolveTarget(target, this.membership.records(), this.#cluster.controlGroup);
    if (!resolved.ok) return refuse(unknownTarget(target, resolved.error.names));
    const { asked, silent } = resolved.value;
    if (asked.length === 0) return refuse(failed('no node is present: nothing was sent'));
    this.#requests += 1;
    const id = `m${Math.round(this.#options.startedWallMs).toString(36)}-${this.#requests}`;
    this.results.sent({
      request: id,
      command,
      scope: scopeOf(target),
      asked: [...asked, ...silent],
      wallMs: this.#options.wall.at(nowMs),
    });
    return {
      reply: sentTo(asked.map(({ node }) => node)),
      effects: [...this.#requestsFor(resolved.value, id, command), ...this.#persist()],
    };
  }

  /** @returns how many commands were forgotten, and what must be done. */
  flush(): { readonly count: number; readonly effects: readonly ManagerCoreEffect[] } {
    const count = this.results.flush();
    return { count, effects: this.#persist() };
  }

  #take(input: ManagerCoreInput | DeadlineReached, nowMs: number): readonly ManagerCoreEffect[] {
    switch (input.type) {
      case 'start':
        this.#expireAtMs = nowMs + EXPIRE_INTERVAL_MS;
        return this.#ofMember({ type: 'start' }, nowMs);
      case 'stop':
        return bus(this.#status.step({ type: 'stop' }, nowMs));
      case 'bus':
        return this.#onBus(input.event, nowMs);
      case 'serverChanged':
        return bus(this.#status.step({ type: 'changed' }, nowMs));
      case 'optionsChanged':
        this.#cluster = input.options;
        return [
          ...this.#ofMember({ type: 'reconfigured', options: this.#memberOptions() }, nowMs),
          ...bus(this.#status.step({ type: 'changed' }, nowMs)),
        ];
      case 'deadlineReached':
        this.#expire(nowMs);
        return [
          ...this.#ofMember(input, nowMs),
          ...bus(this.#status.step(input, nowMs)),
          ...bus(this.#answers.step(input, nowMs)),
        ];
      default:
        return unreachable(input);
    }
  }

  #memberOptions(): BusMemberOptions {
    const { name, version, pid, startedWallMs } = this.#options;
    const { clusterGroup } = this.#cluster;
    return {
      session: name,
      groups: [clusterGroup],
      clusterGroup,
      // Null names, as a manager is listed in the documented output (CMD-13).
      facts: {
        nodeName: null,
        subcluster: null,
        nodeType: 'Manager',
        version,
        address: null,
        pid,
        startedMs: startedWallMs,
        heartbeat: null,
      },
      departedKeptMs: DEPARTED_KEPT_MS,
      byzantineAction: 'flag',
    };
  }

  #onBus(event: BusEvent, nowMs: number): readonly ManagerCoreEffect[] {
    const effects = [...this.#ofMember({ type: 'bus', event }, nowMs)];
    if (event.type === 'busConnected') effects.push(...bus(this.#status.step({ type: 'start' }, nowMs)));
    if (event.type === 'busLost') {
      this.#status.step({ type: 'stop' }, nowMs);
      this.#answers.step({ type: 'lost' }, nowMs);
    }
    if (event.type === 'requestRefused' && event.reason === 'backlog' && isReply(event.request)) {
      this.#answers.step({ type: 'refused', request: event.request }, nowMs);
    }
    return effects;
  }

  #expire(nowMs: number): void {
    if (this.#expireAtMs === undefined || nowMs < this.#expireAtMs) return;
    this.#expireAtMs = nowMs + EXPIRE_INTERVAL_MS;
    this.#assembler.expire(nowMs);
    this.results.expire(this.#options.wall.at(nowMs));
  }

  #ofMember(input: BusMemberInput | DeadlineReached, nowMs: number): readonly ManagerCoreEffect[] {
    return this.#member.step(input, nowMs).flatMap((effect) => {
      if (effect.type === 'message') return this.#onMessage(effect, nowMs);
      if (effect.type === 'happened' && effect.what === 'departed' && effect.cause !== 'silence') {
        this.results.left(effect.name);
      }
      return [effect];
    });
  }

  #onMessage(
    { from, message }: Extract<BusMemberEffect, { type: 'message' }>,
    nowMs: number,
  ): readonly ManagerCoreEffect[] {
    if (message.type === 'query') {
      const answer = { to: from, id: message.id, ok: true, text: this.#options.answerQuery(message.what) };
      return bus(this.#answers.step({ type: 'reply', ...answer }, nowMs));
    }
    if (message.type !== 'reply') return [];
    const whole = this.#assembler.add(from, message, nowMs);
    if (whole === undefined) return [];
    const { id, ok, text } = whole;
    const wallMs = this.#options.wall.at(nowMs);
    this.results.answered({ request: id, privateName: from, ok, text, wallMs });
    return [];
  }

  #requestsFor(to: Resolved, id: string, command: string): readonly ManagerCoreEffect[] {
    const session = this.#options.name;
    const message = encodeMessage({ type: 'request', id, command });
    if (to.group === undefined) {
      return bus(to.asked.map(({ privateName }) => ({ type: 'send', session, to: privateName, ...message })));
    }
    return bus([{ type: 'publish', session, groups: [to.group], service: 'agreed', ...message }]);
  }

  #persist(): readonly ManagerCoreEffect[] {
    if (this.results.revision === this.#savedRevision) return [];
    this.#savedRevision = this.results.revision;
    return [{ type: 'persistResults' }];
  }
}

function unknownTarget(target: CommandTarget, names: readonly string[]): CommandReply {
  const shown = names.join(', ');
  return target.kind === 'subcluster' ? unknownSubcluster(shown) : unknownNode(shown);
}

function scopeOf(target: CommandTarget): ResultsScope {
  switch (target.kind) {
    case 'all':
      return { kind: 'all' };
    case 'subcluster':
      return { kind: 'subcluster', name: target.name };
    case 'nodes':
      return { kind: 'node', name: target.names.join(',') };
    default:
      return unreachable(target);
  }
}

function bus(requests: readonly BusRequest[]): readonly ManagerCoreEffect[] {
  return requests.map((request) => ({ type: 'bus', request }));
}
