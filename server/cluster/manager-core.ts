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
import type { BusEvent } from '../msgc/client-api.ts';
import type { CommandTarget } from '../wire/http.ts';
import type { BusMemberOptions } from './bus-member.ts';
import { type Resolved, resolveTarget } from './command-targets.ts';
import type { Membership } from './membership.ts';
import { COMMAND_CHARACTERS_MAX, encodeMessage } from './messages.ts';
import {
  asked as askedOf,
  DEPARTED_KEPT_MS,
  type HandedMessage,
  ProcessMember,
  type ProcessMemberInput,
  type ProcessMemberParts,
  type ToldEffect,
} from './process-member.ts';
import { ReplyAssembler } from './replies.ts';

const EXPIRE_INTERVAL_MS = 60_000;

/** What may change while the manager runs. */
export type ManagerClusterOptions = { readonly clusterGroup: GroupName; readonly controlGroup: GroupName };

export type ManagerCoreOptions = ManagerClusterOptions &
  Omit<ProcessMemberParts, 'member'> & {
    /** Its session too: the private name is `#barca#barca`. */
    readonly name: NodeName;
    readonly version: string;
    readonly pid: number;
    readonly startedWallMs: number;
    /** As loaded from the file of an earlier run, or empty. */
    readonly results: ResultsBuffer;
  };

export type ManagerCoreInput =
  | { readonly type: 'start' | 'stop' }
  | { readonly type: 'bus'; readonly event: BusEvent }
  | { readonly type: 'serverChanged' }
  | { readonly type: 'optionsChanged'; readonly options: ManagerClusterOptions };

export type ManagerCoreEffect =
  | ToldEffect
  /** The results buffer changed; save what `results.save` gives. */
  | { readonly type: 'persistResults' };

export type Sent = { readonly reply: CommandReply; readonly effects: readonly ManagerCoreEffect[] };

export class ManagerCore implements Core<ManagerCoreInput | DeadlineReached, ManagerCoreEffect> {
  readonly results: ResultsBuffer;
  readonly #options: ManagerCoreOptions;
  readonly #member: ProcessMember;
  readonly #assembler = new ReplyAssembler();
  #cluster: ManagerClusterOptions;
  #requests = 0;
  #savedRevision: number;
  #expireAtMs: number | undefined;

  constructor(options: ManagerCoreOptions) {
    this.#options = options;
    this.results = options.results;
    this.#savedRevision = options.results.revision;
    this.#cluster = options;
    this.#member = new ProcessMember({ ...options, member: this.#memberOptions() });
  }

  get deadlineMs(): number | undefined {
    const due = [this.#member.deadlineMs, this.#expireAtMs].filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  get membership(): Membership {
    return this.#member.bus.membership;
  }

  get connected(): boolean {
    return this.#member.bus.connected;
  }

  get privateName(): PrivateName | undefined {
    return this.#member.bus.ownNames[0];
  }

  step(input: ManagerCoreInput | DeadlineReached, nowMs: number): readonly ManagerCoreEffect[] {
    return [...this.#take(input, nowMs), ...this.#persist()];
  }

  /** Sends a command, or says at once why not; nothing is queued while the bus is down (A21). */
  send(command: string, target: CommandTarget, nowMs: number): Sent {
    const refuse = (reply: CommandReply): Sent => ({ reply, effects: [] });
    if (!this.#member.bus.connected) return refuse(busDown());
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
      case 'bus':
      case 'serverChanged':
        return this.#ofMember(input, nowMs);
      case 'optionsChanged':
        this.#cluster = input.options;
        return [
          ...this.#ofMember({ type: 'reconfigured', options: this.#memberOptions() }, nowMs),
          ...this.#ofMember({ type: 'serverChanged' }, nowMs),
        ];
      case 'deadlineReached':
        this.#expire(nowMs);
        return this.#ofMember(input, nowMs);
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

  #expire(nowMs: number): void {
    if (this.#expireAtMs === undefined || nowMs < this.#expireAtMs) return;
    this.#expireAtMs = nowMs + EXPIRE_INTERVAL_MS;
    this.#assembler.expire(nowMs);
    this.results.expire(this.#options.wall.at(nowMs));
  }

  #ofMember(input: ProcessMemberInput | DeadlineReached, nowMs: number): readonly ManagerCoreEffect[] {
    return this.#member.step(input, nowMs).flatMap((effect) => {
      if (effect.type === 'message') return this.#onMessage(effect, nowMs);
      if (effect.type === 'happened' && effect.what === 'departed' && effect.cause !== 'silence') {
        this.results.left(effect.name);
      }
      return [effect];
    });
  }

  #onMessage({ from, message }: HandedMessage, nowMs: number): readonly ManagerCoreEffect[] {
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
      return askedOf(
        to.asked.map(({ privateName }) => ({ type: 'send', session, to: privateName, ...message })),
      );
    }
    return askedOf([{ type: 'publish', session, groups: [to.group], service: 'agreed', ...message }]);
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
