/**
 * D4: what a member knows and wants follows from what it was given, not from when. Gives a second member the same inputs
 * on a clock that runs slower and began elsewhere: at each message and view it must have the same table.
 */

import type { MemberEffect, VipOrder } from '../../../../server/duravip/api.ts';
import type { Trace, Watcher } from '../watcher.ts';

const ORDERS: ReadonlySet<string> = new Set(['move', 'unpin', 'drain', 'undrain', 'announceView']);
const OTHER_RATE = 0.6;
const OTHER_START_MS = 123_456;

export function checkReplay(watcher: Watcher, trace: Trace): void {
  const fresh = trace.again();
  const first = trace.recorded[0]?.ownMs ?? 0;
  const wanted = new Set<string>();
  for (const { input, ownMs } of trace.recorded) {
    const nowMs = OTHER_START_MS + (ownMs - first) * OTHER_RATE;
    const effects = isOrder(input)
      ? fresh.order(input, { user: 'eccuser', broadcast: true }, nowMs).effects
      : fresh.step(input, nowMs);
    for (const effect of effects) apply(wanted, effect);
  }
  const { table } = trace.member;
  if (fresh.table.hash !== table.hash || fresh.table.epoch !== table.epoch)
    watcher.report('D4', `${trace.node} with the same inputs at other moments knows something else`);
  else if ([...wanted].sort().join() !== [...trace.wanted].sort().join())
    watcher.report('D4', `${trace.node} with the same inputs at other moments wants ${[...wanted].join()}`);
}

function apply(wanted: Set<string>, effect: MemberEffect): void {
  if (effect.type !== 'want') return;
  for (const address of effect.release) wanted.delete(address);
  for (const address of effect.acquire) wanted.add(address);
}

function isOrder(input: Trace['recorded'][number]['input']): input is VipOrder {
  return ORDERS.has(input.type);
}
