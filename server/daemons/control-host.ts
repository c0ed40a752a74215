/**
 * The control listener of a running process: opens the endpoints of its configuration and gives connections their
 * access, their lines of account and their idle time, all as the live configuration says at that moment.
 */

import { randomBytes } from 'node:crypto';
import type { Clock, Logger } from '../base/ports.ts';
import { controlIdleMs, type ListenPlan } from '../cluster/process-options.ts';
import { isLoopback } from '../conf/addresses.ts';
import type { Generation } from '../conf/generation.ts';
import { accessPolicy } from '../console/access-policy.ts';
import { ControlAccess } from '../console/control-access.ts';
import { diskAccessFiles } from './control-access-files.ts';
import { type ControlAnswer, ControlListener } from './control-listener.ts';
import type { Lifecycle } from './lifecycle.ts';
import { ListenerSet } from './listener-set.ts';

/** The same problem is told again after this long. */
const PROBLEM_AGAIN_MS = 60_000;
const PROBLEMS_MAX = 100;
const NONCE_BYTES = 24;

export type ControlHostOptions = {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listens: readonly ListenPlan[];
  /** The live configuration. */
  readonly generation: () => Generation;
  readonly answer: ControlAnswer;
  readonly onSessionEnd: (session: string) => void;
  /** Takes a line for the acctlog. */
  readonly account: (line: string) => void;
};

export type ControlHost = {
  readonly endpoints: ListenerSet;
  /** The live configuration is another one: open connections follow it. */
  readonly optionsChanged: () => void;
};

/** @throws ClusterError when an endpoint cannot be opened. */
export async function hostControl(
  lifecycle: Lifecycle,
  { clock, logger, listens, generation, answer, onSessionEnd, account }: ControlHostOptions,
): Promise<ControlHost> {
  const onProblem = problemTeller(clock, logger);
  const listener = new ControlListener({
    clock,
    idleMs: () => controlIdleMs(generation()),
    access: new ControlAccess({
      generation,
      readFile: diskAccessFiles(),
      nonce: () => randomBytes(NONCE_BYTES).toString('hex'),
    }),
    answer,
    afterReply: () => lifecycle.requestStop('console command'),
    onSessionEnd,
    onAccount: account,
    onProblem,
  });
  lifecycle.add('control listener', () => listener.close());
  const endpoints = new ListenerSet('Control_Listener', async ({ endpoint, instance, fileMode, backlog }) => {
    const control = endpoint.kind === 'tcp' ? { ...endpoint, user: undefined } : endpoint;
    const place = await listener.listen({ endpoint: control, instance, fileMode, backlog });
    if (isOpenToAll({ endpoint, instance }, generation())) {
      logger.warn('console.without_authentication', { listener: instance });
    }
    return { place, port: 0, close: () => listener.unlisten(place) };
  });
  await endpoints.start(listens);
  return { endpoints, optionsChanged: () => listener.optionsChanged() };
}

/** Whoever reaches the port may run every command. */
function isOpenToAll(
  { endpoint, instance }: Pick<ListenPlan, 'endpoint' | 'instance'>,
  generation: Generation,
): boolean {
  if (endpoint.kind === 'unix' || isLoopback(endpoint.host) || endpoint.host === 'localhost') return false;
  const policy = accessPolicy(generation, { via: 'tcp', listener: instance, address: '0.0.0.0' });
  return !policy.alwaysDeny && (policy.alwaysAllow || !policy.authentication);
}

/** A problem comes with every command that it hinders, and is told once in a while. */
function problemTeller(clock: Clock, logger: Logger): (text: string) => void {
  const toldAtMs = new Map<string, number>();
  return (text) => {
    const nowMs = clock.nowMs();
    if (nowMs - (toldAtMs.get(text) ?? Number.NEGATIVE_INFINITY) < PROBLEM_AGAIN_MS) return;
    if (toldAtMs.size >= PROBLEMS_MAX) toldAtMs.clear();
    toldAtMs.set(text, nowMs);
    logger.warn('console.access_problem', { problem: text });
  };
}
