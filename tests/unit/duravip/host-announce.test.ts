/** Whom a host tells of its addresses, and when (vip.md 4.6), and what it knows of neighbours (vip.md 4.3, ARPSHARE). */

import { expect, test } from 'vitest';
import { ANNOUNCE_AT_MS, HOSTS_PER_SECOND } from '../../../server/duravip/announcer.ts';
import type { Neighbour } from '../../../server/duravip/api.ts';
import { NEIGHBOURS_MAX, Neighbours } from '../../../server/duravip/neighbours.ts';
import { HostMachine, ip, vipOf } from './host-machine.ts';

const A = '10.0.0.1';
const B = '10.0.0.2';
const MAC = '02:00:00:00:00:07';

function started(machine: HostMachine): HostMachine {
  machine.give({ type: 'start' });
  return machine;
}

function neighbour(text: string, ageSeconds: number, mac = MAC): Neighbour {
  return { address: ip(text), mac, ageSeconds };
}

function neighboursOf(count: number, ageSeconds = 1): readonly Neighbour[] {
  return Array.from({ length: count }, (_, index) =>
    neighbour(`10.9.${index >> 8}.${index & 255}`, ageSeconds),
  );
}

test('[VIP-08] the network is told at once and at 0.1, 0.5, 2 and 30 s', () => {
  const machine = started(new HostMachine([vipOf(A)]));
  machine.want({ acquire: [A] });
  machine.run(120_000);
  expect(machine.announced.map(({ atMs }) => atMs)).toEqual([...ANNOUNCE_AT_MS]);
});

test('an address that left is told of no more; one that comes again is told of from the beginning', () => {
  const machine = started(new HostMachine([vipOf(A)]));
  machine.want({ acquire: [A] });
  machine.run(300);
  machine.want({ release: [A] });
  machine.run(10_000);
  expect(machine.announced).toHaveLength(2);
  machine.want({ acquire: [A] });
  machine.run(60_000);
  expect(machine.announced).toHaveLength(2 + ANNOUNCE_AT_MS.length);
});

test('what is held already is told of again when the member asks for it, as after a merge', () => {
  const machine = started(new HostMachine([vipOf(A), vipOf(B)]));
  machine.want({ acquire: [A] });
  machine.run(60_000);
  machine.announced.length = 0;
  machine.want({ announce: [A, B] });
  machine.run(60_000);
  expect(machine.announced.map(({ address }) => address)).toEqual(Array.from(ANNOUNCE_AT_MS, () => A));
});

test('[VIP-08] with arp_all_hosts every neighbour on the network is told, those last heard of first', () => {
  const machine = started(new HostMachine([vipOf(A), vipOf(B)]));
  machine.networks = ['10.0.0.0/8'];
  const heard = [
    neighbour('10.9.0.1', 500),
    neighbour('10.9.0.2', 3),
    neighbour('192.0.2.1', 1),
    neighbour(B, 1),
  ];
  machine.give({ type: 'neighboursHeard', entries: heard });
  machine.kernelNeighbours = [neighbour('10.9.0.3', 30)];
  machine.run(0);
  machine.give({ type: 'sayNeighbours' });
  machine.want({ acquire: [A] });
  machine.run(1_000);
  // Not on this network, or a floating address itself: not told.
  const told = machine.announced.flatMap(({ hosts }) => hosts);
  expect(told).toEqual(['10.9.0.2', '10.9.0.3', '10.9.0.1']);
});

test('[VIP-08] without arp_all_hosts only neighbours of the last minute are told one by one', () => {
  const machine = started(new HostMachine([vipOf(A)], { arpAllHosts: false }));
  machine.give({ type: 'neighboursHeard', entries: [neighbour('10.9.0.1', 61), neighbour('10.9.0.2', 59)] });
  machine.want({ acquire: [A] });
  machine.run(0);
  expect(machine.announced.flatMap(({ hosts }) => hosts)).toEqual(['10.9.0.2']);
});

test('no more neighbours are told in a second than 256 beside a burst, and no address waits for another', () => {
  const many = Array.from({ length: 20 }, (_, index) => `10.1.0.${index}`);
  const machine = started(new HostMachine(many.map((text) => vipOf(text))));
  machine.give({ type: 'neighboursHeard', entries: neighboursOf(1_000) });
  machine.want({ acquire: many });
  machine.run(5_000);
  const told = machine.announced.filter(({ hosts }) => hosts.length > 0);
  const frames = told.reduce((sum, { hosts }) => sum + hosts.length, 0);
  expect(frames).toBeGreaterThan(4 * HOSTS_PER_SECOND);
  expect(frames).toBeLessThanOrEqual(6 * HOSTS_PER_SECOND);
  const perAddress = many.map((text) => told.filter(({ address }) => address === text).length);
  expect(Math.max(...perAddress) - Math.min(...perAddress)).toBeLessThanOrEqual(1);
});

test('a hundred addresses that come at once are told to those heard last in the same moment', () => {
  const many = Array.from({ length: 100 }, (_, index) => `10.1.0.${index}`);
  const machine = started(new HostMachine(many.map((text) => vipOf(text))));
  machine.give({ type: 'neighboursHeard', entries: [neighbour('10.9.9.9', 0), ...neighboursOf(1, 60)] });
  machine.want({ acquire: many });
  machine.run(0);
  const told = machine.announced.filter(({ hosts }) => hosts.includes(ip('10.9.9.9')));
  expect(new Set(told.map(({ address }) => address)).size).toBe(100);
});

test('10,240 addresses are all told once within 5 s, repetitions wait', { timeout: 60_000 }, () => {
  const many = Array.from({ length: 10_240 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
  const machine = started(new HostMachine(many.map((text) => vipOf(text))));
  machine.want({ acquire: many });
  machine.run(5_000);
  expect(new Set(machine.announced.map(({ address }) => address)).size).toBe(10_240);
  machine.run(60_000);
  expect(machine.announced).toHaveLength(10_240 * ANNOUNCE_AT_MS.length);
});

test('that the network was told is said once for each time that an address comes up or is announced again', () => {
  const machine = started(new HostMachine([vipOf(A), vipOf(B)]));
  const tell = (...addresses: readonly string[]): void =>
    machine.give({ type: 'fact', fact: { type: 'announced', addresses: addresses.map(ip) } });
  machine.want({ acquire: [A] });
  machine.run(0);
  tell(A, B);
  tell(A);
  expect(machine.toldOf).toEqual([A]);
  machine.want({ announce: [A] });
  machine.run(0);
  tell(A);
  tell(A);
  expect(machine.toldOf).toEqual([A, A]);
  machine.want({ release: [A] });
  machine.run(0);
  tell(A);
  expect(machine.toldOf).toEqual([A, A]);
});

test('an announcement that fails is told with its text', () => {
  const machine = started(new HostMachine([vipOf(A)]));
  machine.give({ type: 'fact', fact: { type: 'notAnnounced', address: ip(A), text: 'no network' } });
  expect(machine.log).toEqual(['bad not announced: no network']);
});

test('neighbours are read at the start, each minute and after plumbing; only what is new is said', () => {
  const machine = new HostMachine([vipOf(A)]);
  machine.kernelNeighbours = [neighbour('10.9.0.1', 5)];
  started(machine);
  expect(machine.said).toEqual([neighbour('10.9.0.1', 5)]);
  machine.run(59_000);
  machine.kernelNeighbours = [neighbour('10.9.0.1', 1), neighbour('10.9.0.2', 1)];
  machine.run(1_500);
  expect(machine.said.slice(1)).toEqual([neighbour('10.9.0.2', 1)]);
  machine.kernelNeighbours = [neighbour('10.9.0.1', 1, '02:00:00:00:00:08')];
  machine.want({ acquire: [A] });
  machine.run(1_000);
  expect(machine.said.slice(2)).toEqual([neighbour('10.9.0.1', 1, '02:00:00:00:00:08')]);
  machine.said.length = 0;
  machine.give({ type: 'sayNeighbours' });
  expect(machine.said).toHaveLength(1);
});

test('a neighbour that is still there is said again every five minutes, so that others keep it', () => {
  const machine = new HostMachine([vipOf(A)]);
  machine.kernelNeighbours = [neighbour('10.9.0.1', 0)];
  started(machine);
  machine.run(20 * 60_000);
  expect(machine.said).toHaveLength(5);
});

test('[CMD-03] the table merges what all nodes know, newest word wins, and forgets what nobody confirms', () => {
  const table = new Neighbours();
  table.heard([neighbour('10.9.0.2', 40), neighbour('10.9.0.1', 4)], 100_000);
  table.heard([neighbour('10.9.0.2', 10, '02:00:00:00:00:09'), neighbour('10.9.0.1', 99)], 100_000);
  expect(table.table(101_000)).toEqual([
    neighbour('10.9.0.1', 5),
    neighbour('10.9.0.2', 11, '02:00:00:00:00:09'),
  ]);
  table.heard([], 100_000 + 16 * 60_000);
  expect(table.table(100_000 + 16 * 60_000)).toEqual([]);
});

test('entries that make no sense are left out, and there is a bound', () => {
  const table = new Neighbours();
  const odd = [neighbour('10.9.0.1', Number.NaN), neighbour('10.9.0.2', -1), neighbour('10.9.0.3', 1, '<b>')];
  table.heard(odd, 0);
  expect(table.table(0)).toEqual([]);
  for (let round = 0; round < 3; round += 1) {
    const entries = neighboursOf(4_000, round).map((one) => ({
      ...one,
      address: ip(one.address.replace('10.9', `10.${round}`)),
    }));
    table.heard(entries, 0);
  }
  expect(table.table(0)).toHaveLength(NEIGHBOURS_MAX);
  expect(table.newestFirst(0, 0)).toHaveLength(4_000);
});
