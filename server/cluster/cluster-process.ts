/**
 * One cluster process as one core: msgc_server, msgc_client and the app that lives on the bus, wired so that one's
 * effect is another's input. The simulator and the daemons run this same object. Knows no socket: streams of server
 * and client are tagged, because each has connection numbers of its own.
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { Result } from '../base/result.ts';
import type { StreamEffect, StreamInput } from '../base/stream-io.ts';
import type { Generation } from '../conf/generation.ts';
import type { GenerationChange } from '../conf/live-api.ts';
import type { CommandReply, CommandSource } from '../console/api.ts';
import { withWarnings } from '../console/replies.ts';
import type { HostFact } from '../duravip/api.ts';
import type { DiskResult } from '../logs/aggregation-disk.ts';
import type { LogsFact } from '../logs/service-api.ts';
import type { MailFact } from '../mail/api.ts';
import type { MsgcClient, MsgcClientEffect, MsgcClientInput } from '../msgc/client.ts';
import type { MsgcServer, MsgcServerEffect, MsgcServerInput } from '../msgc/server.ts';
import type { ServerEvent } from '../msgc/server-api.ts';
import type { AppEffect, AppInput, ListenersChanged, ProcessApp } from './process-app.ts';
import {
  appLog,
  busLog,
  type LogRecord,
  REFUSALS_PER_SECOND_MAX,
  refusedOptionsLog,
  reloadLog,
  serverLog,
} from './process-log.ts';
import { type BusOptions, debuggedModules } from './process-options.ts';
import type { WallClock } from './wall-clock.ts';

/** What others should learn before the next status is due. */
const TOLD_AT_ONCE: ReadonlySet<ServerEvent['type']> = new Set([
  'linkUp',
  'linkDown',
  'linkSlow',
  'linkRecovered',
  'reachChanged',
  'viewInstalled',
]);

/** All processes of one installation; another name on the wire is refused. */
export const BUS_CLUSTER_NAME = 'muster';
/** How long a stopping process may hand over what it has before it leaves the bus. */
export const HAND_OVER_MS = 5_200;
/** How long a stopping process waits for its last bytes to leave. */
export const STOP_WAIT_MS = 1_000;

type StreamSide = 'server' | 'client' | 'cluster';

export type ProcessInput =
  | { readonly type: 'start' }
  /** Leaves the bus so that others see the cause `leave`, then exits. */
  | { readonly type: 'stop'; readonly reason: string }
  /** `cluster`: connections to and from cluster listeners. */
  | { readonly type: StreamSide; readonly input: StreamInput }
  /** A command of a control listener; answered with the same ticket. */
  | {
      readonly type: 'console';
      readonly ticket: number;
      readonly command: string;
      readonly source: CommandSource;
    }
  /** The control connection behind a `source.session` ended. */
  | { readonly type: 'consoleClosed'; readonly session: string }
  /** The answer to the effect `optionsChanged`, once the listeners are as they can be. */
  | ListenersChanged
  /** What became of an effect `host`. */
  | { readonly type: 'hostFact'; readonly fact: HostFact }
  /** What became of an effect `logs`. */
  | { readonly type: 'logsFact'; readonly fact: LogsFact }
  /** What became of an effect `logDisk`. */
  | { readonly type: 'logDisk'; readonly result: DiskResult }
  /** What became of an effect `mail`, and what clients do. */
  | { readonly type: 'mailFact'; readonly fact: MailFact }
  /** Other software asks; answered by an effect `sharedAnswer`. */
  | Extract<AppInput, { type: 'sharedAsk' }>
  | { readonly type: 'wallClock'; readonly wallMs: number };

export type ProcessEffect =
  | { readonly type: StreamSide; readonly effect: StreamEffect }
  | {
      readonly type: 'consoleReply';
      readonly ticket: number;
      readonly reply: CommandReply;
      /** The command made a new generation live: `optionsChanged` came before. */
      readonly changedOptions: boolean;
    }
  | { readonly type: 'persistResults' }
  | Extract<
      AppEffect,
      {
        type:
          | 'host'
          | 'service'
          | 'logs'
          | 'logDisk'
          | 'mail'
          | 'logLine'
          | 'nodeConnection'
          | 'sharedAnswer';
      }
    >
  /** A new generation is live in all modules; listeners follow it. */
  | { readonly type: 'optionsChanged'; readonly change: GenerationChange }
  | ({ readonly type: 'log' } & LogRecord)
  /** A command over the bus asked for it; the process is expected to give `stop`. */
  | { readonly type: 'shutdown'; readonly reason: string }
  /** Everything was said; the process may end. */
  | { readonly type: 'exit'; readonly reason: string };

export type ProcessParts<App extends ProcessApp> = {
  readonly server: MsgcServer;
  readonly client: MsgcClient;
  readonly app: App;
  readonly wall: WallClock;
  /** Of the first generation. */
  readonly generation: Generation;
  /** What a generation means for server and client of the bus. */
  readonly busOptions: (generation: Generation) => Result<BusOptions, readonly string[]>;
};

export class ClusterProcess<App extends ProcessApp>
  implements Core<ProcessInput | DeadlineReached, ProcessEffect>
{
  readonly #parts: ProcessParts<App>;
  readonly #streams = new Set<string>();
  #effects: ProcessEffect[] = [];
  /** `left`: what had to be handed over is, and the bus was told goodbye. */
  #stop: { readonly reason: string; readonly latestMs: number; readonly left: boolean } | undefined;
  #exited = false;
  #refusals = { secondMs: 0, count: 0 };
  #debugged: ReadonlySet<string>;
  #authenticated = true;
  /** What the modules could not use of the options that changed in this step. */
  #notUsed: string[] = [];

  constructor(parts: ProcessParts<App>) {
    this.#parts = parts;
    this.#debugged = debuggedModules(parts.generation);
  }

  get app(): App {
    return this.#parts.app;
  }

  get deadlineMs(): number | undefined {
    if (this.#exited) return undefined;
    const { server, client, app } = this.#parts;
    const due = [server.deadlineMs, client.deadlineMs, app.deadlineMs, this.#stop?.latestMs].filter(
      (ms) => ms !== undefined,
    );
    return due.length === 0 ? undefined : Math.min(...due);
  }

  step(input: ProcessInput | DeadlineReached, nowMs: number): readonly ProcessEffect[] {
    this.#notUsed = [];
    this.#take(input, nowMs);
    this.#leaveWhenHandedOver(nowMs);
    this.#exitWhenDone(nowMs);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #take(input: ProcessInput | DeadlineReached, nowMs: number): void {
    switch (input.type) {
      case 'start':
        this.#noteAuthentication(nowMs);
        this.#giveApp({ type: 'start' }, nowMs);
        return;
      case 'stop':
        this.#stopAll(input.reason, nowMs);
        return;
      case 'server':
        this.#noteStream('server', input.input);
        this.#giveServer(input.input, nowMs);
        return;
      case 'client':
        this.#noteStream('client', input.input);
        this.#giveClient(input.input, nowMs);
        return;
      case 'cluster':
        this.#noteStream('cluster', input.input);
        this.#giveApp({ type: 'clusterStream', input: input.input }, nowMs);
        return;
      case 'console': {
        const { reply, effects } = this.#parts.app.command(input.command, input.source, nowMs);
        const executed = {
          type: 'executed',
          user: input.source.user,
          command: input.command,
          ok: reply.ok,
        } as const;
        this.#ofApp([...effects, executed], nowMs);
        const changedOptions = effects.some(({ type }) => type === 'optionsChanged');
        this.#effects.push({
          type: 'consoleReply',
          ticket: input.ticket,
          reply: withWarnings(reply, this.#notUsed),
          changedOptions,
        });
        return;
      }
      case 'consoleClosed':
        this.#giveApp({ type: 'sessionEnded', session: input.session }, nowMs);
        return;
      case 'listenersChanged':
      case 'hostFact':
      case 'logsFact':
      case 'logDisk':
      case 'mailFact':
      case 'sharedAsk':
        this.#giveApp(input, nowMs);
        return;
      case 'wallClock':
        this.#parts.wall.correct(input.wallMs, nowMs);
        return;
      case 'deadlineReached':
        this.#onDeadline(input, nowMs);
        return;
      default:
        unreachable(input);
    }
  }

  #onDeadline(input: DeadlineReached, nowMs: number): void {
    const { server, client, app } = this.#parts;
    if ((server.deadlineMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#giveServer(input, nowMs);
    if ((client.deadlineMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#giveClient(input, nowMs);
    if ((app.deadlineMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#giveApp(input, nowMs);
  }

  #giveServer(input: MsgcServerInput | DeadlineReached, nowMs: number): void {
    for (const effect of this.#parts.server.step(input, nowMs)) this.#ofServer(effect, nowMs);
  }

  #giveClient(input: MsgcClientInput | DeadlineReached, nowMs: number): void {
    for (const effect of this.#parts.client.step(input, nowMs)) this.#ofClient(effect, nowMs);
  }

  #giveApp(input: AppInput | DeadlineReached, nowMs: number): void {
    this.#ofApp(this.#parts.app.step(input, nowMs), nowMs);
  }

  #ofServer(effect: MsgcServerEffect, nowMs: number): void {
    if (effect.type !== 'event') {
      this.#effects.push({ type: 'server', effect });
      return;
    }
    const { event } = effect;
    if (event.type !== 'connectionRefused' || this.#mayTellRefusal(nowMs))
      this.#log(serverLog(event), 'msgc_server');
    if (TOLD_AT_ONCE.has(event.type)) {
      this.#giveApp({ type: 'serverChanged' }, nowMs);
    }
  }

  #ofClient(effect: MsgcClientEffect, nowMs: number): void {
    if (effect.type !== 'event') {
      this.#effects.push({ type: 'client', effect });
      return;
    }
    this.#log(busLog(effect.event), 'msgc_client');
    this.#giveApp({ type: 'bus', event: effect.event }, nowMs);
  }

  #ofApp(effects: readonly AppEffect[], nowMs: number): void {
    for (const effect of effects) {
      if (!isTurningAway(effect) || this.#mayTellRefusal(nowMs)) this.#log(appLog(effect), 'cluster');
      switch (effect.type) {
        case 'bus':
          this.#giveClient({ type: 'request', request: effect.request }, nowMs);
          break;
        case 'persistResults':
        case 'host':
        case 'service':
        case 'logs':
        case 'logDisk':
        case 'mail':
        case 'sharedAnswer':
        case 'logLine':
        case 'nodeConnection':
          this.#effects.push(effect);
          break;
        case 'clusterStream':
          this.#effects.push({ type: 'cluster', effect: effect.effect });
          break;
        case 'shutdown':
          this.#effects.push({ type: 'shutdown', reason: `console command of ${effect.user}` });
          break;
        case 'optionsChanged':
          this.#changeOptions(effect.change, nowMs);
          break;
        case 'reloaded':
          for (const record of reloadLog(effect.result)) this.#log(record);
          break;
        case 'optionsRefused':
          this.#refused(effect.problems);
          break;
        case 'reconnect':
          this.#giveClient({ type: 'reconnect' }, nowMs);
          break;
      }
    }
  }

  /** A module that cannot use the new options says so and goes on with those it has. */
  #changeOptions(change: GenerationChange, nowMs: number): void {
    this.#debugged = debuggedModules(change.generation);
    const bus = this.#parts.busOptions(change.generation);
    if (bus.ok) {
      this.#giveServer({ type: 'optionsChanged', options: bus.value.server }, nowMs);
      this.#noteAuthentication(nowMs);
      this.#giveClient({ type: 'optionsChanged', options: bus.value.client }, nowMs);
    } else {
      this.#refused(bus.error);
    }
    const given = bus.ok ? { bus: bus.value, problems: [] } : { bus: undefined, problems: bus.error };
    this.#giveApp({ type: 'optionsChanged', change, ...given }, nowMs);
    this.#effects.push({ type: 'optionsChanged', change });
  }

  /** A standing warning (R5), told when it begins to hold: whoever reaches the bus port is taken for a member. */
  #noteAuthentication(nowMs: number): void {
    const { authenticated } = this.#parts.server.status(nowMs);
    if (this.#authenticated && !authenticated) {
      this.#log({ level: 'warn', event: 'bus.without_authentication', fields: {} });
    }
    this.#authenticated = authenticated;
  }

  #refused(problems: readonly string[]): void {
    this.#notUsed.push(...problems);
    this.#log(refusedOptionsLog(problems));
  }

  #stopAll(reason: string, nowMs: number): void {
    if (this.#stop !== undefined) return;
    this.#stop = { reason, latestMs: nowMs + HAND_OVER_MS, left: false };
    this.#giveApp({ type: 'stop' }, nowMs);
  }

  #leaveWhenHandedOver(nowMs: number): void {
    if (this.#stop === undefined || this.#stop.left) return;
    if (this.#parts.app.handingOver === true && nowMs < this.#stop.latestMs) return;
    this.#stop = { ...this.#stop, latestMs: nowMs + STOP_WAIT_MS, left: true };
    this.#giveClient({ type: 'leave' }, nowMs);
    this.#giveServer({ type: 'leave' }, nowMs);
  }

  #exitWhenDone(nowMs: number): void {
    if (this.#stop?.left !== true || this.#exited) return;
    if (this.#streams.size > 0 && nowMs < this.#stop.latestMs) return;
    this.#exited = true;
    this.#effects.push({ type: 'exit', reason: this.#stop.reason });
  }

  #noteStream(side: StreamSide, input: StreamInput): void {
    if (input.type === 'accepted' || input.type === 'connected') this.#streams.add(`${side} ${input.conn}`);
    if (input.type === 'closed') this.#streams.delete(`${side} ${input.conn}`);
  }

  #mayTellRefusal(nowMs: number): boolean {
    if (nowMs >= this.#refusals.secondMs + 1_000) this.#refusals = { secondMs: nowMs, count: 0 };
    this.#refusals.count += 1;
    return this.#refusals.count <= REFUSALS_PER_SECOND_MAX;
  }

  /** What a module says for debugging only is told as if it were news when its `debug_level` asks for it. */
  #log(record: LogRecord | undefined, module = ''): void {
    if (record === undefined) return;
    const wanted = record.level === 'debug' && this.#debugged.has(module);
    const told = wanted
      ? ({ ...record, level: 'info', fields: { ...record.fields, debug: module } } as const)
      : record;
    this.#effects.push({ type: 'log', ...told });
  }
}

/** Strangers can make as much of it as they like. */
function isTurningAway(effect: AppEffect): boolean {
  return effect.type === 'logService' && effect.what.type === 'turnedAway';
}
