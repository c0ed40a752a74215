/** What a generation means for the log file service of a node. */

import type { Generation } from '../conf/generation.ts';
import type { LogServiceOptions } from '../logs/service-api.ts';
import { publishedLogs } from './logger-plan.ts';
import type { BusOptions } from './process-options.ts';

const CLUSTER = ['cluster'];

/** @param bus of the same generation, or of the last one that the bus could use. */
export function logServiceOptions(generation: Generation, bus: BusOptions): LogServiceOptions {
  const seconds = (option: string, standard: number): number =>
    (generation.getInteger(CLUSTER, option) ?? standard) * 1_000;
  return {
    keys: bus.server.secrets,
    activeMs: seconds('log_active_interval', 1),
    idleMs: seconds('log_idle_interval', 10),
    logs: publishedLogs(generation),
  };
}
