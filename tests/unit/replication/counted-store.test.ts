import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import { parseNetwork } from '../../../server/model/ip.ts';
import { CidrTree } from '../../../server/replication/cidr-tree.ts';
import type { CountedStore } from '../../../server/replication/counted-store.ts';
import { sameDigest } from '../../../server/replication/digest.ts';
import { FieldReader, FieldWriter } from '../../../server/replication/fields.ts';
import { GaugeTable } from '../../../server/replication/gauge-table.ts';
import { OWN } from '../../../server/replication/object-store.ts';
import { given } from '../../support/given.ts';

const KINDS: readonly { readonly kind: string; readonly make: () => CountedStore }[] = [
  { kind: 'cidrtree', make: () => new CidrTree() },
  { kind: 'gauge table', make: () => new GaugeTable() },
];

function addresses(prng: Prng): readonly string[] {
  return Array.from({ length: 60 }, () =>
    prng.chance(0.4)
      ? `2001:db8:${prng.below(3).toString(16)}:${prng.below(2)}::${prng.below(9)}`
      : `10.${prng.below(3)}.${prng.below(3)}.${prng.below(12)}`,
  );
}

function entryOf(store: CountedStore, entry: number): Buffer {
  const w = new FieldWriter();
  store.writeChange(entry, w);
  return w.finish();
}

/** Tells the pending changes of one store to another. */
function tell(from: CountedStore, to: CountedStore, owner: number): void {
  for (const entry of [...from.changes.entries()]) {
    const bytes = entryOf(from, entry);
    from.changes.delete(entry);
    expect(from.readEntry(OWN, new FieldReader(bytes))).toBe(true);
    expect(to.readEntry(owner, new FieldReader(bytes))).toBe(true);
  }
}

describe.each(KINDS)('$kind', ({ kind, make }) => {
  const key = (text: string): string => (kind === 'cidrtree' ? parsed(text) : text);

  test('holds what a plain map holds, whatever comes and goes', () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const prng = new Prng(seed);
      const names = addresses(prng);
      const store = make();
      const model = new Map<string, number>();
      store.changes.heard = prng.chance(0.5);
      for (let step = 0; step < 400; step += 1) {
        const name = prng.pick(names);
        const change = prng.below(9) - 4;
        store.count(name, change, step);
        const value = Math.max(0, (model.get(name) ?? 0) + change);
        if (value === 0) model.delete(name);
        else model.set(name, value);
        if (store.changes.heard && prng.chance(0.02)) tell(store, make(), 1);
      }
      for (const name of names) expect(store.sum(name)).toBe(model.get(name) ?? 0);
      expect(store.entries(OWN)).toBe(model.size);
      expect(store.entries('all')).toBe(model.size);
      expect(store.total('all')).toBe([...model.values()].reduce((sum, value) => sum + value, 0));
      const leaves = [...store.listing('global', 0)].filter(({ children }) => !children);
      expect(new Map(leaves.map(({ key: text, value }) => [text, value]))).toEqual(
        new Map([...model].map(([text, value]) => [key(text), value])),
      );
    }
  });

  test('a copy that hears all changes has the same digest, and another one has not', () => {
    const prng = new Prng(7);
    const names = addresses(prng);
    const [here, there] = [make(), make()];
    here.changes.heard = true;
    for (let step = 0; step < 500; step += 1) {
      here.count(prng.pick(names), prng.below(7) - 3, step);
      if (step % 50 === 49) tell(here, there, 3);
    }
    expect(sameDigest(here.digest(OWN), there.digest(3))).toBe(true);
    expect(there.entries(3)).toBe(here.entries(OWN));
    here.count(names[0] ?? '', 1, 0);
    expect(sameDigest(here.digest(OWN), there.digest(3))).toBe(false);
    there.clear(3);
    expect(there.entries('all')).toBe(0);
    expect(there.total('all')).toBe(0);
  });

  test('a walk over the own share writes it all, in parts', () => {
    const prng = new Prng(3);
    const [here, there] = [make(), make()];
    for (const name of addresses(prng)) here.count(name, 1 + prng.below(1_000_000), 0);
    let parts = 0;
    for (let next: number | undefined = 0; next !== undefined; parts += 1) {
      const w = new FieldWriter();
      next = here.writeOwn(next, w, 100).next;
      const r = new FieldReader(w.finish());
      while (r.left > 0) expect(there.readEntry(2, r)).toBe(true);
    }
    expect(parts).toBeGreaterThan(3);
    expect(there.digest(2)).toEqual(here.digest(OWN));
  });

  test('others see an own value as it was told, not as it is', () => {
    const store = make();
    store.changes.heard = true;
    store.count('10.0.0.1', 3, 0);
    expect([store.sum('10.0.0.1'), store.agreedSum('10.0.0.1')]).toEqual([3, 0]);
    tell(store, make(), 1);
    expect(store.agreedSum('10.0.0.1')).toBe(3);
    store.count('10.0.0.1', -3, 0);
    expect([store.sum('10.0.0.1'), store.agreedSum('10.0.0.1')]).toEqual([0, 3]);
    store.changes.heard = false;
    expect([store.entries('all'), store.agreedSum('10.0.0.1')]).toEqual([0, 0]);
  });

  test('a key that was held for a claim and has nothing goes with the bus', () => {
    const store = make();
    store.changes.heard = true;
    store.hold('10.0.0.1', new FieldWriter());
    store.changes.heard = false;
    expect(store.entries('all')).toBe(0);
  });

  test('bytes that are no entry are refused, and nothing throws', () => {
    const prng = new Prng(11);
    const store = make();
    for (let round = 0; round < 2_000; round += 1) {
      const bytes = Buffer.from(Array.from({ length: prng.below(24) }, () => prng.below(256)));
      const r = new FieldReader(bytes);
      while (r.left > 0 && store.readEntry(1, r));
    }
    expect(store.entries(OWN)).toBe(0);
  });
});

test('sums of netblocks are those of the addresses inside', () => {
  const tree = new CidrTree();
  for (const address of ['10.1.2.3', '10.1.2.4', '10.1.9.9', '10.2.0.1', '192.0.2.1'])
    tree.count(address, 2, 0);
  tree.count('2001:db8::1', 5, 0);
  expect(tree.sum('10.0.0.0/8')).toBe(8);
  expect(tree.sum('10.1.0.0/16')).toBe(6);
  expect(tree.sum('10.1.2.0/24')).toBe(4);
  expect(tree.sum('0.0.0.0/0')).toBe(10);
  expect(tree.sum('2001:db8::/32')).toBe(5);
  expect(tree.sum('11.0.0.0/8')).toBe(0);
  expect(tree.sum('nonsense')).toBe(0);
});

function parsed(text: string): string {
  const { address, bits } = given(parseNetwork(text));
  return `${address}/${bits}`;
}
