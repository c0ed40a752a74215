/** How a client of the benchmark sends: as much as its window allows, or evenly at a rate. */

import type { Meter } from './meter.ts';
import { sharedNowMs } from './meter.ts';
import { FLOOD_MAX_MS, type Sending } from './orders.ts';
import { tickEvery } from './pacer.ts';

/** What a client is to the measurement: a way to send, whatever the wiring. The payload is not changed afterwards. */
export type BenchClient = { readonly publish: (payload: Buffer) => void };

/** What one tick sends at most is due in this time: a sender that was not scheduled makes up for it bit by bit. */
const MADE_UP_MS = 1;

/** All messages of one turn carry the moment at which the turn began: later ones count as older than they are. */
function message(bytes: number): Buffer {
  const payload = Buffer.alloc(bytes);
  payload.writeDoubleLE(sharedNowMs(), 0);
  return payload;
}

/** Keeps the window full, a burst in each turn. @param done takes the number of messages. */
export function flood(
  { publish }: BenchClient,
  meter: Meter,
  { bytes, window, burst, forMs, atLeast }: Sending,
  done: (messages: number) => void,
): void {
  const startMs = sharedNowMs();
  let sent = 0;
  let due = false;
  const turn = (): void => {
    due = false;
    const payload = message(bytes);
    const sinceMs = payload.readDoubleLE(0) - startMs;
    if (sinceMs >= FLOOD_MAX_MS || (sinceMs >= forMs && sent >= atLeast)) {
      meter.onOwn = () => undefined;
      done(sent);
      return;
    }
    const count = Math.min(burst, window - (sent - meter.own));
    sent += count;
    for (let k = 0; k < count; k += 1) publish(payload);
    if (sent - meter.own < window) again();
  };
  const again = (): void => {
    if (due) return;
    due = true;
    setImmediate(turn);
  };
  meter.onOwn = again;
  turn();
}

export function pace(
  { publish }: BenchClient,
  { bytes, forMs, tickMs }: Sending,
  perSecond: number,
  done: (messages: number) => void,
): void {
  const everyMs = Math.max(tickMs, 1_000 / perSecond);
  const mostAtOnce = Math.ceil((Math.max(MADE_UP_MS, everyMs) / 1_000) * perSecond);
  let startMs: number | undefined;
  let sent = 0;
  const stop = tickEvery(everyMs, () => {
    const nowMs = sharedNowMs();
    startMs ??= nowMs;
    if (nowMs - startMs >= forMs) {
      stop();
      done(sent);
      return;
    }
    const due = Math.ceil(((nowMs - startMs) / 1_000) * perSecond) - sent;
    const count = Math.min(due, mostAtOnce);
    if (count <= 0) return;
    const payload = message(bytes);
    sent += count;
    for (let k = 0; k < count; k += 1) publish(payload);
  });
}
