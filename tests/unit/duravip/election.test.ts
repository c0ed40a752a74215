import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import { planBalance } from '../../../server/duravip/balance.ts';
import { Digest } from '../../../server/duravip/digest.ts';
import { dropNodes, Election, holderToBe, move, released, settle } from '../../../server/duravip/election.ts';
import { mergeParts, type Part } from '../../../server/duravip/merge.ts';
import type { Ownership, VipState } from '../../../server/duravip/ownership.ts';
import type { IpAddress } from '../../../server/model/ip.ts';
import type { PrivateName } from '../../../server/model/names.ts';
import { owners, randomTable } from './random-table.ts';

const SEEDS = 400;

function hashOf(table: Ownership): string {
  const digest = new Digest();
  digest.update(table, table.vips.keys());
  return digest.of(table);
}

/** Every move of the plan, done at once. */
function carryOut(table: Ownership, moved: Set<IpAddress>, setSize: number): number {
  const moves = planBalance(table, { setSize, moved });
  for (const { address, to, cause } of moves) {
    const vip = table.vips.get(address);
    if (vip === undefined) continue;
    move(table, vip, to, cause, '');
    if (cause === 'balance') moved.add(address);
  }
  settle(table);
  finishMoves(table);
  return moves.length;
}

function finishMoves(table: Ownership): void {
  for (const vip of table.sorted()) if (vip.moving) released(table, vip);
  settle(table);
}

function misplacedAndSquares(table: Ownership): readonly [number, number] {
  const election = new Election(table);
  let misplaced = 0;
  for (const vip of table.sorted()) {
    if (table.leadOf(vip) !== vip || vip.owner === undefined) continue;
    const eligible = election.eligible(vip);
    const home = [vip.pin?.to, vip.derived.preference]
      .map((node) => eligible.find((name) => node !== undefined && table.nodes.get(name)?.node === node))
      .find((name) => name !== undefined);
    if (home !== undefined && home !== vip.owner) misplaced += 1;
  }
  let squares = 0;
  for (const load of election.loads.values()) squares += load * load;
  return [misplaced, squares];
}

describe('election', () => {
  test('it is the same on every copy, and done once it is done (D4)', () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const table = randomTable(new Prng(seed));
      const again = randomTable(new Prng(seed));
      expect(hashOf(again), `seed ${seed}`).toBe(hashOf(table));
      finishMoves(table);
      const before = hashOf(table);
      settle(table);
      expect(hashOf(table), `seed ${seed}`).toBe(before);
      expect(hashOf(table.clone()), `seed ${seed}`).toBe(before);
    }
  });

  test('whoever can be owned is owned by a candidate, and nobody else owns anything (D1, D12)', () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const table = randomTable(new Prng(seed));
      const election = new Election(table);
      for (const vip of table.sorted()) {
        const { owner } = vip;
        if (owner !== undefined)
          expect(election.fitsAddress(vip, owner), `seed ${seed} ${vip.address}`).toBe(true);
        if (vip.derived.broken) expect(owner).toBeUndefined();
        if (owner === undefined && table.leadOf(vip) === vip) expect(election.eligible(vip)).toEqual([]);
        const lead = table.leadOf(vip);
        if (lead !== vip && owner !== undefined) expect(owner).toBe(lead.owner);
      }
    }
  });

  test('a loss moves what the lost node had, and what follows it, and nothing else (D6)', () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const prng = new Prng(seed);
      const table = randomTable(prng, { nodes: 2 + prng.below(4), plain: prng.chance(0.5) });
      finishMoves(table);
      const before = owners(table);
      const lost = prng.pick(table.members);
      const isolated = table.members.length === 2;
      dropNodes(
        table,
        table.members.filter((name) => name !== lost),
        () => 'failure',
        0,
      );
      settle(table);
      for (const vip of table.sorted()) {
        const had = before.get(vip.address);
        if (had === lost || had === undefined || isolated) continue;
        const lead = table.leadOf(vip);
        if (lead !== vip && before.get(lead.address) === lost) continue;
        expect(vip.owner, `seed ${seed} ${vip.address}`).toBe(had);
      }
    }
  });
});

describe('balance', () => {
  test('each round lowers what is misplaced, then the sum of squares, and it ends (D8)', () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const prng = new Prng(seed);
      const table = randomTable(prng, {
        nodes: 2 + prng.below(5),
        vips: 1 + prng.below(60),
        plain: prng.chance(0.5),
      });
      finishMoves(table);
      const moved = new Set<IpAddress>();
      let before = misplacedAndSquares(table);
      for (let rounds = 0; ; rounds += 1) {
        if (carryOut(table, moved, 2 + prng.below(6)) === 0) break;
        const after = misplacedAndSquares(table);
        const lower = after[0] < before[0] || (after[0] === before[0] && after[1] < before[1]);
        expect(lower, `seed ${seed} round ${rounds}: ${before} to ${after}`).toBe(true);
        before = after;
        expect(rounds, `seed ${seed}`).toBeLessThan(100);
      }
    }
  });

  test('where all can have everything the loads differ by one at most, in as few moves as that needs', () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const prng = new Prng(seed);
      const table = randomTable(prng, { nodes: 2 + prng.below(5), vips: 40, plain: true });
      const [first] = table.members;
      for (const vip of table.sorted()) if (prng.chance(0.5)) vip.owner = first;
      const even = Math.ceil(table.vips.size / table.members.length);
      const loads = [...new Election(table).loads.values()];
      const needed = loads.reduce((sum, load) => sum + Math.max(0, load - even), 0);
      let moves = 0;
      for (const moved = new Set<IpAddress>(); ; ) {
        const some = carryOut(table, moved, 10);
        moves += some;
        if (some === 0) break;
      }
      const after = [...new Election(table).loads.values()];
      expect(Math.max(...after) - Math.min(...after), `seed ${seed}`).toBeLessThanOrEqual(1);
      expect(moves).toBeLessThanOrEqual(needed + table.members.length);
    }
  });

  test('a pinned address stays where it is pinned while it can be there (D10)', () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const prng = new Prng(seed);
      const table = randomTable(prng, { nodes: 3 });
      finishMoves(table);
      const moved = new Set<IpAddress>();
      for (let rounds = 0; rounds < 50 && carryOut(table, moved, 10) > 0; rounds += 1);
      const election = new Election(table);
      for (const vip of table.sorted()) {
        const pin = vip.pin?.to;
        if (pin === undefined || table.leadOf(vip) !== vip) continue;
        const home = election.eligible(vip).find((name) => table.nodes.get(name)?.node === pin);
        if (home !== undefined) expect(holderToBe(vip), `seed ${seed} ${vip.address}`).toBe(home);
      }
    }
  });
});

describe('merge', () => {
  test('the same parts in any order give the same table with one owner each (D9)', () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const prng = new Prng(seed);
      const whole = randomTable(prng, { nodes: 2 + prng.below(4) });
      finishMoves(whole);
      const members = whole.members;
      const cut = 1 + prng.below(members.length - 1);
      const parts = [members.slice(0, cut), members.slice(cut)].map((names) => partOf(whole, names));
      const merged = mergeParts({ members, parts, holds: new Map(), excluded: new Map() }, 0);
      const copies = parts.map(({ members: names, table }) => ({ members: names, table: table.clone() }));
      const again = mergeParts({ members, parts: copies, holds: new Map(), excluded: new Map() }, 5);
      expect(hashOf(again.table), `seed ${seed}`).toBe(hashOf(merged.table));
      for (const vip of merged.table.sorted()) {
        const claims = parts.filter(({ table }) => table.vips.get(vip.address)?.owner !== undefined);
        if (claims.length > 1 && vip.owner !== undefined) expect(merged.contested).toContain(vip.address);
      }
    }
  });
});

test('a move under way is called off where another part knows a pin to the owner (D10)', () => {
  const whole = randomTable(new Prng(1), { nodes: 3, vips: 1, plain: true });
  for (const node of whole.nodes.values()) node.mature = true;
  const [a, b, c] = whole.members as [PrivateName, PrivateName, PrivateName];
  const parts = [[a, b], [c]].map((names) => partOf(whole, names));
  const [[here], [there]] = parts.map(({ table }) => table.sorted()) as [[VipState], [VipState]];
  // It is on its way at one part, and the other has none.
  there.owner = undefined;
  const owner = here.owner === a ? a : b;
  move(parts[0]?.table as Ownership, here, owner === a ? b : a, 'balance', '');
  there.pin = { to: whole.nodes.get(owner)?.node, at: 100, by: 'admin' };
  const { table } = mergeParts({ members: whole.members, parts, holds: new Map(), excluded: new Map() }, 0);
  expect(table.sorted()[0]).toMatchObject({ owner, moving: false, state: 'coming' });
});

function partOf(whole: Ownership, names: readonly PrivateName[]): Part {
  const table = whole.clone();
  dropNodes(table, names, () => 'failure', 0);
  settle(table);
  finishMoves(table);
  return { members: names, table };
}
