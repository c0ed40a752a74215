/** The guard as a program: the channel to its daemon, and an end only with it. */

import { setPriority } from 'node:os';
import { VipGuard } from '../adapters/vip-guard.ts';
import type { GuardOrder, GuardWord } from '../adapters/vip-guard-words.ts';

const GUARD_PRIORITY = -10;

/**
 * @param args the patience in milliseconds
 * @returns why it cannot run; undefined when it does
 */
export function startGuard(args: readonly string[]): string | undefined {
  const patienceMs = Number(args[0]);
  if (process.send === undefined || !Number.isFinite(patienceMs) || patienceMs <= 0)
    return 'The guard of addresses is started by ecnode, with its patience in milliseconds.';
  // Whoever ends the daemon by its group means the daemon; the guard ends when that has ended.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE'] as const)
    process.on(signal, () => undefined);
  try {
    // It refreshes leases: on a busy machine addresses would be lost otherwise.
    setPriority(GUARD_PRIORITY);
  } catch {
    // Without the right to it, it is as patient as everybody.
  }
  const guard = new VipGuard(patienceMs, {
    say: (word: GuardWord) => {
      // A daemon that is gone hears nothing.
      if (process.connected) process.send?.(word, () => undefined);
    },
    end: (code) => process.exit(code),
  });
  process.on('message', (order) => guard.take(order as GuardOrder));
  process.on('disconnect', () => void guard.end());
  return undefined;
}
