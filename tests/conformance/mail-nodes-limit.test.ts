/** A limit of the whole cluster over three nodes (momentum.md 3.2, REP-05): whole processes, a network in memory. */

import { describe, expect, test, vi } from 'vitest';
import { LIMIT, LIMITED, MailNodes, VIPS } from '../support/mail-nodes.ts';

const [VIP] = VIPS;
const NAMES = ['node1', 'node2', 'node3'] as const;
/** Four whole processes for many virtual seconds, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

describe('a limit of the whole cluster', () => {
  test('[REP-05] holds over three nodes under load, and again after a node died with its connections', () => {
    const nodes = new MailNodes();
    const { sink } = nodes.mail;
    sink.takesMs = 150;
    const load = (first: number, count: number): void => {
      for (let i = 0; i < count; i += 1) {
        const address = VIPS[i % VIPS.length] ?? VIP;
        expect(nodes.send(address, `user${first + i}@${LIMITED}`).code).toBe(250);
      }
    };
    load(0, 300);
    nodes.run(2_000);
    expect(sink.open.get(LIMITED)).toBe(LIMIT);
    const victim = nodes.holder(VIP);
    nodes.node(victim).kill();
    nodes.run(20_000);
    load(300, 100);
    nodes.run(20_000);
    const most = sink.most.get(LIMITED) ?? 0;
    process.stdout.write(
      `limit ${LIMIT}: at most ${most} connections at a time, excess ${Math.max(0, most - LIMIT)}\n`,
    );
    expect(most).toBe(LIMIT);
    nodes.start(victim as (typeof NAMES)[number]);
    nodes.run(30_000);
    expect(sink.most.get(LIMITED)).toBe(LIMIT);
    // Everything arrived; what was under way when the node died may have come twice.
    const counts = sink.counts();
    expect(counts.size).toBe(400);
    const twice = [...counts.values()].filter((count) => count > 1).length;
    process.stdout.write(`${twice} of 400 arrived twice\n`);
    expect(twice).toBeLessThanOrEqual(LIMIT);
    for (const name of NAMES) expect(nodes.spooled(name), name).toBe(0);
    expect(nodes.node('node1').type('cluster shared show outbound_domains')).not.toContain(LIMITED);
  });
});
