/** DuraVIP as a dashboard sees it, on a bus in memory with whole nodes: rows, happenings, what-if, disagreement. */

import { describe, expect, test } from 'vitest';
import { MESSAGE_KINDS } from '../../../server/cluster/messages.ts';
import type { VipHappening } from '../../../server/duravip/api.ts';
import { kindOf } from '../../../server/duravip/messages.ts';
import { splitMessage } from '../../../server/duravip/parts.ts';
import type { BusRequest } from '../../../server/msgc/client-api.ts';
import { COLLECTIONS } from '../../../server/wire/live.ts';
import { ADDRESSES, DuravipWorld, NODES } from '../../support/duravip-world.ts';
import type { Watcher } from '../../support/process-world.ts';

function watched(world = new DuravipWorld()): { readonly vips: DuravipWorld; readonly watcher: Watcher } {
  const watcher = world.world.watch('manager');
  world.run(4_000);
  return { vips: world, watcher };
}

const HEARTBEAT = { type: 'heartbeat', viewId: '', n: 0, hash: 'f'.repeat(16), up: 0 } as const;

function isQuery(request: BusRequest): boolean {
  return request.type === 'send' && request.kind === MESSAGE_KINDS.query;
}

const rows = ({ observer }: Watcher) => observer.model().vips;

function happenings({ events }: Watcher): readonly VipHappening[] {
  return events.flatMap((event) => (event.type === 'vips' ? event.happenings : []));
}

/** Rows of one collection that were told since. */
function told({ events }: Watcher, since: number, c: string): readonly string[] {
  return events
    .slice(since)
    .flatMap((event) => (event.type === 'changed' ? event.changes : []))
    .flatMap((change) => (change.c === c ? [change.k] : []));
}

describe('a dashboard that joins a running cluster', () => {
  test('has the table of the nodes, in rows that the browser takes, and delays nobody', () => {
    const { vips, watcher } = watched();
    for (const address of ADDRESSES) {
      expect(vips.holders(address)).toEqual([rows(watcher)[address]?.owner]);
      expect(rows(watcher)[address]).toMatchObject({
        phase: 'owned',
        state: 'up',
        disagree: [],
        claims: [],
        known: 3,
      });
    }
    const { vips: all, vipNodes, duravip } = watcher.observer.model();
    for (const row of Object.values(all)) expect(COLLECTIONS.vips.safeParse(row).error).toBeUndefined();
    expect(Object.keys(vipNodes).sort()).toEqual([...NODES]);
    expect(vipNodes['node1']).toMatchObject({
      present: true,
      mature: true,
      owned: 1,
      candidate: 3,
      up: 1,
      agrees: true,
    });
    expect(duravip['duravip']).toMatchObject({ synced: true, setSizesDiffer: [], announceDue: null });
    expect(watcher.observer.vips()?.synced).toBe(true);
  });

  test('sees each move in agreed order and tells only what changed', () => {
    const { vips, watcher } = watched();
    const [from = ''] = vips.holders('127.0.9.1');
    const to = NODES.find((name) => name !== from) ?? '';
    const since = watcher.events.length;
    vips.broadcast(`cluster duravip move 127.0.9.1 to ${to}`);
    const ofIt = happenings(watcher).filter((one) => 'address' in one && one.address === '127.0.9.1');
    const owners = ofIt.filter(({ type }) => type === 'owner' || type === 'moving');
    expect(owners).toMatchObject([
      { type: 'moving', address: '127.0.9.1', from, to },
      { type: 'owner', address: '127.0.9.1', from, to, cause: 'operator' },
    ]);
    vips.run(200);
    const after = happenings(watcher).filter((one) => 'address' in one && one.address === '127.0.9.1');
    const isUp = after.findLastIndex((one) => one.type === 'state' && one.state === 'up' && one.node === to);
    expect(isUp).toBeGreaterThan(0);
    // The network is told five times; whoever watches hears of the first.
    expect(after.slice(isUp + 1)).toEqual([{ type: 'told', address: '127.0.9.1', node: to }]);
    expect(rows(watcher)['127.0.9.1']).toMatchObject({ owner: to, pinned: to, cause: 'operator' });
    expect(rows(watcher)['127.0.9.1']?.ownerSinceMs).toBeGreaterThan(0);
    // The mover's target has two now, and gives one of its own to whoever has none.
    expect(new Set(told(watcher, since, 'vips')).size).toBeLessThanOrEqual(2);
  });

  test('sees a death as a failure, and a row for the node that is gone', () => {
    const { vips, watcher } = watched();
    const [lost = ''] = vips.holders('127.0.9.2');
    vips.node(lost).kill();
    vips.run(3_000);
    expect(rows(watcher)['127.0.9.2']).toMatchObject({ cause: 'failure', state: 'up', known: 2 });
    expect(watcher.observer.model().vipNodes[lost]).toMatchObject({ present: false, owned: 0, agrees: null });
  });

  test('what-if is what then happens', () => {
    const { vips, watcher } = watched();
    const whatIf = watcher.observer.whatIf({ without: [NODES[1] as never], drained: [] });
    expect(whatIf?.moves.length).toBe(1);
    vips.node('node2').kill();
    vips.run(2_000);
    for (const { address, from, to } of whatIf?.moves ?? []) {
      expect(from).toBe('node2');
      expect(vips.holders(address)).toEqual([to]);
    }
  });

  test('[VIP-16] after a reload an announced view is due, until one was announced', () => {
    const { vips, watcher } = watched();
    vips.reconfigure('node2', ['127.0.9.1', '127.0.9.2', '127.0.9.3', '127.0.9.4']);
    vips.run(2_000);
    const due = () => watcher.observer.model().duravip['duravip']?.announceDue;
    expect(due()).toMatchObject({ nodes: ['node2'] });
    expect(rows(watcher)['127.0.9.4']).toMatchObject({ owner: 'node2', configSinceMs: expect.any(Number) });
    vips.broadcast('cluster duravip announce view');
    expect(due()).toBeNull();
  });

  test('while nothing happens nothing is told of addresses', () => {
    const { vips, watcher } = watched();
    const since = watcher.events.length;
    vips.run(20_000);
    expect(told(watcher, since, 'vips')).toEqual([]);
    expect(told(watcher, since, 'duravip')).toEqual([]);
  });
});

test('a node whose hash differs is asked for its table, now and then, until it agrees', () => {
  const vips = new DuravipWorld();
  let lying = true;
  const watcher = vips.world.watch('manager', (event) => {
    const heartbeat = event.type === 'message' && event.kind === kindOf(HEARTBEAT);
    if (!lying || !heartbeat || !event.sender.endsWith('#node2')) return event;
    const [viewId = '', n = '0'] = watcher.observer.vips()?.epoch.split('/') ?? [];
    const [other] = splitMessage({ ...HEARTBEAT, viewId, n: Number(n) }, 1);
    return { ...event, payload: other?.payload ?? Buffer.alloc(0) };
  });
  const questions = () => watcher.requests.filter(isQuery).length;
  vips.run(4_000);
  expect(watcher.observer.model().vipNodes['node2']).toMatchObject({ agrees: false });
  expect(watcher.observer.model().vipNodes['node1']).toMatchObject({ agrees: true });
  expect(questions()).toBe(1);
  vips.run(10_000);
  expect(rows(watcher)['127.0.9.1']).toMatchObject({ known: 3, disagree: [], claims: [] });
  expect(questions()).toBeGreaterThan(1);
  expect(questions()).toBeLessThan(5);
  lying = false;
  vips.run(3_000);
  expect(watcher.observer.model().vipNodes['node2']).toMatchObject({ agrees: true });
  expect(watcher.events.filter(({ type }) => type === 'reply')).toEqual([]);
});
