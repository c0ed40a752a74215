/** The host core against a modelled machine: what is wanted comes and goes, and is watched (vip.md 4.4, 4.7). */

import { expect, test } from 'vitest';
import { HostMachine, ip, vipOf } from './host-machine.ts';

const A = '10.0.0.1';
const B = '10.0.0.2';
const SIX = 'fd00::1';

function started(machine: HostMachine): HostMachine {
  machine.give({ type: 'start' });
  return machine;
}

test('[VIP-05] an address that is wanted is plumbed, then served, then reported; and gone again in the other order', () => {
  const machine = started(new HostMachine([vipOf(A), vipOf(SIX)], { hook: ['/bin/follow'] }));
  machine.want({ acquire: [A] });
  expect(machine.log).toEqual([`add ${A}`, `service run ${A}`, `hook acquire ${A}`, `up ${A}`]);
  machine.want({ acquire: [SIX] });
  machine.log.length = 0;
  const hooks = machine.openHooks.length;
  machine.want({ release: [A] });
  expect(machine.log).toEqual([`service stop ${A}`, `hook release ${A}`]);
  const id = machine.openHooks[hooks] ?? 0;
  machine.give({ type: 'fact', fact: { type: 'hooked', id, problem: undefined } });
  expect(machine.log.slice(2)).toEqual([`remove ${A}`, `down ${A}`]);
  expect([...machine.placed.keys()]).toEqual([`${SIX}/128 eth0`]);
  expect(machine.host.held).toBe(1);
});

test('[VIP-06] an address is added to the interface and with the bits that its Topology names', () => {
  const machine = started(new HostMachine([vipOf(A, { interface: 'eth1', prefix: 24 }), vipOf(B)]));
  machine.interfaces.set('eth1', { up: true });
  machine.give({ type: 'fact', fact: { type: 'linkChanged' } });
  machine.run(100);
  machine.want({ acquire: [A, B] });
  expect([...machine.placed.keys()]).toEqual([`${A}/24 eth1`, `${B}/32 eth0`]);
});

test('a hook that does not end holds an address for 2 s at most', () => {
  const machine = started(new HostMachine([vipOf(A)], { hook: ['/bin/follow'] }));
  machine.want({ acquire: [A] });
  machine.want({ release: [A] });
  machine.run(1_990);
  expect(machine.has(A)).toBe(true);
  machine.run(20);
  expect(machine.has(A)).toBe(false);
  expect(machine.lastReport(A)).toBe('down');
});

test('an address that is taken back while its hook runs stays and is served again', () => {
  const machine = started(new HostMachine([vipOf(A)], { hook: ['/bin/follow'] }));
  machine.want({ acquire: [A] });
  machine.want({ release: [A] });
  machine.want({ acquire: [A] });
  machine.run(5_000);
  expect(machine.log.filter((line) => line.startsWith('service'))).toEqual([
    `service run ${A}`,
    `service stop ${A}`,
    `service run ${A}`,
  ]);
  expect(machine.log).not.toContain(`remove ${A}`);
  expect(machine.lastReport(A)).toBe('up');
});

test('a problem of a hook is told with its text and stops nothing', () => {
  const machine = started(new HostMachine([vipOf(A)], { hook: ['/bin/follow'] }));
  machine.want({ acquire: [A] });
  const [id = 0] = machine.openHooks;
  machine.give({ type: 'fact', fact: { type: 'hooked', id, problem: 'exit code 3: no such service' } });
  expect(machine.log).toContain('bad hook acquire: exit code 3: no such service');
  expect(machine.lastReport(A)).toBe('up');
});

test('[VIP-28] what is found at the start goes before anything is added, even what is wanted', () => {
  const leftovers = [
    { address: ip(A), prefix: 32, interface: 'eth0' },
    { address: ip(B), prefix: 24, interface: 'eth0' },
    { address: ip('10.0.0.99'), prefix: 24, interface: 'eth0' },
  ];
  const machine = new HostMachine([vipOf(A), vipOf(B)], {}, leftovers);
  machine.slow = true;
  started(machine);
  machine.want({ acquire: [A] });
  expect(machine.commands.filter(({ type }) => type === 'change')).toEqual([]);
  machine.answer();
  expect(machine.log.slice(0, 3)).toEqual([`remove ${A}`, `remove ${B}`, `add ${A}`]);
  expect(machine.has('10.0.0.99')).toBe(true);
  expect(machine.log).not.toContain(`service run ${B}`);
});

test('what is refused here is never touched: it may be the own address of the host', () => {
  const own = vipOf(A, { refused: 'it is the own address of this host', interface: undefined });
  const machine = new HostMachine([own], {}, [{ address: ip(A), prefix: 24, interface: 'eth0' }]);
  started(machine);
  machine.want({ acquire: [A] });
  machine.run(60_000);
  expect(machine.has(A)).toBe(true);
  expect(machine.lastReport(A)).toBe('failed: it is the own address of this host');
  machine.want({ release: [A] });
  expect(machine.lastReport(A)).toBe('down');
  expect(machine.has(A)).toBe(true);
});

test('an address that cannot be added is tried three times, then given up with the words of the system', () => {
  const machine = started(new HostMachine([vipOf(A)]));
  machine.refusals.set(ip(A), 'RTNETLINK answers: Operation not permitted');
  machine.want({ acquire: [A] });
  machine.run(60_000);
  expect(machine.commands.filter((one) => one.type === 'change' && one.add.length > 0)).toHaveLength(3);
  expect(machine.reports).toEqual([
    { address: A, state: 'failed', text: 'RTNETLINK answers: Operation not permitted' },
  ]);
  machine.refusals.clear();
  machine.want({ release: [A] });
  expect(machine.lastReport(A)).toBe('down');
  machine.want({ acquire: [A] });
  expect(machine.lastReport(A)).toBe('up');
});

test('without ip the address is given up with the text, and had as soon as there is one', () => {
  const machine = new HostMachine([vipOf(A)]);
  machine.broken = 'there is no program ip';
  started(machine);
  machine.want({ acquire: [A] });
  machine.run(10_000);
  expect(machine.lastReport(A)).toBe('failed: there is no program ip');
  expect(machine.log.filter((line) => line.includes('no program'))).toHaveLength(2);
  machine.broken = undefined;
  machine.run(1_100);
  machine.want({ release: [A] });
  machine.want({ acquire: [A] });
  expect(machine.lastReport(A)).toBe('up');
});

test.each([
  [
    'goes down',
    'interface eth0 is down',
    (machine: HostMachine) => machine.interfaces.set('eth0', { up: false }),
  ],
  ['is gone', 'there is no interface eth0', (machine: HostMachine) => machine.interfaces.delete('eth0')],
])('when its interface %s, an address is given up at once', (_name, text, break_) => {
  const machine = started(new HostMachine([vipOf(A)]));
  machine.want({ acquire: [A] });
  machine.run(100);
  break_(machine);
  machine.give({ type: 'fact', fact: { type: 'linkChanged' } });
  machine.run(0);
  expect(machine.lastReport(A)).toBe(`failed: ${text}`);
  expect(machine.has(A)).toBe(false);
  expect(machine.log.indexOf(`service stop ${A}`)).toBeLessThan(machine.log.indexOf(`failed ${A}`));
});

test('[VIP-11] once its interface has been up for if_down_limit, an address that failed for it is said to be well, once', () => {
  const machine = started(new HostMachine([vipOf(A), vipOf(B)], { ifDownLimitMs: 4_000 }));
  machine.want({ acquire: [A] });
  machine.run(100);
  const link = (up: boolean): void => {
    machine.interfaces.set('eth0', { up });
    machine.give({ type: 'fact', fact: { type: 'linkChanged' } });
    machine.run(200);
  };
  link(false);
  machine.want({ release: [A] });
  link(false);
  expect(machine.reports.filter(({ state }) => state === 'well')).toEqual([]);
  link(true);
  machine.run(3_500);
  // It flaps.
  link(false);
  link(true);
  machine.run(3_500);
  expect(machine.reports.filter(({ state }) => state === 'well')).toEqual([]);
  machine.run(1_500);
  link(true);
  expect(machine.reports.filter(({ state }) => state === 'well')).toEqual([{ address: A, state: 'well' }]);
});

test('[VIP-10] every if_check_interval the addresses are compared with what is wanted', () => {
  const machine = started(new HostMachine([vipOf(A), vipOf(B)], { ifCheckMs: 7_000 }));
  machine.run(30_000);
  expect(machine.surveysAtMs).toEqual([0, 7_000, 14_000, 21_000, 28_000]);
});

test('[VIP-10] an address that is up and not wanted is removed at once', () => {
  const machine = started(new HostMachine([vipOf(A), vipOf(B)]));
  machine.run(1_000);
  machine.place({ address: ip(B), prefix: 32, interface: 'eth0' });
  machine.give({ type: 'fact', fact: { type: 'linkChanged' } });
  machine.run(0);
  expect(machine.has(B)).toBe(false);
  expect(machine.lastReport(B)).toBeUndefined();
});

test('[VIP-11] an address gone without our doing is added again only after if_down_limit, looked at each second', () => {
  const machine = started(new HostMachine([vipOf(A)]));
  machine.want({ acquire: [A] });
  machine.run(1_000);
  machine.takeAway(ip(A));
  const sinceMs = machine.nowMs;
  machine.surveysAtMs.length = 0;
  machine.give({ type: 'fact', fact: { type: 'linkChanged' } });
  expect(machine.lastReport(A)).toBe('down');
  machine.run(3_900);
  expect(machine.has(A)).toBe(false);
  machine.run(200);
  expect(machine.has(A)).toBe(true);
  expect(machine.surveysAtMs.map((atMs) => atMs - sinceMs)).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
  expect(machine.lastReport(A)).toBe('up');
  expect(machine.log.filter((line) => line.startsWith('service'))).toEqual([`service run ${A}`]);
  expect(machine.announced.filter(({ atMs }) => atMs === sinceMs + 4_000)).toHaveLength(1);
});

test('[VIP-11] an address that comes back by itself within if_down_limit is taken as it is', () => {
  const machine = started(new HostMachine([vipOf(A)]));
  machine.want({ acquire: [A] });
  machine.run(1_000);
  machine.takeAway(ip(A));
  machine.give({ type: 'fact', fact: { type: 'linkChanged' } });
  machine.place({ address: ip(A), prefix: 32, interface: 'eth0' });
  machine.run(1_000);
  expect(machine.lastReport(A)).toBe('up');
});

test('[VIP-34] a redefined address leaves its old place and comes up at the new one', () => {
  const machine = started(new HostMachine([vipOf(A)]));
  machine.interfaces.set('eth1', { up: true });
  machine.want({ acquire: [A] });
  machine.run(1_000);
  machine.give({ type: 'vipsChanged', vips: [vipOf(A, { interface: 'eth1', prefix: 24 })] });
  machine.run(1_000);
  expect([...machine.placed.keys()]).toEqual([`${A}/24 eth1`]);
  expect(machine.log.slice(-5)).toEqual([
    `service stop ${A}`,
    `remove ${A}`,
    `add ${A}`,
    `service run ${A}`,
    `up ${A}`,
  ]);
});

test('[VIP-34] an address that is configured no more goes, and is forgotten', () => {
  const machine = started(new HostMachine([vipOf(A), vipOf(B)]));
  machine.want({ acquire: [A, B] });
  machine.give({ type: 'vipsChanged', vips: [vipOf(B)] });
  expect(machine.has(A)).toBe(false);
  expect(machine.lastReport(A)).toBe('down');
  expect(machine.lastReport(B)).toBe('up');
  machine.want({ acquire: [A] });
  expect(machine.lastReport(A)).toBe('failed: it is not configured on this host');
  machine.want({ release: [A] });
  expect(machine.lastReport(A)).toBe('down');
});

test('[VIP-34] an address that is managed from now on and was there already is taken down first', () => {
  const machine = started(
    new HostMachine([vipOf(B)], {}, [{ address: ip(A), prefix: 24, interface: 'eth0' }]),
  );
  machine.run(1_000);
  machine.give({ type: 'vipsChanged', vips: [vipOf(A), vipOf(B)] });
  machine.run(100);
  expect(machine.has(A)).toBe(false);
});

test('down is only said once the address is really gone', () => {
  const machine = started(new HostMachine([vipOf(A)]));
  machine.want({ acquire: [A] });
  machine.stuck.add(ip(A));
  machine.want({ release: [A] });
  machine.run(20_000);
  expect(machine.lastReport(A)).toBe('up');
  expect(machine.log.filter((line) => line.startsWith('bad'))).toEqual([
    'bad cannot be removed: Device busy',
  ]);
  machine.stuck.clear();
  machine.run(2_100);
  expect(machine.lastReport(A)).toBe('down');
});

test('an address that is released while it is added goes as soon as it is there, and never serves', () => {
  const machine = started(new HostMachine([vipOf(A)]));
  machine.slow = true;
  machine.want({ acquire: [A] });
  machine.want({ release: [A] });
  expect(machine.reports).toEqual([]);
  machine.answer();
  expect(machine.has(A)).toBe(false);
  expect(machine.log).toEqual([`add ${A}`, `remove ${A}`, `down ${A}`]);
});

test('a survey that waited long for its turn puts the next one off by a second at most', () => {
  const machine = started(new HostMachine([vipOf(A)]));
  machine.want({ acquire: [A] });
  machine.slow = true;
  machine.give({ type: 'fact', fact: { type: 'linkChanged' } });
  machine.run(9_000);
  machine.answer();
  machine.slow = false;
  machine.surveysAtMs.length = 0;
  const sinceMs = machine.nowMs;
  machine.give({ type: 'fact', fact: { type: 'linkChanged' } });
  machine.run(1_500);
  expect(machine.surveysAtMs.map((atMs) => atMs - sinceMs)).toEqual([1_000]);
});

test('a survey that was asked before a change says nothing about it', () => {
  const machine = started(new HostMachine([vipOf(A)]));
  machine.run(1_000);
  machine.slow = true;
  machine.give({ type: 'fact', fact: { type: 'linkChanged' } });
  machine.want({ acquire: [A] });
  const survey = machine.commands.findLast(({ type }) => type === 'survey');
  const change = machine.commands.findLast(({ type }) => type === 'change');
  if (survey?.type !== 'survey' || change?.type !== 'change') throw new Error('not asked');
  machine.slow = false;
  machine.give({ type: 'fact', fact: { type: 'changed', id: change.id, failed: [] } });
  machine.give({
    type: 'fact',
    fact: {
      type: 'surveyed',
      id: survey.id,
      addresses: [],
      interfaces: [{ name: 'eth0', up: true, networks: [] }],
    },
  });
  expect(machine.lastReport(A)).toBe('up');
});

test('when the guard let go, everything is down and nothing is wanted until it is said again', () => {
  const machine = started(new HostMachine([vipOf(A), vipOf(B)]));
  machine.want({ acquire: [A, B] });
  for (const address of [A, B]) machine.takeAway(ip(address));
  machine.give({ type: 'fact', fact: { type: 'dropped', text: 'no word from the daemon for 420 ms' } });
  machine.run(10_000);
  expect([machine.lastReport(A), machine.lastReport(B)]).toEqual(['down', 'down']);
  expect(machine.placed.size).toBe(0);
  machine.want({ release: [A, B] });
  machine.want({ acquire: [B] });
  expect(machine.lastReport(B)).toBe('up');
});

test('a stop takes everything down without waiting for hooks, and nothing comes up any more', () => {
  const machine = started(new HostMachine([vipOf(A), vipOf(B)], { hook: ['/bin/follow'] }));
  machine.want({ acquire: [A, B] });
  machine.give({ type: 'stop' });
  expect(machine.placed.size).toBe(0);
  expect(machine.host.held).toBe(0);
  machine.want({ acquire: [A] });
  machine.run(60_000);
  expect(machine.placed.size).toBe(0);
});

test('10,240 addresses come in batches of 256 and go at once', { timeout: 60_000 }, () => {
  const many = Array.from({ length: 10_240 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
  const machine = started(new HostMachine(many.map((text) => vipOf(text))));
  machine.want({ acquire: many });
  const changes = machine.commands.filter((one) => one.type === 'change');
  expect(changes).toHaveLength(40);
  expect(machine.placed.size).toBe(10_240);
  expect(machine.reports.filter(({ state }) => state === 'up')).toHaveLength(10_240);
  machine.want({ release: many });
  expect(machine.placed.size).toBe(0);
  expect(machine.host.held).toBe(0);
});
