/** What clients of the mail plane hear. */

import { describe, expect, test } from 'vitest';
import { HOPS_MAX, INBOUND_CONNECTIONS_MAX, MESSAGE_BYTES_MAX } from '../../../server/mail/api.ts';
import { CLIENT, ip, MailWorld, mailPlan } from '../../support/mail-world.ts';

function session(world: MailWorld, client = CLIENT) {
  const { reception } = world.core;
  const { verdict, connection } = reception.clientConnected(client, world.nowMs);
  return {
    verdict,
    connection,
    from: (address: string, size?: number) => reception.mailFrom(connection, address, size, world.nowMs).code,
    to: (address: string) => reception.rcptTo(connection, address, world.nowMs).code,
    data: () => reception.dataBegin(connection, world.nowMs).code,
    end: (bytes = 10, hops = 0) =>
      reception.dataEnd(connection, { bytes, hops, transferred: undefined }, world.nowMs),
    close: () => world.give({ type: 'clientClosed', connection }),
  };
}

describe('reception', () => {
  test('commands in a wrong order are refused, and nothing comes of them', () => {
    const world = new MailWorld();
    const client = session(world);
    expect([client.to('b@ours.test'), client.data(), client.end().verdict.code]).toEqual([503, 503, 503]);
    expect([client.from('a@x.test'), client.from('a@x.test')]).toEqual([250, 503]);
    world.give({ type: 'asked' });
    expect(world.lines).toHaveLength(4);
    expect(world.core.counters).toMatchObject({ receptions: 0, rejections: 4 });
  });

  test.each([
    'no-at-sign',
    'a b@x.test',
    '"unclosed@x.test',
    'a@-x.test',
    'a@x..test',
    `${'l'.repeat(65)}@x.test`,
    `a@${'d'.repeat(64)}.test`,
    'a@[1.2.3]',
    '@x.test',
    'ä@x.test',
    'a\r\n@x.test',
    `a@${'x.'.repeat(130)}test`,
  ])('the address %j is refused', (address) => {
    const world = new MailWorld();
    const client = session(world);
    expect(client.from(address)).toBe(553);
    client.from('');
    expect(client.to(address)).toBe(553);
    world.give({ type: 'asked' });
    expect(world.lines.every((line) => !line.includes('\n') && !line.includes('\r'))).toBe(true);
  });

  test.each([
    'a@x.test',
    '"a b\\"c"@x.test',
    "o'neil+tag@sub.x.test",
    'a@[192.0.2.1]',
    'a@[IPv6:2001:db8::1]',
  ])('the address %j is one', (address) => {
    const client = session(new MailWorld());
    expect([client.from(address), client.to(address)]).toEqual([250, 250]);
  });

  test('strangers may send to our domains only, relay hosts to all', () => {
    const world = new MailWorld();
    const stranger = session(world, { ...CLIENT, address: ip('203.0.113.1') });
    stranger.from('a@x.test');
    expect([stranger.to('b@ours.test'), stranger.to('b@OURS.test'), stranger.to('b@other.test')]).toEqual([
      250, 250, 550,
    ]);
    world.give({ type: 'asked' });
    expect(world.lines.at(-1)).toMatch(
      /^rejectlog \d{10}: R="203\.0\.113\.1:40000" L="10\.1\.0\.1:25" C="00\/00-25004-00000001" PATH="default" PATH_GRP="default" P="awaiting rcptto" E=550 M=mail CTXCONN=\[pathway=default\] CTXMESS=\[mailfrom_domain=x\.test,mailfrom_string="MAIL FROM:<a@x\.test>",mailfrom_localpart=a\] 5\.7\.1 relaying denied$/,
    );
  });

  test('one reception for several domains becomes a message for each, with one batch', () => {
    const world = new MailWorld();
    const { ids } = world.receive('a@x.test', ['a@one.test', 'b@two.test', 'c@one.test', 'a@one.test']);
    expect(
      [...world.spool.values()].map(({ recipients }) => recipients.map(({ address }) => address)),
    ).toEqual([['a@one.test', 'c@one.test'], ['b@two.test']]);
    const lines = world.lines.map((line) => line.split('@'));
    expect(lines.map(([, message, batch]) => [message, batch])).toEqual([
      [ids[0], ids[0]],
      [ids[0], ids[0]],
      [ids[1], ids[0]],
    ]);
  });

  test('mail belongs to the binding of the address that it came in on, else to the first', () => {
    const world = new MailWorld();
    world.give({ type: 'owners', owners: new Map([['vip', { at: 'here' }]]) });
    world.receive('', ['a@ours.test'], { localAddress: ip('10.1.0.7') });
    world.receive('', ['a@ours.test']);
    expect([...world.spool.values()].map(({ binding }) => binding)).toEqual(['vip', 'default']);
  });

  test.each([
    [
      'a size that is announced',
      (client: ReturnType<typeof session>) => client.from('', MESSAGE_BYTES_MAX + 1),
      552,
    ],
    [
      'a body',
      (client: ReturnType<typeof session>) => {
        client.from('');
        client.to('b@ours.test');
        return client.end(MESSAGE_BYTES_MAX + 1).verdict.code;
      },
      552,
    ],
    [
      'a message in circles',
      (client: ReturnType<typeof session>) => {
        client.from('');
        client.to('b@ours.test');
        return client.end(10, HOPS_MAX + 1).verdict.code;
      },
      554,
    ],
  ])('%s beyond its bound is refused', (_, act, code) => {
    expect(act(session(new MailWorld()))).toBe(code);
  });

  test('no more than a thousand recipients', () => {
    const client = session(new MailWorld());
    client.from('');
    const codes = Array.from({ length: 1_001 }, (_, n) => client.to(`r${n}@ours.test`));
    expect([codes.filter((code) => code === 250).length, codes.at(-1)]).toEqual([1_000, 452]);
  });

  test('a full spool says 452 to new mail, and keeps what was accepted', () => {
    const world = new MailWorld();
    world.receive('', ['a@ours.test']);
    world.give({ type: 'spoolState', problem: 'no space left' });
    expect(session(world).from('')).toBe(452);
    world.give({ type: 'spoolState', problem: undefined });
    expect(world.receive('', ['a@ours.test']).code).toBe(250);
    expect(world.spool.size).toBe(2);
  });

  test('what could not be written is no reception', () => {
    const world = new MailWorld();
    const client = session(world);
    client.from('');
    client.to('a@ours.test');
    const [envelope] = client.end().envelopes;
    expect(world.core.quiet).toBe(false);
    world.give({ type: 'notSpooled', id: envelope?.id ?? '', reason: 'no space left' });
    expect(world.core.quiet).toBe(true);
    expect(world.core.counters).toMatchObject({ receptions: 0, active: 0 });
  });

  test('limits of a netblock count connections of the whole cluster', () => {
    const network = { address: ip('10.0.0.0'), bits: 24 };
    const world = new MailWorld(mailPlan({}, { inbound: [{ network, perHost: 2, perNetwork: 3 }] }));
    const first = session(world);
    session(world);
    expect(session(world).verdict).toMatchObject({ code: 421 });
    world.cluster.count('inbound_cidr', '10.0.0.0/24', 2);
    const other = { ...CLIENT, address: ip('10.0.0.10') };
    session(world, other);
    expect(session(world, { ...CLIENT, address: ip('10.0.0.11') }).verdict.code).toBe(421);
    expect(session(world, { ...CLIENT, address: ip('192.0.2.1') }).verdict.code).toBe(220);
    first.close();
    first.close();
    expect(world.cluster.counts.get('inbound_cidr 10.0.0.9')).toBe(1);
  });

  test('connections of this process are bounded', () => {
    const world = new MailWorld();
    for (let n = 0; n < INBOUND_CONNECTIONS_MAX; n += 1) session(world);
    expect(session(world).verdict.code).toBe(421);
    expect(world.core.counters.inbound).toBe(INBOUND_CONNECTIONS_MAX);
  });

  test('whoever closes before the message is on disk has handed it in all the same', () => {
    const world = new MailWorld();
    const client = session(world);
    client.from('');
    client.to('a@ours.test');
    const [envelope] = client.end().envelopes;
    client.close();
    if (envelope !== undefined) world.give({ type: 'spooled', connection: client.connection, envelope });
    expect(world.core.counters).toMatchObject({ receptions: 1, active: 1, inbound: 0 });
  });

  test('[CON-19] a session of an older configuration finishes its message and then hears 421', () => {
    const world = new MailWorld();
    const [busy, idle] = [session(world), session(world)];
    busy.from('a@x.test');
    const next = mailPlan({}, { reconfigMessage: '4.3.2 Come back' });
    world.give({ type: 'configured', plan: next });
    expect([busy.to('b@ours.test'), busy.data(), busy.end().verdict.code]).toEqual([250, 354, 250]);
    const { reception } = world.core;
    expect(reception.mailFrom(idle.connection, 'a@x.test', undefined, world.nowMs)).toEqual({
      code: 421,
      text: '4.3.2 Reconfiguration in progress',
    });
    expect(busy.from('a@x.test')).toBe(421);
    expect(session(world).from('a@x.test')).toBe(250);
    expect(world.core.counters.rejections).toBe(0);
  });

  test('a flood of refusals leaves a bounded trace', () => {
    const world = new MailWorld();
    const client = session(world);
    for (let n = 0; n < 30_000; n += 1) client.to('x');
    expect(world.give({ type: 'asked' }).length).toBe(20_000);
    expect(world.core.droppedLines).toBe(10_000);
  });

  test('a connection that was not admitted can do nothing', () => {
    const { core } = new MailWorld();
    expect(core.reception.mailFrom(77, '', undefined, 0).code).toBe(421);
    expect(core.reception.rcptTo(77, '', 0).code).toBe(421);
    expect(core.reception.dataEnd(77, { bytes: 1, hops: 0, transferred: undefined }, 0).verdict.code).toBe(
      421,
    );
  });
});
