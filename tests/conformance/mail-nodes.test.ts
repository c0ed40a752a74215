/** Mail of three nodes whose bindings move (momentum.md 5.2, 5.9): whole processes, a network in memory. */

import { describe, expect, test, vi } from 'vitest';
import { must } from '../../server/base/assert.ts';
import { HELD, MailNodes, VIPS } from '../support/mail-nodes.ts';
import { ip } from '../support/vip-tables.ts';

const [VIP] = VIPS;
const NAMES = ['node1', 'node2', 'node3'] as const;
/** Four whole processes for many virtual seconds, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

function recipients(count: number, domain: string): readonly string[] {
  return Array.from({ length: count }, (_, i) => `user${i}@${domain}`);
}

describe('[VIP-31] queued mail of a binding', () => {
  test('goes with it to the new owner, and leaves from there once', () => {
    const nodes = new MailNodes();
    const old = nodes.holder(VIP);
    for (const to of recipients(20, HELD)) expect(nodes.send(VIP, to).code).toBe(250);
    expect(nodes.spooled(old)).toBe(20);
    expect(nodes.node(old).type(`mailq -d ${HELD}`).split('\n').at(-1)).toMatch(/^default\/vip-1 .* 20 +0$/);
    const next = nodes.other(old);
    nodes.move(VIP, next);
    expect(nodes.holder(VIP)).toBe(next);
    expect([nodes.spooled(old), nodes.spooled(next)]).toEqual([0, 20]);
    expect(nodes.mailOf(old).status(nodes.world.clock.nowMs())?.moved).toBe(20);
    expect(nodes.node(next).type(`mailq -d ${HELD}`).split('\n').at(-1)).toMatch(/^default\/vip-1 .* 20 +0$/);
    nodes.node(next).type(`config set Domain ${HELD} Suspend_Delivery false`);
    nodes.run(5_000);
    const { arrived } = nodes.mail.sink;
    expect(arrived.map(({ recipient }) => recipient).sort()).toEqual([...recipients(20, HELD)].sort());
    expect(new Set(arrived.map(({ from, node }) => `${from} ${node}`))).toEqual(new Set([`${VIP} ${next}`]));
    expect([nodes.spooled(old), nodes.spooled(next)]).toEqual([0, 0]);
  });

  test('waits on the disk of a node that died, and goes to the new owner when it is back', () => {
    const nodes = new MailNodes();
    const old = nodes.holder(VIP);
    for (const to of recipients(5, HELD)) nodes.send(VIP, to);
    nodes.node(old).kill();
    nodes.run(20_000);
    expect(nodes.spooled(old)).toBe(5);
    const next = NAMES.find((name) => name !== old && nodes.holder(VIP) === name);
    expect(next).toBeDefined();
    nodes.start(old as (typeof NAMES)[number]);
    nodes.run(500);
    // Whoever has the address by then: all of it is in that node's spool.
    nodes.run(30_000);
    const holder = nodes.holder(VIP);
    expect(nodes.spooled(holder)).toBe(5);
    for (const name of NAMES) if (name !== holder) expect(nodes.spooled(name), name).toBe(0);
  });

  test('is delivered by its owner alone, while the address is there', () => {
    const nodes = new MailNodes();
    for (const address of VIPS) {
      for (const to of recipients(10, `open${address.at(-1)}.test`)) nodes.send(address, to);
    }
    nodes.run(5_000);
    expect(nodes.mail.sink.arrived).toHaveLength(30);
    for (const { recipient, from, node } of nodes.mail.sink.arrived) {
      const address = `127.0.9.${recipient.at(-6)}`;
      expect([from, node], recipient).toEqual([address, nodes.holder(address)]);
    }
  });
});

describe('a node', () => {
  test('that stops takes no mail any more, lets deliveries end, and keeps its spool', () => {
    const nodes = new MailNodes();
    const old = nodes.holder(VIP);
    nodes.mail.sink.takesMs = 1_000;
    nodes.send(VIP, 'last@open.test');
    nodes.send(VIP, `kept@${HELD}`);
    nodes.run(100);
    const machine = nodes.node(old).mail;
    nodes.node(old).give({ type: 'stop', reason: 'test' });
    expect(machine?.inject({ address: '10.0.0.9', local: VIP }, 'a@shop.test', ['b@open.test']).code).toBe(
      421,
    );
    nodes.run(8_000);
    expect(nodes.node(old).effects.some(({ type }) => type === 'exit')).toBe(true);
    expect(nodes.mail.sink.counts()).toEqual(new Map([['last@open.test', 1]]));
    const kept = NAMES.reduce((count, name) => count + nodes.spooled(name), 0);
    expect(kept).toBe(1);
  });

  test('writes a line for each reception and each delivery, in the documented formats', () => {
    const nodes = new MailNodes();
    nodes.send(VIP, 'b@open.test');
    nodes.run(3_000);
    const lines = nodes
      .node(nodes.holder(VIP))
      .effects.flatMap((effect) =>
        effect.type === 'logLine' && effect.line.log === 'mainlog' ? [effect.line.text] : [],
      );
    expect(lines.map((line) => line.split('@')[4])).toEqual(['R', 'D']);
  });

  test('tells its mail figures, with rates once they are known', () => {
    const nodes = new MailNodes();
    const name = nodes.holder(VIP);
    const mail = nodes.mailOf(name);
    mail.status(nodes.world.clock.nowMs());
    for (const to of recipients(30, 'open.test')) nodes.send(VIP, to);
    nodes.run(3_000);
    const status = mail.status(nodes.world.clock.nowMs());
    expect(status).toMatchObject({ receptions: 30, deliveries: 30, active: 0, delayed: 0, moved: 0 });
    expect(status?.receptionRate).toBeGreaterThan(0);
  });

  test('[CON-19] ends sessions of an older configuration, where it has to do with mail', () => {
    const nodes = new MailNodes();
    const holder = nodes.holder(VIP);
    const { reception } = must(nodes.mailOf(holder).core, 'mail');
    const session = () => {
      const client = {
        address: ip('10.0.0.9'),
        port: 1,
        localAddress: ip(VIP),
        localPort: 25,
        transfer: false,
      };
      return reception.clientConnected(client, nodes.world.clock.nowMs()).connection;
    };
    const hears = (connection: number): number =>
      reception.mailFrom(connection, 'a@x.example', undefined, nodes.world.clock.nowMs()).code;
    const [first, second] = [session(), session()];
    nodes.node(holder).type('config set Control_Client_Timeout 50');
    nodes.node(holder).type('config set cluster arp_all_hosts false');
    expect(hears(first)).toBe(250);
    nodes.node(holder).type('config set Retry_Interval 7');
    expect(hears(second)).toBe(421);
    expect(hears(session())).toBe(250);
    const last = session();
    expect(nodes.node(holder).type('config reload')).toContain('OK');
    expect(hears(last)).toBe(421);
  });

  test('[CON-19] with new limits after a reload goes on, and says what it does not do', () => {
    const nodes = new MailNodes();
    const node = nodes.node('node1');
    expect(node.type('config set TLS required')).toContain('mail goes out in the clear');
    expect(node.type('config set Retry_Interval 7')).toBe('Retry_Interval = 7');
  });
});
