/** Rows of the live model from tables of DuraVIP made by hand. */

import { describe, expect, test } from 'vitest';
import { LiveTables } from '../../../server/cluster/live-tables.ts';
import { VipBoard } from '../../../server/cluster/vip-board.ts';
import { ASKED_AT_ONCE, DIFFERS_MS, VipOpinions } from '../../../server/cluster/vip-opinions.ts';
import { WallClock } from '../../../server/cluster/wall-clock.ts';
import type { VipEntry, VipNode, VipTable } from '../../../server/duravip/api.ts';
import { COLLECTIONS } from '../../../server/wire/live.ts';
import { ip, nodeNamed, participantNamed, vipEntry, vipNode, vipTable } from '../../support/vip-tables.ts';

const EPOCH_MS = 1_700_000_000_000;
const WALL = new WallClock({ wallMs: EPOCH_MS, nowMs: 0 });
const NODES = ['node1', 'node2', 'node3'];

class Board {
  readonly tables = new LiveTables();
  readonly opinions = new VipOpinions();
  readonly board = new VipBoard({ tables: this.tables, opinions: this.opinions, wall: WALL });

  /** @returns the changes, as `collection key`. */
  show(table: VipTable, nowMs: number): readonly string[] {
    this.board.update(table, this.opinions.look(table, nowMs), nowMs);
    return this.tables.takeChanges().map(({ c, k }) => `${c} ${k}`);
  }

  answer(node: string, table: VipTable, rows: readonly object[], nowMs: number): void {
    const text = JSON.stringify({
      node,
      viewId: '7',
      epoch: '7.1',
      synced: true,
      toldMs: 0,
      arp: 0,
      rows: rows.map((row) => ({ phase: 'owned', plumbed: false, interface: null, text: '', ...row })),
    });
    this.board.update(table, this.opinions.answered(nodeNamed(node), text, table), nowMs);
  }
}

const nodes = (told?: Partial<Record<string, VipNode['told']>>): readonly VipNode[] =>
  NODES.map((name) => vipNode(name, { told: told?.[name] ?? undefined }));
const agree = { epoch: '7.1', table: 'h1', up: 0 };
const other = { epoch: '7.1', table: 'h2', up: 0 };

function entries(count: number): readonly VipEntry[] {
  return Array.from({ length: count }, (_, index) => vipEntry(`10.0.${index >> 8}.${index & 255}`, NODES));
}

describe('rows', () => {
  test('are none while nothing was heard, and one says that there is nothing', () => {
    const board = new Board();
    expect(board.show(vipTable([], nodes(), { synced: false, viewId: undefined }), 1_000)).toEqual([]);
    expect(board.show(vipTable([], []), 2_000)).toEqual(['duravip duravip']);
  });

  test('say what the table says, in the form that crosses to the browser', () => {
    const board = new Board();
    const entry = vipEntry('10.0.0.1', NODES, {
      phase: 'moving',
      next: nodeNamed('node1'),
      preference: nodeNamed('node1'),
      flags: { unsafe: true, conflict: false },
      participants: [participantNamed('node1', ['vip-1']), participantNamed('node3', ['vip-1'], 'draining')],
    });
    const follower = vipEntry('10.0.0.2', NODES, { follows: ip('10.0.0.1') });
    const sizes = [
      vipNode('node1'),
      vipNode('node2'),
      vipNode('node3', { balanceSetSize: 4, draining: true }),
    ];
    board.show(vipTable([entry, follower], sizes), 1_000);
    const model = board.tables.model();
    for (const c of ['duravip', 'vips', 'vipNodes'] as const) {
      for (const row of Object.values(model[c])) expect(COLLECTIONS[c].safeParse(row).error).toBeUndefined();
    }
    expect(model.vips['10.0.0.1']).toMatchObject({
      phase: 'moving',
      owner: 'node3',
      next: 'node1',
      state: 'up',
      preference: 'node1',
      flags: ['unsafe'],
      followers: ['10.0.0.2'],
      participants: [
        { node: 'node1', obstacle: null },
        { node: 'node3', obstacle: 'draining' },
      ],
    });
    expect(model.vips['10.0.0.2']).toMatchObject({ follows: '10.0.0.1', followers: [] });
    expect(model.vipNodes['node3']).toMatchObject({
      owned: 2,
      candidate: 1,
      up: 2,
      failed: 0,
      draining: true,
    });
    expect(model.vipNodes['node1']).toMatchObject({ owned: 0, candidate: 2, agrees: null, toldMs: null });
    expect(model.duravip['duravip']).toMatchObject({
      leader: 'node1',
      setSizesDiffer: [{ node: 'node3', size: 4 }],
      announceDue: null,
    });
  });

  test('before the nodes have agreed nobody is called owner, and nothing has a date', () => {
    const board = new Board();
    const unsynced = vipTable([vipEntry('10.0.0.1', NODES)], nodes(), { synced: false });
    board.show(unsynced, 1_000);
    const unknown = {
      phase: 'unknown',
      owner: null,
      state: 'unknown',
      ownerSinceMs: null,
      viewSinceMs: null,
    };
    expect(board.tables.get('vips', '10.0.0.1')).toMatchObject(unknown);
    const first = vipTable([vipEntry('10.0.0.1', NODES)], nodes());
    board.show(first, 2_000);
    expect(board.tables.get('vips', '10.0.0.1')).toMatchObject({ owner: 'node3', ownerSinceMs: null });
    board.show(
      vipTable([vipEntry('10.0.0.1', NODES, { owner: nodeNamed('node1'), viewSinceMs: 3_000 })], nodes()),
      3_000,
    );
    expect(board.tables.get('vips', '10.0.0.1')).toMatchObject({
      owner: 'node1',
      ownerSinceMs: EPOCH_MS + 3_000,
      viewSinceMs: EPOCH_MS + 3_000,
      configSinceMs: null,
    });
  });

  test('of 10,240 addresses only those are told anew that changed, and their nodes', () => {
    const board = new Board();
    const all = entries(10_240);
    expect(board.show(vipTable(all, nodes()), 1_000)).toHaveLength(10_240 + NODES.length + 1);
    expect(board.show(vipTable(all, nodes()), 2_000)).toEqual([]);
    const moved = vipEntry('10.0.0.7', NODES, { owner: nodeNamed('node1') });
    const next = all.map((entry) => (entry.address === moved.address ? moved : entry));
    expect(board.show(vipTable(next, nodes(), { epoch: '7.2' }), 3_000)).toEqual([
      'vips 10.0.0.7',
      'vipNodes node1',
      'vipNodes node3',
      'duravip duravip',
    ]);
    expect(board.tables.get('vipNodes', 'node3')).toMatchObject({ owned: 10_239, candidate: 10_240 });
    expect(board.show(vipTable(next.slice(1), nodes(), { epoch: '7.3' }), 4_000)).toContain('vips 10.0.0.0');
    expect(board.tables.get('vips', '10.0.0.0')).toBeUndefined();
  });

  test('a node that is gone keeps a row that claims nothing', () => {
    const board = new Board();
    board.show(vipTable(entries(2), nodes()), 1_000);
    const left = [vipEntry('10.0.0.0', ['node1', 'node2']), vipEntry('10.0.0.1', ['node1', 'node2'])];
    board.show(vipTable(left, [vipNode('node1'), vipNode('node2')], { viewId: '8' }), 2_000);
    expect(board.tables.get('vipNodes', 'node3')).toMatchObject({
      present: false,
      owned: 0,
      candidate: 0,
      up: 0,
    });
    expect(board.tables.get('vipNodes', 'node2')).toMatchObject({ present: true, owned: 2 });
  });

  test('[VIP-16] a reload that touched DuraVIPs makes an announced view due, until one is announced', () => {
    const board = new Board();
    const table = vipTable(entries(1), nodes());
    board.board.note([{ type: 'config', node: nodeNamed('node2') }], 1_000);
    board.board.note([{ type: 'config', node: nodeNamed('node1') }], 2_000);
    board.show(table, 2_000);
    expect(board.tables.get('duravip', 'duravip')?.announceDue).toEqual({
      sinceMs: EPOCH_MS + 1_000,
      nodes: ['node2', 'node1'],
    });
    board.board.note([{ type: 'announced', by: 'ana' }], 3_000);
    board.show(table, 3_000);
    expect(board.tables.get('duravip', 'duravip')?.announceDue).toBeNull();
  });
});

describe('what nodes think', () => {
  const three = entries(3);

  test('equal hashes at equal epochs are agreement; another epoch says nothing yet', () => {
    const board = new Board();
    board.show(vipTable(three, nodes({ node1: agree, node2: { ...other, epoch: '7.0' } })), 1_000);
    expect(board.tables.get('vipNodes', 'node1')).toMatchObject({ agrees: true, toldMs: EPOCH_MS + 1_000 });
    expect(board.tables.get('vipNodes', 'node2')).toMatchObject({ agrees: null });
    expect(board.tables.get('vips', '10.0.0.0')).toMatchObject({ known: 1, disagree: [] });
    expect(board.opinions.due(vipTable(three, nodes()), 60_000)).toEqual([]);
  });

  test('a node that differs for long enough is asked, once at a time, and compared row by row', () => {
    const board = new Board();
    const table = vipTable(three, nodes({ node1: agree, node2: other }));
    board.show(table, 1_000);
    expect(board.opinions.due(table, 1_000 + DIFFERS_MS - 1)).toEqual([]);
    expect(board.opinions.deadlineMs).toBe(1_000 + DIFFERS_MS);
    expect(board.opinions.due(table, 1_000 + DIFFERS_MS).map(({ node }) => node)).toEqual(['node2']);
    expect(board.opinions.due(table, 60_000)).toEqual([]);
    const rows = [
      { address: '10.0.0.0', owner: 'node3' },
      { address: '10.0.0.1', owner: 'node1' },
      { address: '10.0.0.2', owner: 'node2', plumbed: true },
    ];
    board.answer('node2', table, rows, 4_000);
    expect(board.tables.get('vips', '10.0.0.0')).toMatchObject({ known: 2, disagree: [], claims: [] });
    expect(board.tables.get('vips', '10.0.0.1')).toMatchObject({
      disagree: [{ node: 'node2', owner: 'node1' }],
      claims: [],
    });
    expect(board.tables.get('vips', '10.0.0.2')).toMatchObject({
      owner: 'node3',
      disagree: [{ node: 'node2', owner: 'node2' }],
      claims: ['node2'],
    });
    expect(board.tables.get('vipNodes', 'node2')).toMatchObject({ agrees: false });
  });

  test('when it agrees again, nothing of the difference stays', () => {
    const board = new Board();
    const table = vipTable(three, nodes({ node2: other }));
    board.show(table, 1_000);
    board.opinions.due(table, 5_000);
    board.answer('node2', table, [], 5_000);
    expect(board.tables.get('vips', '10.0.0.1')?.disagree).toEqual([{ node: 'node2', owner: null }]);
    board.show(vipTable(three, nodes({ node2: { ...agree } })), 6_000);
    expect(board.tables.get('vips', '10.0.0.1')).toMatchObject({ disagree: [], known: 1 });
    expect(board.opinions.deadlineMs).toBeUndefined();
  });

  test('an address on an interface of a node that is not its owner is a claim, whatever its table says', () => {
    const board = new Board();
    const table = vipTable(three, nodes({ node1: other }));
    board.show(table, 1_000);
    board.opinions.due(table, 5_000);
    const rows = three.map(({ address }) => ({ address, owner: 'node3', plumbed: address === '10.0.0.1' }));
    board.answer('node1', table, rows, 5_000);
    expect(board.tables.get('vips', '10.0.0.1')?.claims).toEqual(['node1']);
    expect(board.tables.get('vips', '10.0.0.0')?.claims).toEqual([]);
  });

  test('a cluster in trouble is not asked to death, and nonsense is no answer', () => {
    const opinions = new VipOpinions();
    const many = Array.from({ length: 20 }, (_, index) => vipNode(`node${index}`, { told: other }));
    const table = vipTable(three, many);
    opinions.look(table, 0);
    expect(opinions.due(table, 10_000)).toHaveLength(ASKED_AT_ONCE);
    expect(opinions.due(table, 10_000)).toEqual([]);
    expect(opinions.deadlineMs).toBeUndefined();
    expect(opinions.answered(nodeNamed('node0'), '{"rows":7', table)).toEqual([]);
    expect(opinions.answered(nodeNamed('node1'), undefined, table)).toEqual([]);
    expect(opinions.isKnown(nodeNamed('node0'))).toBe(false);
    expect(opinions.due(table, 10_001).map(({ node }) => node)).toEqual(['node2', 'node3']);
  });

  test('a node that stays behind while nothing happens differs, too', () => {
    const opinions = new VipOpinions();
    opinions.look(vipTable(three, nodes({ node1: { ...agree, epoch: '7.0' } })), 0);
    expect(opinions.agrees(nodeNamed('node1'))).toBeNull();
    opinions.look(vipTable(three, nodes({ node1: { ...agree, epoch: '7.0' } })), DIFFERS_MS);
    expect(opinions.agrees(nodeNamed('node1'))).toBe(false);
  });
});
