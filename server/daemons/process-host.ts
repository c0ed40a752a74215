/**
 * Runs one cluster process for real: opens its listeners, drives the core with sockets and the clock, and performs its
 * effects. The control listener is opened last, so that whoever reaches it finds everything else at work.
 */

import { TcpStreams } from '../adapters/tcp-streams.ts';
import { unreachable } from '../base/assert.ts';
import { drive } from '../base/core.ts';
import { ClusterError } from '../base/errors.ts';
import type { Clock, Logger } from '../base/ports.ts';
import type { ClusterProcess, ProcessEffect } from '../cluster/cluster-process.ts';
import type { ProcessApp } from '../cluster/process-app.ts';
import type { ListenPlan } from '../cluster/process-options.ts';
import type { Generation } from '../conf/generation.ts';
import type { CommandReply, CommandSource } from '../console/api.ts';
import { hostControl } from './control-host.ts';
import type { Lifecycle } from './lifecycle.ts';

/** How often the wall clock is read again; it may jump. */
export const WALL_READ_INTERVAL_MS = 5_000;

export type HostOptions = {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly process: ClusterProcess<ProcessApp>;
  /** Endpoints of msgcserver_listener. */
  readonly busListens: readonly ListenPlan[];
  /** Endpoints of Control_Listener. */
  readonly controlListens: readonly ListenPlan[];
  /** The live configuration, asked again and again. */
  readonly generation: () => Generation;
  /** A control connection has ended; what belongs to its session goes with it. */
  readonly onSessionEnd?: (session: string) => void;
  /** Saves the results buffer of a manager. */
  readonly persistResults: () => void;
};

/**
 * Opens and starts everything; what was opened is closed by the lifecycle.
 * @returns where the control listener is, as text.
 * @throws ClusterError when a listener cannot be opened.
 */
export async function hostProcess(lifecycle: Lifecycle, options: HostOptions): Promise<readonly string[]> {
  const { clock, logger } = options;
  const tickets = new Map<number, (reply: CommandReply) => void>();
  let exited: (reason: string) => void = () => undefined;
  const exit = new Promise<string>((resolve) => {
    exited = resolve;
  });
  const perform = (effect: ProcessEffect): void => {
    switch (effect.type) {
      case 'server':
        serverStreams.perform(effect.effect);
        break;
      case 'client':
        clientStreams.perform(effect.effect);
        break;
      case 'consoleReply':
        tickets.get(effect.ticket)?.(effect.reply);
        tickets.delete(effect.ticket);
        break;
      case 'persistResults':
        options.persistResults();
        break;
      case 'log':
        logger[effect.level](effect.event, effect.fields);
        break;
      case 'shutdown':
        lifecycle.requestStop(effect.reason);
        break;
      case 'exit':
        exited(effect.reason);
        break;
      default:
        unreachable(effect);
    }
  };
  const driver = drive(options.process, clock, perform);
  const serverStreams = new TcpStreams((input) => driver.give({ type: 'server', input }));
  const clientStreams = new TcpStreams((input) => driver.give({ type: 'client', input }));
  lifecycle.add('streams', () => {
    driver.stop();
    clientStreams.stop();
    serverStreams.stop();
  });
  await listenForBus(lifecycle, serverStreams, options.busListens);
  const wallTimer = setInterval(
    () => driver.give({ type: 'wallClock', wallMs: clock.wallMs() }),
    WALL_READ_INTERVAL_MS,
  );
  lifecycle.add('bus', async () => {
    clearInterval(wallTimer);
    driver.give({ type: 'stop', reason: 'stopping' });
    await exit;
  });
  // A standing warning (R5): whoever reaches the bus port is taken for a member.
  logger.warn('bus.without_authentication');
  driver.give({ type: 'start' });
  let lastTicket = 0;
  const answer = (command: string, source: CommandSource): Promise<CommandReply> =>
    new Promise((resolve) => {
      lastTicket += 1;
      tickets.set(lastTicket, resolve);
      driver.give({ type: 'console', ticket: lastTicket, command, source });
    });
  return hostControl(lifecycle, {
    clock,
    logger,
    listens: options.controlListens,
    generation: options.generation,
    answer,
    onSessionEnd: options.onSessionEnd ?? (() => undefined),
  });
}

async function listenForBus(
  lifecycle: Lifecycle,
  streams: TcpStreams,
  plans: readonly ListenPlan[],
): Promise<void> {
  for (const { endpoint, backlog } of plans) {
    if (endpoint.kind === 'unix') {
      throw new ClusterError('LISTEN_FAILED', {
        address: endpoint.path,
        reason: 'msgcserver_listener takes address:port',
      });
    }
    const listening = await streams.listen({ host: endpoint.host, port: endpoint.port, backlog });
    lifecycle.add('bus listener', () => void listening.close());
  }
}
