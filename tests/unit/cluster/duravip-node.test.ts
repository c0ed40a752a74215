/** DuraVIP of whole nodes on a network in memory: from configuration and console to the addresses of each machine. */

import { describe, expect, test } from 'vitest';
import { nodeTableReply } from '../../../server/wire/duravip.ts';
import { ADDRESSES, DuravipWorld, NODES } from '../../support/duravip-world.ts';
import { ProcessWorld } from '../../support/process-world.ts';
import { ip } from '../../support/vip-tables.ts';

describe('three nodes with three addresses', () => {
  test('[VIP-29] [VIP-30] each address is on exactly one machine, each machine has one', () => {
    const vips = new DuravipWorld();
    const owners = Object.values(vips.owners());
    expect(owners.every((holders) => holders.length === 1)).toBe(true);
    expect(new Set(owners.flat()).size).toBe(3);
  });

  test('[VIP-04] when a machine dies, the others have its addresses at once', () => {
    const vips = new DuravipWorld();
    const [lost = ''] = vips.holders(ADDRESSES[0] ?? '');
    vips.node(lost).kill();
    vips.run(500);
    for (const address of ADDRESSES) {
      expect(vips.holders(address)).toHaveLength(1);
      expect(vips.holders(address)).not.toContain(lost);
    }
  });

  test('[VIP-17] a broadcast move: the owner lets go before the other takes it, and every node answers', () => {
    const vips = new DuravipWorld();
    const [from = ''] = vips.holders('127.0.9.1');
    const to = NODES.find((name) => name !== from) ?? '';
    const answers = vips.broadcast(`cluster duravip move 127.0.9.1 to ${to}`);
    expect(vips.holders('127.0.9.1')).toEqual([to]);
    expect(answers).not.toContain('Error');
    for (const name of NODES) expect(answers).toContain(name);
    expect(answers).not.toContain('Warning');
  });

  test('[VIP-18] typed on one node it works as well, with a warning', () => {
    const vips = new DuravipWorld();
    const [from = ''] = vips.holders('127.0.9.1');
    const to = NODES.find((name) => name !== from) ?? '';
    const { ok, text } = vips.node(to).ask(`cluster duravip move vip-1 ${to}`);
    expect({ ok, text }).toMatchObject({
      ok: true,
      text: expect.stringMatching(/\nwarning: asked of node\d only; broadcast it from the manager/),
    });
    vips.run(1_000);
    expect(vips.holders('127.0.9.1')).toEqual([to]);
  });

  test('[CMD-01] the manager itself has none of these commands', () => {
    const vips = new DuravipWorld();
    expect(vips.node('manager').ask('cluster duravip show')).toMatchObject({ ok: false });
  });

  test('[CMD-07] all nodes show the same owners', () => {
    const vips = new DuravipWorld();
    const shown = NODES.map((name) =>
      vips
        .node(name)
        .type('cluster duravip show')
        .split('\n')
        .filter((line) => !line.startsWith('\t')),
    );
    expect(shown[1]).toEqual(shown[0]);
    expect(shown[2]).toEqual(shown[0]);
    expect(shown[0]?.filter((line) => line.startsWith(' *'))).toHaveLength(3);
  });

  test('drain moves everything away, undrain brings addresses back', () => {
    const vips = new DuravipWorld();
    vips.broadcast('cluster duravip drain node2');
    expect(Object.values(vips.owners()).flat()).not.toContain('node2');
    expect(Object.values(vips.owners()).every((holders) => holders.length === 1)).toBe(true);
    vips.broadcast('cluster duravip undrain node2');
    vips.run(5_000);
    expect(Object.values(vips.owners()).flat()).toContain('node2');
  });

  test('a stop hands everything over before the node leaves', () => {
    const vips = new DuravipWorld();
    const [stopping = ''] = vips.holders('127.0.9.2');
    vips.node(stopping).give({ type: 'stop', reason: 'stopping' });
    vips.run(3_000);
    expect(vips.node(stopping).effects.some(({ type }) => type === 'exit')).toBe(true);
    expect(vips.node(stopping).addresses.placed.size).toBe(0);
    for (const address of ADDRESSES) expect(vips.holders(address)).toHaveLength(1);
    const [other = ''] = NODES.filter((name) => name !== stopping);
    const causes = vips
      .node(other)
      .logged('vip.owner')
      .flatMap(({ from, cause }) => (from === stopping ? [cause] : []));
    expect(causes).toEqual(['leave']);
  });

  test('[VIP-34] a reload adds an address, and gives up one that is configured no more', () => {
    const vips = new DuravipWorld();
    const wanted = ['127.0.9.1', '127.0.9.2', '127.0.9.4'];
    for (const name of NODES) vips.reconfigure(name, wanted);
    vips.run(5_000);
    for (const address of wanted) expect(vips.holders(address)).toHaveLength(1);
    expect(vips.holders('127.0.9.3')).toEqual([]);
  });

  test('when all stop at once, nobody waits for anybody', () => {
    const vips = new DuravipWorld();
    for (const name of NODES) vips.node(name).give({ type: 'stop', reason: 'stopping' });
    vips.run(1_000);
    for (const name of NODES) expect(vips.node(name).effects.some(({ type }) => type === 'exit')).toBe(true);
    expect(Object.values(vips.owners()).flat()).toEqual([]);
  });

  test('what a machine cannot bring up, another has after a few attempts', () => {
    const vips = new DuravipWorld();
    vips.node('node2').addresses.broken = 'Operation not permitted';
    vips.broadcast('cluster duravip move 127.0.9.1 to node2');
    vips.broadcast('cluster duravip move 127.0.9.3 to node2');
    vips.run(30_000);
    for (const address of ['127.0.9.1', '127.0.9.3']) {
      expect(vips.holders(address)).toHaveLength(1);
      expect(vips.holders(address)).not.toContain('node2');
    }
    const tables = vips.node('node1').type('cluster duravip show tables');
    expect(tables).toContain('Operation not permitted');
    expect(vips.node('node2').logged('vip.host')).not.toEqual([]);
  });

  test('what a reload asks of DuraVIP in vain is said to whoever reloads, once', () => {
    const vips = new DuravipWorld();
    const elsewhere = [...ADDRESSES, '127.0.10.1'];
    expect(vips.reconfigure('node1', elsewhere)).toMatch(/127\.0\.10\.1 .*no Topology holds it/);
    expect(vips.reconfigure('node1', [...elsewhere, '127.0.9.9'])).not.toMatch(
      /^Warning: 127\.0\.10\.1 will/m,
    );
    vips.run(3_000);
    expect(vips.holders('127.0.10.1')).toEqual([]);
    expect(vips.holders('127.0.9.9')).toEqual(['node1']);
  });

  test('a node that stood still lets go and takes nothing before the others have answered', () => {
    const vips = new DuravipWorld();
    const [paused = ''] = vips.holders('127.0.9.1');
    const before = vips.node(paused).addresses.placed.size;
    expect(before).toBe(1);
    vips.node(paused).give({ type: 'hostFact', fact: { type: 'dropped', text: 'the guard let go' } });
    vips.run(2_000);
    for (const address of ADDRESSES) expect(vips.holders(address)).toHaveLength(1);
  });

  test('the query `duravip` says what the node itself thinks, and has', () => {
    const vips = new DuravipWorld();
    const { observer, events } = vips.world.watch('node1');
    vips.run(3_000);
    expect(observer.query('q1', 'node2', 'duravip').ok).toBe(true);
    expect(observer.query('q2', '#manager#manager', 'duravip').ok).toBe(true);
    vips.run(500);
    const replies = events.flatMap((event) => (event.type === 'reply' ? [event] : []));
    const answer = nodeTableReply.parse(
      JSON.parse(replies.find(({ request }) => request === 'q1')?.text ?? ''),
    );
    expect(answer).toMatchObject({ node: 'node2', synced: true });
    const [own] = answer.rows.filter(({ plumbed }) => plumbed);
    expect(vips.holders(own?.address ?? '')).toEqual(['node2']);
    expect(own).toMatchObject({ owner: 'node2', interface: 'lo' });
    expect(replies.find(({ request }) => request === 'q2')).toMatchObject({ ok: false });
  });
});

test('a node without DuraVIPs leaves its machine alone', () => {
  const world = new ProcessWorld();
  const { node1 } = world.startAll();
  world.clock.runFor(60_000);
  expect(node1.addresses.commands).toEqual([]);
  expect(node1.type('cluster duravip show')).toBe('DuraVIP State:');
  expect(node1.type('cluster duravip show tables')).toContain('<VIPs/>');
});

test('[CMD-03] what one machine knows of its neighbours, all know', () => {
  const vips = new DuravipWorld();
  vips.node('node1').addresses.neighbours = [
    { address: ip('127.0.9.200'), mac: '00:e0:81:63:5c:e8', ageSeconds: 3 },
  ];
  vips.run(70_000);
  for (const name of NODES) {
    expect(vips.node(name).type('cluster arp show')).toMatch(
      /^127\.0\.9\.200\s+\[00:e0:81:63:5c:e8\] {2}\d+s$/,
    );
  }
});
