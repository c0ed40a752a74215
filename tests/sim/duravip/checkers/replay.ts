/**
 * D4: what a member knows and wants follows from what it was given, not from when. Gives a second member the same inputs
 * on a clock that runs slower and began elsewhere: at each message and view it must have the same table, and in the end it
 * must want the same. Only which of its moving addresses it let go of first is a matter of its pace.
 */

import type { MemberEffect, VipOrder, VipTable } from '../../../../server/duravip/api.ts';
import { endingOf, type Trace, type Watcher } from '../watcher.ts';

const ORDERS: ReadonlySet<string> = new Set(['move', 'unpin', 'drain', 'undrain', 'announceView']);
const OTHER_RATE = 0.6;
const OTHER_START_MS = 123_456;

export function checkReplay(watcher: Watcher, trace: Trace): void {
  const fresh = trace.again();
  const first = trace.recorded[0]?.ownMs ?? 0;
  const wanted = new Set<string>();
  // A stop ends at a moment of the clock, whatever was handed over by then.
  const { inputs, hash, epoch, wanted: wantedThen } = trace.stopped ?? endingOf(trace);
  for (const { input, ownMs } of trace.recorded.slice(0, inputs)) {
    const nowMs = OTHER_START_MS + (ownMs - first) * OTHER_RATE;
    const effects = isOrder(input)
      ? fresh.order(input, { user: 'eccuser', broadcast: true }, nowMs).effects
      : fresh.step(input, nowMs);
    for (const effect of effects) apply(wanted, effect);
  }
  const { table } = fresh;
  if ((hash !== undefined && table.hash !== hash) || table.epoch !== epoch)
    watcher.report('D4', `${trace.node} with the same inputs at other moments knows something else`);
  else if (withoutMoving(wanted, fresh.table) !== withoutMoving(wantedThen, fresh.table))
    watcher.report('D4', `${trace.node} with the same inputs at other moments wants ${[...wanted].join()}`);
}

function apply(wanted: Set<string>, effect: MemberEffect): void {
  if (effect.type !== 'want') return;
  for (const address of effect.release) wanted.delete(address);
  for (const address of effect.acquire) wanted.add(address);
}

function withoutMoving(wanted: Iterable<string>, table: VipTable): string {
  const moving = new Set<string>(
    table.entries().flatMap(({ phase, address }) => (phase === 'moving' ? [address] : [])),
  );
  return [...wanted]
    .filter((address) => !moving.has(address))
    .sort()
    .join();
}

function isOrder(input: Trace['recorded'][number]['input']): input is VipOrder {
  return ORDERS.has(input.type);
}
