/**
 * A host core with its adapter as a process in a namespace, for tests: inputs of the core as JSON lines on standard
 * input, everything that happens as JSON lines on standard output. Like a node, it acquires nothing after its addresses
 * were dropped until it is told so.
 */

import { createInterface } from 'node:readline';
import { GuardedAddresses } from '../../server/adapters/guarded-addresses.ts';
import { LinuxAddresses } from '../../server/adapters/linux-addresses.ts';
import { monotonicClock } from '../../server/adapters/monotonic-clock.ts';
import { drive } from '../../server/base/core.ts';
import type { HostEffect, HostFact, HostInput } from '../../server/duravip/api.ts';
import { VipHost } from '../../server/duravip/host.ts';
import type { HostRunArguments, HostRunRecord } from './host-process.ts';

const { vips, policy, patienceMs, user } = JSON.parse(process.argv[2] ?? '') as HostRunArguments;
if (user !== undefined) process.setuid?.(user);

const say = (record: HostRunRecord): void => {
  process.stdout.write(`${JSON.stringify(record)}\n`);
};

const clock = monotonicClock();
const onFact = (fact: HostFact): void => {
  if (fact.type === 'dropped') {
    say({ type: 'dropped', text: fact.text });
    sayGuard();
  }
  driver.give({ type: 'fact', fact });
};
const guarded = patienceMs === undefined ? undefined : new GuardedAddresses({ onFact, patienceMs });
const adapter = guarded ?? new LinuxAddresses({ onFact });
const host = new VipHost({ vips, policy, nowMs: clock.nowMs() });
const driver = drive<HostInput, HostEffect>(host, clock, (effect) => {
  if (effect.type === 'do') adapter.perform(effect.command);
  else say({ type: 'effect', effect });
});

function sayGuard(): void {
  if (guarded !== undefined) say({ type: 'guard', pid: guarded.guardPid });
}

createInterface({ input: process.stdin }).on('line', (line) => driver.give(JSON.parse(line) as HostInput));
process.once('SIGTERM', () => {
  driver.give({ type: 'stop' });
  void adapter.close().then(() => process.exit(0));
});
driver.give({ type: 'start' });
sayGuard();
say({ type: 'ready' });
