/** Rows of replicated objects in the observer: rates, ages, who is gone, how often rows change, and what nobody can flood. */

import { beforeEach, describe, expect, test } from 'vitest';
import { LiveTables } from '../../../server/cluster/live-tables.ts';
import { decodeMessage, encodeMessage } from '../../../server/cluster/messages.ts';
import { skewSpanMs } from '../../../server/cluster/object-skew.ts';
import { type ObjectTold, toldObject } from '../../../server/cluster/objects-message.ts';
import {
  OBJECT_FIGURES_EVERY_MS,
  OBJECT_GATHER_MS,
  ObserverObjects,
} from '../../../server/cluster/observer-objects.ts';
import { WallClock } from '../../../server/cluster/wall-clock.ts';
import type { NodeName, PrivateName } from '../../../server/model/names.ts';
import type { SharedObjectPlan } from '../../../server/replication/api.ts';
import { objectVerdict } from '../../../server/wire/object-verdict.ts';
import { OBJECTS_SHOWN_MAX, objectRow } from '../../../server/wire/objects.ts';

const EPOCH_MS = 1_700_000_000_000;
const SPAN_MS = skewSpanMs(1_000);

const told = (name: string, change: Partial<ObjectTold> = {}): ObjectTold => ({
  name,
  type: name,
  kind: 'cidrtree',
  snapshots: true,
  parameters: [],
  bindingGroup: null,
  maxDelayMs: 1_000,
  maxPending: 100,
  maxSize: null,
  entries: 3,
  total: 100,
  own: { entries: 1, total: 30 },
  pending: 2,
  oldestPendingMs: 400,
  sentKeys: 0,
  receivedKeys: 0,
  sentBytes: 0,
  receivedBytes: 0,
  hits: null,
  misses: null,
  owners: [],
  ...change,
});

let tables: LiveTables;
let objects: ObserverObjects;
let nowMs: number;
let tellings: number;
beforeEach(() => {
  tables = new LiveTables();
  objects = new ObserverObjects({ tables, wall: new WallClock({ wallMs: EPOCH_MS, nowMs: 0 }) });
  nowMs = 0;
  tellings = 0;
});

const nameOf = (node: string) => `#ec1-00001#${node}` as PrivateName;

function tell(node: string, some: readonly ObjectTold[], upMs = nowMs): void {
  tellings += 1;
  const privateName = nameOf(node);
  const part = { privateName, upMs, telling: tellings, part: 0, parts: 1, objects: [...some] };
  objects.onObjects({ name: privateName }, part, nowMs);
}

/** Time passes, and everything falls due that falls due meanwhile. */
function pass(ms: number): void {
  const untilMs = nowMs + ms;
  for (let dueMs = objects.deadlineMs; dueMs !== undefined && dueMs <= untilMs; dueMs = objects.deadlineMs) {
    nowMs = dueMs;
    objects.onDeadline(nowMs);
  }
  nowMs = untilMs;
}

const row = (object: string) => tables.get('objects', object);
const at = (object: string, node: string) => row(object)?.nodes.find((one) => one.node === node);

describe('rows of objects', () => {
  test('hold what each node says, by name, with the moments of the gateway', () => {
    nowMs = 10_000;
    tell('b', [told('inbound_cidr')]);
    tell('a', [told('inbound_cidr', { total: 90 })]);
    pass(OBJECT_GATHER_MS);
    expect(objectRow.parse(row('inbound_cidr'))).toEqual(row('inbound_cidr'));
    expect(row('inbound_cidr')).toMatchObject({ kind: 'cidrtree', snapshots: true, omitted: 0 });
    expect(row('inbound_cidr')?.nodes).toMatchObject([
      { node: 'a', total: 90, privateName: '#ec1-00001#a', rates: null, toldMs: EPOCH_MS + 10_000 },
      { node: 'b', total: 100 },
    ]);
  });

  test('have rates by the uptime of the sender, and none over a restart', () => {
    tell('a', [told('x', { sentKeys: 100, sentBytes: 4_000 })], 50_000);
    nowMs = 7_000;
    tell('a', [told('x', { sentKeys: 300, sentBytes: 5_000, receivedKeys: 4 })], 52_000);
    pass(OBJECT_GATHER_MS);
    const rates = { sentKeysPerS: 100, receivedKeysPerS: 2, sentBytesPerS: 500, receivedBytesPerS: 0 };
    expect(at('x', 'a')?.rates).toEqual(rates);
    tell('a', [told('x')], 300);
    pass(1_000);
    expect(at('x', 'a')?.rates).toBeNull();
  });

  test('keep the last words of a node that left, until its member row goes', () => {
    tell('a', [told('x')]);
    tell('b', [told('x')]);
    pass(60_000);
    expect(at('x', 'b')?.toldMs).toBe(EPOCH_MS);
    objects.keepOnly(new Set(['a']), nowMs);
    pass(1_000);
    expect(row('x')?.nodes.map(({ node }) => node)).toEqual(['a']);
    objects.keepOnly(new Set(), nowMs);
    expect(tables.keys('objects')).toEqual([]);
  });

  test('go with what the configuration replicates no more', () => {
    tell('a', [told('x'), told('y')]);
    tell('b', [told('x')]);
    pass(1_000);
    expect(tables.keys('objects')).toEqual(['x', 'y']);
    tell('a', [told('x')]);
    tell('b', []);
    pass(1_000);
    expect(tables.keys('objects')).toEqual(['x']);
    expect(row('x')?.nodes.map(({ node }) => node)).toEqual(['a']);
  });

  test('change at once for what matters, and at a pace for figures that are many', () => {
    const owners = (divergedAgoMs: number | null) =>
      Array.from({ length: 200 }, (_, index) => ({
        node: `n${index}`,
        entries: 1,
        heardAgoMs: 1,
        awaiting: false,
        divergedAgoMs: index === 0 ? divergedAgoMs : null,
      }));
    tell('a', [told('x', { owners: owners(null) })]);
    pass(OBJECT_GATHER_MS);
    tell('a', [told('x', { total: 101, owners: owners(null) })]);
    pass(OBJECT_FIGURES_EVERY_MS);
    expect(at('x', 'a')?.total).toBe(100);
    pass(OBJECT_FIGURES_EVERY_MS);
    expect(at('x', 'a')?.total).toBe(101);
    tell('a', [told('x', { total: 102, owners: owners(1) })]);
    pass(OBJECT_GATHER_MS);
    expect(at('x', 'a')).toMatchObject({ total: 102, owners: expect.arrayContaining([expect.anything()]) });
  });

  test('are bounded, whatever members say', () => {
    const many = (prefix: string) =>
      Array.from({ length: OBJECTS_SHOWN_MAX }, (_, index) => told(`${prefix}${index}`));
    tell('a', many('x'));
    tell('b', many('y'));
    pass(1_000);
    expect(tables.keys('objects')).toHaveLength(OBJECTS_SHOWN_MAX);
    tell('a', [told('x0', { total: 1 }), told('x0', { total: 2 })]);
    pass(1_000);
    expect(at('x0', 'a')?.total).toBe(1);
  });

  test('of hostile names are names like others', () => {
    for (const name of ['__proto__', 'constructor', '<img src=x onerror=alert(1)>', '\u202egnp.exe']) {
      tell('a', [told(name)]);
      pass(1_000);
      expect(row(name)?.id).toBe(name);
      expect(Object.keys(tables.model().objects)).toEqual([name]);
    }
  });
});

describe('totals that lie apart', () => {
  /** Each second all nodes tell; a change of one is heard by others a second later. */
  function flow(seconds: number, totalOf: (node: string, second: number) => number): void {
    for (let second = 0; second < seconds; second += 1) {
      for (const node of ['a', 'b', 'c']) tell(node, [told('x', { total: totalOf(node, second) })]);
      pass(1_000);
    }
  }
  const presence = () => 'heard' as const;
  const verdict = () => {
    const found = row('x');
    return found && objectVerdict(found, { nowMs: EPOCH_MS + nowMs, presence });
  };

  test('[RO-1] are found on the node that differs, since it differs, and forgotten once it does not', () => {
    flow(10, () => 100);
    const brokenMs = nowMs;
    flow(SPAN_MS / 1_000 + 3, (node) => (node === 'c' ? 60 : 100));
    expect(verdict()).toMatchObject({ kind: 'diverged', diverged: ['c'] });
    expect(Math.abs((at('x', 'c')?.skewSinceMs ?? 0) - EPOCH_MS - brokenMs)).toBeLessThanOrEqual(2_000);
    flow(2, () => 100);
    expect(verdict()).toMatchObject({ kind: 'identical', sinceMs: null });
  });

  test('[RO-3] are traffic where one hears of it later than another, however fast it grows and falls', () => {
    const wave = (second: number) => 100 + 900 * Math.abs((second % 16) - 8);
    const late = { a: 0, b: 1, c: 2 };
    for (let second = 2; second < 60; second += 1) {
      flow(1, (node) => wave(second - late[node as 'a' | 'b' | 'c']));
      expect(verdict()?.kind).not.toBe('diverged');
    }
  });

  test('[RO-3] below the threshold never alarm', () => {
    flow(30, (node) => (node === 'c' ? 96 : 100));
    expect(verdict()).toMatchObject({ kind: 'skewed', diverged: [] });
  });

  test('are found while traffic goes on', () => {
    flow(30, (node, second) => (node === 'c' ? 300 : 1_000) + 40 * (second % 3));
    expect(verdict()?.diverged).toEqual(['c']);
  });

  test('with only two nodes are on both: nobody knows who is right', () => {
    for (let second = 0; second < 10; second += 1) {
      tell('a', [told('x', { total: 10 })]);
      tell('b', [told('x', { total: 100 })]);
      pass(1_000);
    }
    expect(verdict()?.diverged).toEqual(['a', 'b']);
  });

  test('say nothing of a node that waits for a snapshot, or has fallen silent', () => {
    const owners = [{ node: 'a', entries: 0, heardAgoMs: null, awaiting: true, divergedAgoMs: null }];
    for (let second = 0; second < 10; second += 1) {
      for (const node of ['a', 'b']) tell(node, [told('x')]);
      tell('c', [told('x', { total: 0, owners })]);
      pass(1_000);
    }
    expect(verdict()).toMatchObject({ kind: 'identical', unknown: ['c'] });
  });
});

test('what a member tells are spans, whenever its process started', () => {
  const plan: SharedObjectPlan = {
    name: 'x',
    type: 'cache',
    kind: 'cache',
    snapshots: false,
    parameters: new Set(),
    bindingGroup: undefined,
    maxDelayMs: 1_000,
    maxPending: 100,
    maxSize: undefined,
    audience: 'all',
  };
  const figures = { messages: 1, bytes: 2, keys: 3 };
  const member = { name: nameOf('b'), node: 'b' as NodeName, role: 'node' as const };
  const owner = { member, entries: 1, lastHeardMs: 99_000, awaiting: false, divergedSinceMs: 98_000 };
  const facts = {
    plan,
    entries: 1,
    total: undefined,
    own: { entries: 1, total: undefined },
    pending: 1,
    oldestPendingMs: 99_600,
    sent: figures,
    received: figures,
    owners: [owner],
    lookups: { hits: 1, misses: 2 },
  };
  expect(toldObject(facts, 100_000)).toMatchObject({
    oldestPendingMs: 400,
    total: null,
    owners: [{ node: 'b', heardAgoMs: 1_000, divergedAgoMs: 2_000 }],
  });
  expect(toldObject({ ...facts, oldestPendingMs: undefined }, 100_000).oldestPendingMs).toBeNull();
});

test('what does not fit is refused as it is decoded', () => {
  const part = { privateName: null, upMs: 1, telling: 1, part: 0, parts: 1, objects: [told('x')] };
  const { kind, payload } = encodeMessage({ type: 'objects', ...part });
  expect(decodeMessage(kind, payload)).toMatchObject({ ok: true });
  for (const bad of [
    { ...part, objects: [told('')] },
    { ...part, objects: [told('a\nb')] },
    { ...part, objects: [told('x', { entries: -1 })] },
    { ...part, objects: [told('x'.repeat(300))] },
    { ...part, upMs: -1 },
    { ...part, parts: 1_000 },
  ]) {
    const encoded = encodeMessage({ type: 'objects', ...bad });
    expect(decodeMessage(encoded.kind, encoded.payload)).toEqual({ ok: false, error: 'garbage' });
  }
});
