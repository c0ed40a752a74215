/** What a node tells its mail core of owners, and others of its mail. */

import { describe, expect, test } from 'vitest';
import { bindingOwners, sameOwners } from '../../../server/cluster/mail-owners.ts';
import { RATE_SPAN_MS, RateWatch } from '../../../server/cluster/mail-rates.ts';
import { parseMailq } from '../../../server/cluster/mail-words.ts';
import type { VipEntry } from '../../../server/duravip/api.ts';
import type { MailCounters } from '../../../server/mail/api.ts';
import { mailConsole } from '../../support/mail-console.ts';
import { corePlanOf } from '../../support/mail-plans.ts';
import { nodeNamed, vipEntry, vipTable } from '../../support/vip-tables.ts';

const TOPOLOGY = 'cluster { Topology "10.1.1.0/24" { interface = "eth1" } }';
const { bindings } = corePlanOf(
  TOPOLOGY,
  'Binding "v" { Bind_Address = "10.1.1.1" Enable_Duravip = true }',
  'Binding "w" { Bind_Address = "10.1.1.1" }',
  'Binding "plain" { Bind_Address = "10.2.2.2" }',
);
const owned = (part: Partial<VipEntry>): VipEntry => vipEntry('10.1.1.1', ['node1', 'node2'], part);

function ownerOf(
  entry: VipEntry | undefined,
  listeners: Record<string, string> = { node2: '10.0.0.2:4802' },
) {
  const owners = bindingOwners(
    bindings,
    entry === undefined ? [] : [entry],
    nodeNamed('node1'),
    (node) => listeners[node],
  );
  expect(owners.get('w')).toEqual(owners.get('v'));
  expect(owners.has('plain')).toBe(false);
  return owners.get('v');
}

describe('the owner of a floating binding', () => {
  test.each([
    ['is this node once the address is up', owned({ owner: nodeNamed('node1') }), { at: 'here' }],
    ['is nobody while it comes', owned({ owner: nodeNamed('node1'), state: 'coming' }), { at: 'nowhere' }],
    ['is nobody while it moves', owned({ owner: nodeNamed('node1'), phase: 'moving' }), { at: 'nowhere' }],
    ['is nobody while it is broken', owned({ phase: 'broken', owner: undefined }), { at: 'nowhere' }],
    ['is nobody without an entry', undefined, { at: 'nowhere' }],
    [
      'is another node, at its cluster listener',
      owned({ owner: nodeNamed('node2') }),
      { at: 'node', node: 'node2', listener: '10.0.0.2:4802' },
    ],
    ['is nobody whose listener is not known', owned({ owner: nodeNamed('node3') }), { at: 'nowhere' }],
  ])('%s', (_title, entry, owner) => {
    expect(ownerOf(entry)).toEqual(owner);
  });

  test('is told again only when it changed', () => {
    const all = (listener: string) =>
      bindingOwners(bindings, [owned({ owner: nodeNamed('node2') })], nodeNamed('node1'), () => listener);
    expect(sameOwners(all('a:1'), all('a:1'))).toBe(true);
    expect(sameOwners(all('a:1'), all('b:1'))).toBe(false);
    expect(sameOwners(all('a:1'), new Map())).toBe(false);
  });
});

test('owners that change again and again are looked at together', () => {
  const { mail } = mailConsole(`${TOPOLOGY} Binding "v" { Bind_Address = "10.1.1.1" Enable_Duravip = true }`);
  const looks: string[] = [];
  const follow = (epoch: string, nowMs: number): void => {
    const table = vipTable([owned({ owner: nodeNamed('node2') })], [], { epoch });
    const entries = (): readonly VipEntry[] => {
      looks.push(epoch);
      return table.entries();
    };
    mail.follow({ ...table, entries }, () => 'a:1', 0, nowMs);
  };
  follow('1', 6_000);
  follow('1', 6_001);
  expect([looks, mail.deadlineMs]).toEqual([['1'], undefined]);
  follow('2', 6_010);
  follow('3', 6_020);
  expect([looks, mail.deadlineMs]).toEqual([['1'], 6_050]);
  follow('3', 6_050);
  expect([looks, mail.deadlineMs]).toEqual([['1', '3'], undefined]);
  follow('4', 6_060);
  follow('3', 6_070);
  expect(mail.deadlineMs).toBeUndefined();
});

describe('rates', () => {
  const counters = (receptions: number): MailCounters => ({
    receptions,
    deliveries: receptions / 2,
    transients: 0,
    failures: 0,
    rejections: 0,
    moved: 0,
    inbound: 0,
    outbound: 0,
    active: 0,
    delayed: 0,
    domains: 0,
  });

  test('are unknown at first, then of the last seconds only', () => {
    const watch = new RateWatch();
    expect(watch.rates(counters(0), 0).receptionRate).toBeNull();
    expect(watch.rates(counters(10), 500).receptionRate).toBeNull();
    expect(watch.rates(counters(20), 1_000)).toEqual({
      receptionRate: 20,
      deliveryRate: 10,
      rejectionRate: 0,
    });
    for (let ms = 2_000; ms <= 2_000 + 2 * RATE_SPAN_MS; ms += 1_000) watch.rates(counters(20), ms);
    expect(watch.rates(counters(20), 30_000).receptionRate).toBe(0);
  });

  test('are never below 0, and forget what was before a reset', () => {
    const watch = new RateWatch();
    watch.rates(counters(100), 0);
    expect(watch.rates(counters(0), 2_000).receptionRate).toBe(0);
    watch.reset();
    expect(watch.rates(counters(5), 3_000).receptionRate).toBeNull();
  });
});

test('the words of mailq', () => {
  expect(parseMailq([])).toEqual({ domains: new Set(), bindings: new Set(), limit: 20 });
  expect(parseMailq(['-d', 'A.example', 'b.example', '--binding', 'X', '--limit=5'])).toEqual({
    domains: new Set(['a.example', 'b.example']),
    bindings: new Set(['X']),
    limit: 5,
  });
  for (const wrong of ['-d', '-l x', '-l 1 2', 'word', '-z 1', '-d -b x', '--limit=']) {
    expect(parseMailq(wrong.split(' ')), wrong).toBeUndefined();
  }
});

test('a node without mail has no core until a configuration asks for one, and keeps it then', () => {
  const { mail } = mailConsole('');
  expect([mail.core, mail.status(0), mail.deadlineMs, mail.ending]).toEqual([
    undefined,
    undefined,
    undefined,
    false,
  ]);
  const runs = mailConsole('Binding "b" { }').mail;
  expect(mail.step({ type: 'configured', plan: runs.plan }, 10)).toEqual([]);
  expect(mail.core).toBeDefined();
  mail.step({ type: 'configured', plan: { ...runs.plan, runs: false } }, 20);
  expect(mail.core).toBeDefined();
});
