/** What the gateway keeps and remembers of durable logs: pauses of alerts, and how each lag went. */

import { LagHistoryKeeper } from './lag-history.ts';
import { type LogPauseParts, LogPauses } from './log-pauses.ts';
import type { Store } from './store-port.ts';

export type LogDesk = {
  readonly pauses: LogPauses;
  readonly lags: LagHistoryKeeper;
  /** Resolves once everything that is known is on disk. */
  readonly stop: () => Promise<void>;
};

export async function openLogDesk(
  parts: Omit<LogPauseParts, 'store'> & { readonly store: Store },
): Promise<LogDesk> {
  const pauses = await LogPauses.load({ ...parts, store: parts.store.logs });
  const lags = new LagHistoryKeeper(parts);
  return {
    pauses,
    lags,
    stop: async () => {
      lags.stop();
      await pauses.stop();
    },
  };
}
