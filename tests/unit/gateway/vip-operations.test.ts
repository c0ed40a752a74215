/** The core of operations alone: what holds whatever facts come, in whatever order. */

import { describe, expect, test } from 'vitest';
import { DEADLINE_REACHED } from '../../../server/base/core.ts';
import { Prng } from '../../../server/base/prng.ts';
import { hasEnded, type PlannedOperation } from '../../../server/gateway/vip-operation.ts';
import {
  IN_FLIGHT_MAX,
  type OperationEffect,
  type OperationFact,
  VipOperations,
} from '../../../server/gateway/vip-operations.ts';
import { COMMANDS } from '../../../server/gateway/vip-plans.ts';
import type { IpAddress } from '../../../server/model/ip.ts';
import type { NodeName } from '../../../server/model/names.ts';
import { OPERATIONS_KEPT, type VipRow } from '../../../server/wire/duravip.ts';
import type { Job } from '../../../server/wire/http.ts';

const WALL_MS = 1_700_000_000_000;
const NODES = ['labrat-1', 'labrat-2', 'labrat-3'];

function plan(id: string, addresses: readonly string[], to = 'labrat-2'): PlannedOperation {
  return {
    id,
    kind: 'move',
    of: null,
    node: null,
    actor: 'ana',
    reason: '',
    createdMs: WALL_MS,
    revertAtMs: null,
    items: addresses.map((address) => {
      return { goal: 'owned', address, from: 'labrat-1', to, command: COMMANDS.move(address, to) };
    }),
    commands: [],
    inverses: addresses.map((address) => {
      return { command: COMMANDS.move(address, 'labrat-1'), address, to: 'labrat-1', holder: to };
    }),
    undoUntilMs: WALL_MS + 900_000,
    sender: { account: 'ana', sourceAddress: '::1', token: null },
    key: `ana ${id}`,
    bodyHash: id,
  };
}

const addressesOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `10.80.${116 + (index >> 8)}.${index & 255}`);

/** A core with its own time. */
class Bench {
  readonly core: VipOperations;
  readonly sent: Extract<OperationEffect, { type: 'send' }>[] = [];
  nowMs = 0;

  constructor(core = new VipOperations([], { wallMs: WALL_MS, nowMs: 0 })) {
    this.core = core;
  }

  give(fact: OperationFact): readonly OperationEffect[] {
    return this.#take(this.core.step({ ...fact, atMs: WALL_MS + this.nowMs }, this.nowMs));
  }

  /** On to a moment, with every deadline on the way. */
  until(atMs: number): void {
    for (
      let dueMs = this.core.deadlineMs;
      dueMs !== undefined && dueMs <= atMs;
      dueMs = this.core.deadlineMs
    ) {
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.#take(this.core.step(DEADLINE_REACHED, this.nowMs));
    }
    this.nowMs = atMs;
  }

  move(address: string, from: string, to: string): void {
    const ends = { from: from as NodeName, to: to as NodeName };
    this.give({ type: 'happened', what: { type: 'moving', address: address as IpAddress, ...ends } });
    this.own(address, from, to);
  }

  own(address: string, from: string, to: string, cause: 'operator' | 'failure' = 'operator'): void {
    const ends = { from: from as NodeName, to: to as NodeName, cause, by: undefined };
    this.give({ type: 'happened', what: { type: 'owner', address: address as IpAddress, ...ends } });
  }

  told(address: string, node: string): void {
    const what = { type: 'told', address: address as IpAddress, node: node as NodeName } as const;
    this.give({ type: 'happened', what });
  }

  up(address: string, node: string): void {
    const what = { type: 'state', address: address as IpAddress, node: node as NodeName } as const;
    this.give({ type: 'happened', what: { ...what, state: 'up', text: '' } });
  }

  #take(effects: readonly OperationEffect[]): readonly OperationEffect[] {
    for (const effect of effects) if (effect.type === 'send') this.sent.push(effect);
    return effects;
  }
}

function job(id: string, answers: Readonly<Record<string, boolean | undefined>>): Job {
  const replies = Object.entries(answers).map(([node, ok]) => ({
    node,
    state: ok === undefined ? ('asked' as const) : ('answered' as const),
    tookMs: 1,
    late: false,
    ok: ok ?? null,
    bytes: 1,
    hash: 'h',
    text: 'words',
    truncated: false,
  }));
  const state = replies.some((reply) => reply.state === 'asked') ? 'running' : 'done';
  const rest = { command: '', redacted: false, class: 'W1', target: { kind: 'all' }, actor: 'ana' } as const;
  return { id, ...rest, sentMs: WALL_MS, timeoutMs: 10_000, state, replies };
}

describe('operations', () => {
  test('one that is late lets the next go out, and is not sent again', () => {
    const bench = new Bench();
    const addresses = addressesOf(IN_FLIGHT_MAX + 1);
    bench.give({ type: 'asked', plan: plan('a', addresses) });
    expect(bench.sent).toHaveLength(IN_FLIGHT_MAX);
    for (const { line } of bench.sent) bench.give({ type: 'sent', id: 'a', line, job: `j${line}` });
    bench.until(5_000);
    expect(bench.sent).toHaveLength(IN_FLIGHT_MAX + 1);
    expect(bench.core.row('a')?.items[0]).toMatchObject({ state: 'late' });
    expect(new Set(bench.sent.map(({ command }) => command)).size).toBe(bench.sent.length);
  });

  test('that the network was told is a stage of its own for which nobody waits', () => {
    const bench = new Bench();
    const [address = ''] = addressesOf(1);
    const stages = () => bench.core.row('a')?.items[0]?.stages.map(({ stage, node }) => [stage, node]);
    bench.give({ type: 'asked', plan: plan('a', [address]) });
    bench.give({ type: 'sent', id: 'a', line: 0, job: 'j' });
    bench.move(address, 'labrat-1', 'labrat-2');
    bench.told(address, 'labrat-2'); // of an earlier time: it is not up yet
    bench.up(address, 'labrat-2');
    expect(stages()).toHaveLength(4);
    bench.told(address, 'labrat-3');
    expect(stages()).toHaveLength(4);
    bench.told(address, 'labrat-2');
    const said = stages();
    expect(said?.at(-1)).toEqual(['announced', 'labrat-2']);
    bench.told(address, 'labrat-2');
    expect(stages()).toEqual(said);
    bench.until(6_000);
    expect(bench.core.row('a')).toMatchObject({ state: 'done' });
  });

  test('what was decided before our command came does not end it', () => {
    const bench = new Bench();
    const [address = ''] = addressesOf(1);
    bench.give({ type: 'asked', plan: plan('a', [address]) });
    bench.give({ type: 'sent', id: 'a', line: 0, job: 'j' });
    bench.own(address, 'labrat-1', 'labrat-3', 'failure');
    expect(bench.core.row('a')?.state).toBe('running');
    bench.move(address, 'labrat-3', 'labrat-2');
    bench.up(address, 'labrat-2');
    bench.until(6_000);
    expect(bench.core.row('a')).toMatchObject({ state: 'done' });
  });

  test('the owner decides: its refusal counts before the others have answered', () => {
    const bench = new Bench();
    bench.give({ type: 'asked', plan: plan('a', addressesOf(1)) });
    bench.give({ type: 'sent', id: 'a', line: 0, job: 'j' });
    bench.give({
      type: 'job',
      job: job('j', { 'labrat-1': undefined, 'labrat-2': false, 'labrat-3': false }),
    });
    expect(bench.core.row('a')?.state).toBe('running');
    bench.give({
      type: 'job',
      job: job('j', { 'labrat-1': false, 'labrat-2': true, 'labrat-3': undefined }),
    });
    expect(bench.core.row('a')).toMatchObject({ state: 'refused', items: [{ text: 'labrat-1: words' }] });
  });

  test('happenings that come before the command counts as sent are not lost', () => {
    const bench = new Bench();
    const [address = ''] = addressesOf(1);
    bench.give({ type: 'asked', plan: plan('a', [address]) });
    bench.move(address, 'labrat-1', 'labrat-2');
    bench.up(address, 'labrat-2');
    bench.give({ type: 'sent', id: 'a', line: 0, job: 'j' });
    bench.until(5_000);
    const item = bench.core.row('a')?.items[0];
    expect(item?.stages.map(({ stage }) => stage)).toEqual([
      'requested',
      'ordered',
      'released',
      'plumbed',
      'mature',
    ]);
  });

  test('the newest are kept, and one that runs never goes', () => {
    const bench = new Bench();
    for (let n = 0; n < OPERATIONS_KEPT + 5; n += 1) {
      bench.give({ type: 'asked', plan: plan(`op-${n}`, [`10.1.1.${n}`]) });
      if (n > 0) bench.give({ type: 'notSent', id: `op-${n}`, line: 0, text: 'no' });
    }
    const rows = bench.core.rows();
    expect(rows).toHaveLength(OPERATIONS_KEPT);
    expect([rows[0]?.id, rows.at(-1)?.id]).toEqual([`op-${OPERATIONS_KEPT + 4}`, 'op-0']);
    expect([bench.core.watches('10.1.1.0'), bench.core.watches('10.1.1.1')]).toEqual([true, false]);
  });

  test('a node with 10,240 addresses is drained within bounds of time', () => {
    const bench = new Bench();
    const addresses = addressesOf(10_240);
    const items = addresses.map((address) => {
      return {
        goal: 'away' as const,
        address,
        from: 'labrat-1',
        to: null,
        command: COMMANDS.drain('labrat-1'),
      };
    });
    bench.give({ type: 'asked', plan: { ...plan('a', []), kind: 'drain', items, inverses: [] } });
    expect(bench.sent).toHaveLength(1);
    bench.give({ type: 'sent', id: 'a', line: 0, job: 'j' });
    for (const address of addresses) {
      bench.move(address, 'labrat-1', 'labrat-3');
      bench.up(address, 'labrat-3');
    }
    bench.until(6_000);
    expect(bench.core.row('a')).toMatchObject({ state: 'done', counts: { all: 10_240, done: 10_240 } });
  });

  test('whatever comes in whatever order: bounds hold, each command goes out once, and all ends', () => {
    for (let seed = 1; seed <= 300; seed += 1) checkWalk(seed);
  });
});

function checkWalk(seed: number): void {
  const random = new Prng(seed);
  const upTo = (max: number): number => random.uint32() % max;
  const nodeAt = (): string => NODES[upTo(3)] ?? '';
  const bench = new Bench();
  const addresses = addressesOf(40);
  const pick = (): string => addresses[upTo(addresses.length)] ?? '';
  const why = `seed ${seed}`;
  let asked = 0;
  for (let step = 0; step < 250; step += 1) {
    bench.until(bench.nowMs + upTo(400));
    const open = bench.sent[upTo(Math.max(1, bench.sent.length))];
    const deeds: (() => void)[] = [
      () => {
        asked += 1;
        const some = addresses.filter((address) => upTo(3) === 0 && !bench.core.busy(address));
        bench.give({ type: 'asked', plan: plan(`op-${asked}`, some, nodeAt()) });
      },
      () =>
        open && bench.give({ type: 'sent', id: open.id, line: open.line, job: `${open.id} ${open.line}` }),
      () => open && bench.give({ type: 'notSent', id: open.id, line: open.line, text: 'no' }),
      () =>
        open &&
        bench.give({
          type: 'job',
          job: job(`${open.id} ${open.line}`, {
            'labrat-1': upTo(2) === 0,
            'labrat-2': upTo(3) === 0 ? undefined : true,
          }),
        }),
      () => bench.move(pick(), nodeAt(), nodeAt()),
      () => bench.own(pick(), nodeAt(), nodeAt(), 'failure'),
      () => bench.up(pick(), nodeAt()),
      () =>
        bench.give({
          type: 'rows',
          rows: [{ address: pick(), row: upTo(9) === 0 ? null : rowAt(nodeAt(), upTo) }],
        }),
      () => upTo(12) === 0 && bench.give({ type: 'busLost' }),
      () => bench.give({ type: 'undone', id: `op-${upTo(asked + 1)}`, text: '' }),
    ];
    deeds[upTo(deeds.length)]?.();
  }
  bench.until(bench.nowMs + 4_000_000);
  for (let line = 0; line < bench.sent.length; line += 1) {
    const { id, line: at } = bench.sent[line] ?? { id: '', line: 0 };
    bench.give({ type: 'notSent', id, line: at, text: 'the end' });
  }
  bench.until(bench.nowMs + 4_000_000);
  expect(new Set(bench.sent.map(({ id, line }) => `${id} ${line}`)).size, why).toBe(bench.sent.length);
  for (const row of bench.core.rows()) {
    expect(row.state, `${why} ${row.id}`).not.toBe('running');
    expect(row.items.every(hasEnded), why).toBe(true);
    const { done, failed, unknown, all } = row.counts;
    expect(done + failed + unknown, why).toBe(all);
    expect(row.undo, why).toEqual([]);
  }
}

function rowAt(owner: string, upTo: (max: number) => number): VipRow {
  const moving = upTo(3) === 0;
  return {
    address: '',
    names: [],
    services: [],
    phase: moving ? 'moving' : 'owned',
    owner,
    next: moving ? (NODES[upTo(3)] ?? null) : null,
    state: (['up', 'coming', 'failed'] as const)[upTo(3)] ?? 'up',
    text: '',
    claims: [],
    pinned: null,
    preference: null,
    follows: null,
    followers: [],
    flags: [],
    participants: [],
    disagree: [],
    known: 3,
    version: '1',
    ownerSinceMs: null,
    viewSinceMs: null,
    configSinceMs: null,
    cause: null,
  };
}
