/**
 * Runs one cluster process for real: opens its listeners, drives the core with sockets and the clock, and performs its
 * effects. The control listener is opened last, so that whoever reaches it finds everything else at work.
 */

import type { Socket } from 'node:net';
import { TcpStreams } from '../adapters/tcp-streams.ts';
import { unreachable } from '../base/assert.ts';
import { type Driver, drive } from '../base/core.ts';
import type { Clock, Logger } from '../base/ports.ts';
import {
  type ClusterProcess,
  HAND_OVER_MS,
  type ProcessEffect,
  type ProcessInput,
} from '../cluster/cluster-process.ts';
import type { ProcessApp } from '../cluster/process-app.ts';
import { tcpBufferBytes } from '../cluster/process-options.ts';
import type { SharedAnswer, SharedAsk } from '../cluster/shared-desk.ts';
import type { Generation } from '../conf/generation.ts';
import type { LiveConfigurationApi } from '../conf/live-api.ts';
import type { CommandReply } from '../console/api.ts';
import { withWarnings } from '../console/replies.ts';
import type { HostCommand, HostFact } from '../duravip/api.ts';
import type { DiskOperation, DiskResult } from '../logs/aggregation-disk.ts';
import type { LogsCommand, LogsFact } from '../logs/service-api.ts';
import type { MailCommand, MailFact } from '../mail/api.ts';
import type { IpAddress } from '../model/ip.ts';
import { ClusterStreams } from './cluster-listener.ts';
import { hostControl } from './control-host.ts';
import { type Lifecycle, STOP_STEP_MS } from './lifecycle.ts';
import {
  type ClusterListeners,
  controlPlans,
  openBusListeners,
  ProcessListeners,
} from './process-listeners.ts';
import type { ProcessLoggers } from './process-loggers.ts';

/** A machine with many addresses may take so long to let go of them. */
const ADDRESSES_STOP_MS = 8_000;
/** How often the wall clock is read again; it may jump. */
export const WALL_READ_INTERVAL_MS = 5_000;

/** Holds DuraVIPs on this host, and runs what listens on them. */
export interface HostAddresses {
  perform(command: HostCommand): void;
  /** Listeners on the address may start, or must stop at once. */
  serve(address: IpAddress, run: boolean): void;
  /** Another generation is live. @returns what of it does not work, one line each for people. */
  follow(generation: Generation): Promise<readonly string[]>;
  /** Lets go of everything. */
  close(): Promise<void>;
}

/** Reads logs and moves checkpoints. */
export interface HostLogs {
  perform(command: LogsCommand): void;
  close(): void;
}

/** Files and journal of an aggregator. */
export interface HostLogFiles {
  perform(operation: DiskOperation): void;
  close(): Promise<void>;
}

/** Speaks SMTP and keeps the spool. */
export interface HostMail {
  perform(command: MailCommand): void;
  /** Opens everything; the core has been started. @returns what cannot be opened yet, one line each for people. */
  start(): Promise<readonly string[]>;
  /** A node that hands over messages, by the name that it proved. */
  acceptNode(socket: Socket, from: string): void;
  /** Another generation is live. @returns what of it does not work, one line each for people. */
  follow(generation: Generation): Promise<readonly string[]>;
  /** Ends all sessions and closes the spool. */
  close(): Promise<void>;
}

/** Sockets over which other software uses what the cluster shares. */
export interface HostSockets {
  answer(ticket: number, answer: SharedAnswer): void;
  /** As the configuration says it. @returns what could not be opened, one line each for people. */
  follow(generation: Generation): Promise<readonly string[]>;
  close(): void;
}

export type HostOptions = {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly loggers: ProcessLoggers;
  readonly process: ClusterProcess<ProcessApp>;
  readonly config: LiveConfigurationApi;
  /** What of a generation will probably not work; said at the start, and by whoever makes it live. */
  readonly doubts: (generation: Generation) => readonly string[];
  /** Open already; undefined for a manager, which has none. */
  readonly cluster?: ClusterListeners;
  /** Absent for a process that has no DuraVIPs. @param give takes what became of commands. */
  readonly addresses?: (give: (fact: HostFact) => void) => HostAddresses;
  /** Absent for a process that publishes no logs. @param give takes answers to commands. */
  readonly publishedLogs?: (give: (fact: LogsFact) => void) => HostLogs;
  /** Absent for a process that aggregates nothing. @param give takes what became of operations. */
  readonly logFiles?: (give: (result: DiskResult) => void) => HostLogFiles;
  /** Absent for a process that runs no mail. @param give takes what became of commands, and what clients do. */
  readonly mail?: (give: (fact: MailFact) => void) => HostMail;
  /** Absent for a process that lets no other software ask. @param ask takes questions. */
  readonly sockets?: (ask: (ticket: number, ask: SharedAsk) => void) => HostSockets;
  /** Saves the results buffer of a manager. */
  readonly persistResults: () => void;
};

/**
 * Opens and starts everything; what was opened is closed by the lifecycle.
 * @returns where the control listener is, as text.
 * @throws ClusterError when a listener cannot be opened.
 */
export async function hostProcess(lifecycle: Lifecycle, options: HostOptions): Promise<readonly string[]> {
  const { clock, logger, loggers, config } = options;
  const host = new Host(lifecycle, options);
  lifecycle.add('addresses', () => host.closeAddresses(), ADDRESSES_STOP_MS);
  lifecycle.add('log files', () => host.closeLogFiles());
  lifecycle.add('mail', () => host.closeMail());
  lifecycle.add('sockets', () => host.closeSockets());
  lifecycle.add('streams', () => host.closeStreams());
  const bus = await openBusListeners(host.serverStreams, config.generation);
  lifecycle.add('bus listener', () => bus.close());
  const wallTimer = setInterval(
    () => host.give({ type: 'wallClock', wallMs: clock.wallMs() }),
    WALL_READ_INTERVAL_MS,
  );
  const leave = async (): Promise<void> => {
    clearInterval(wallTimer);
    host.give({ type: 'stop', reason: 'stopping' });
    await host.exited;
  };
  lifecycle.add('bus', leave, HAND_OVER_MS + STOP_STEP_MS);
  host.noteDoubts(config.generation);
  host.give({ type: 'start' });
  await host.startMail();
  await host.openSockets(config.generation);
  const control = await hostControl(lifecycle, {
    clock,
    logger,
    listens: controlPlans(config.generation),
    generation: () => config.generation,
    answer: (command, source) =>
      host.replies.ask((ticket) => host.give({ type: 'console', ticket, command, source })),
    onSessionEnd: (session) => host.give({ type: 'consoleClosed', session }),
    account: (line) => loggers.write({ log: 'acctlog', text: line, atMs: clock.wallMs() }),
  });
  host.followWith(new ProcessListeners({ bus, control, cluster: options.cluster }));
  return control.endpoints.open.map(({ place }) => place);
}

/** The core with its sockets: performs effects, and keeps the listeners in line with the options. */
class Host {
  readonly serverStreams = new TcpStreams((input) => this.give({ type: 'server', input }));
  readonly replies = new ConsoleReplies();
  readonly exited: Promise<string>;
  readonly #clientStreams = new TcpStreams((input) => this.give({ type: 'client', input }));
  readonly #lifecycle: Lifecycle;
  readonly #options: HostOptions;
  readonly #driver: Driver<ProcessInput>;
  readonly #addresses: HostAddresses | undefined;
  readonly #logs: HostLogs | undefined;
  readonly #logFiles: HostLogFiles | undefined;
  readonly #mail: HostMail | undefined;
  readonly #sockets: HostSockets | undefined;
  readonly #clusterStreams: ClusterStreams;
  #listeners: ProcessListeners | undefined;
  #doubts: readonly string[] = [];
  #following: Promise<readonly string[]> = Promise.resolve([]);
  #exit: (reason: string) => void = () => undefined;

  constructor(lifecycle: Lifecycle, options: HostOptions) {
    this.#lifecycle = lifecycle;
    this.#options = options;
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
    this.#setBuffers(options.config.generation);
    this.#addresses = options.addresses?.((fact) => this.give({ type: 'hostFact', fact }));
    this.#logs = options.publishedLogs?.((fact) => this.give({ type: 'logsFact', fact }));
    this.#logFiles = options.logFiles?.((result) => this.give({ type: 'logDisk', result }));
    this.#mail = options.mail?.((fact) => this.give({ type: 'mailFact', fact }));
    this.#sockets = options.sockets?.((ticket, ask) => this.give({ type: 'sharedAsk', ticket, ask }));
    this.#clusterStreams = options.cluster?.streams ?? new ClusterStreams();
    this.#driver = drive(options.process, options.clock, (effect) => this.#perform(effect));
    this.#clusterStreams.attach((input) => this.give({ type: 'cluster', input }));
  }

  give(input: ProcessInput): void {
    this.#driver.give(input);
  }

  /** The listeners are open, and follow the options from now on; what changed meanwhile is caught up with. */
  followWith(listeners: ProcessListeners): void {
    this.#listeners = listeners;
    const { config } = this.#options;
    if (config.number > 1) this.#following = this.#follow(config.generation);
  }

  /** @returns those that were not there before, which are in the log. */
  noteDoubts(generation: Generation): readonly string[] {
    const doubts = this.#options.doubts(generation);
    const fresh = doubts.filter((one) => !this.#doubts.includes(one));
    for (const doubt of fresh) this.#options.logger.warn('bus.doubt', { doubt });
    this.#doubts = doubts;
    return fresh;
  }

  /** After the bus: others were told first. */
  async closeAddresses(): Promise<void> {
    await this.#addresses?.close();
  }

  async startMail(): Promise<void> {
    await this.#mail?.start();
  }

  /** After the bus: deliveries under way had their time. */
  async closeMail(): Promise<void> {
    await this.#mail?.close();
  }

  async openSockets(generation: Generation): Promise<void> {
    for (const problem of (await this.#sockets?.follow(generation)) ?? []) {
      this.#options.logger.error('listener.not_opened', { problem });
    }
  }

  closeSockets(): void {
    this.#sockets?.close();
  }

  async closeLogFiles(): Promise<void> {
    await this.#logFiles?.close();
  }

  closeStreams(): void {
    this.#driver.stop();
    this.#clientStreams.stop();
    this.serverStreams.stop();
    this.#clusterStreams.stop();
    this.#logs?.close();
  }

  #setBuffers(generation: Generation): void {
    this.serverStreams.setBufferBytes(tcpBufferBytes(generation, 'msgc_server'));
    this.#clientStreams.setBufferBytes(tcpBufferBytes(generation, 'msgc_client'));
  }

  async #follow(generation: Generation): Promise<readonly string[]> {
    const changed = await this.#listeners?.follow(generation);
    if (changed === undefined) return [];
    const ofAddresses = (await this.#addresses?.follow(generation)) ?? [];
    const ofMail = (await this.#mail?.follow(generation)) ?? [];
    const ofSockets = (await this.#sockets?.follow(generation)) ?? [];
    const problems = [...changed.problems, ...ofAddresses, ...ofMail, ...ofSockets];
    for (const problem of problems) this.#options.logger.error('listener.not_opened', { problem });
    problems.push(...this.#options.loggers.follow(generation));
    const fresh = this.noteDoubts(generation);
    this.give({ ...changed, problems: [...problems, ...this.#doubts] });
    return [...problems, ...fresh];
  }

  #giveToMail({ conn, from, rest }: Extract<ProcessEffect, { type: 'nodeConnection' }>): void {
    const socket = this.#clusterStreams.release(conn);
    if (socket === undefined) return;
    if (rest.length > 0) socket.unshift(rest);
    if (this.#mail === undefined) socket.destroy();
    else this.#mail.acceptNode(socket, from);
  }

  #perform(effect: ProcessEffect): void {
    switch (effect.type) {
      case 'server':
        this.serverStreams.perform(effect.effect);
        break;
      case 'client':
        this.#clientStreams.perform(effect.effect);
        break;
      case 'cluster':
        this.#clusterStreams.perform(effect.effect);
        break;
      case 'logs':
        this.#logs?.perform(effect.command);
        break;
      case 'logDisk':
        this.#logFiles?.perform(effect.operation);
        break;
      case 'mail':
        this.#mail?.perform(effect.command);
        break;
      case 'sharedAnswer':
        this.#sockets?.answer(effect.ticket, effect.answer);
        break;
      case 'nodeConnection':
        this.#giveToMail(effect);
        break;
      case 'logLine':
        this.#options.loggers.write(effect.line);
        break;
      case 'consoleReply': {
        const { ticket, reply } = effect;
        if (effect.changedOptions) void this.replies.giveAfter(this.#following, ticket, reply);
        else this.replies.give(ticket, reply);
        break;
      }
      case 'optionsChanged':
        this.#setBuffers(effect.change.generation);
        this.#following = this.#follow(effect.change.generation);
        break;
      case 'persistResults':
        this.#options.persistResults();
        break;
      case 'host':
        this.#addresses?.perform(effect.command);
        break;
      case 'service':
        this.#addresses?.serve(effect.address, effect.run);
        break;
      case 'log':
        this.#options.logger[effect.level](effect.event, effect.fields);
        break;
      case 'shutdown':
        this.#lifecycle.requestStop(effect.reason);
        break;
      case 'exit':
        this.#exit(effect.reason);
        break;
      default:
        unreachable(effect);
    }
  }
}

/** Commands of control connections that wait for their replies. */
class ConsoleReplies {
  readonly #waiting = new Map<number, (reply: CommandReply) => void>();
  #lastTicket = 0;

  ask(send: (ticket: number) => void): Promise<CommandReply> {
    return new Promise((resolve) => {
      this.#lastTicket += 1;
      this.#waiting.set(this.#lastTicket, resolve);
      send(this.#lastTicket);
    });
  }

  give(ticket: number, reply: CommandReply): void {
    this.#waiting.get(ticket)?.(reply);
    this.#waiting.delete(ticket);
  }

  /** A command that changed options is answered when the listeners follow them, with what went wrong with these. */
  async giveAfter(following: Promise<readonly string[]>, ticket: number, reply: CommandReply): Promise<void> {
    const problems = await following;
    this.give(ticket, withWarnings(reply, problems));
  }
}
