/** What becomes of a message that leaves: one answer for every recipient, or an end of the connection, and never silence. */

import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type MailSpool, openSpool } from '../../server/adapters/mail-spool.ts';
import { SmtpDelivery } from '../../server/adapters/smtp-delivery.ts';
import type { Envelope, MailFact, RecipientResult, SessionPolicy } from '../../server/mail/api.ts';
import { STAGE } from '../../server/mail/mail-lines.ts';
import type { IpAddress } from '../../server/model/ip.ts';
import { type RawHost, rawHost } from '../support/raw-smtp.ts';
import { numberedId, scriptedEnvelope } from '../support/scripted-mail.ts';
import { until } from '../support/until.ts';

let directory: string;
let spool: MailSpool;
let delivery: SmtpDelivery;
let facts: MailFact[];
let host: RawHost | undefined;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'muster-delivery-'));
  ({ spool } = await openSpool({ base: join(directory, 'spool'), mode: 0o640, onState: () => undefined }));
  facts = [];
  delivery = new SmtpDelivery({
    give: (fact) => facts.push(fact),
    spool: () => spool,
    addressesOf: async (name) => (name === 'here.example' ? ['127.0.0.1'] : []),
    connectNode: async () => {
      throw new Error('no node is reached here');
    },
    nodeSession: () => POLICY,
  });
});
afterEach(async () => {
  delivery.close();
  await host?.close();
  host = undefined;
  await spool.close();
  rmSync(directory, { recursive: true, force: true });
});

const POLICY: SessionPolicy = {
  ehlo: 'node-1.example',
  connectMs: 2_000,
  ehloMs: 300,
  mailFromMs: 200,
  rcptToMs: 200,
  bodyMs: 200,
  rsetMs: 200,
};

/** Answers every line by its first word; DATA takes lines up to the dot. `undefined`: says nothing. */
type Script = Partial<
  Record<'EHLO' | 'MAIL' | 'RCPT' | 'DATA' | '.' | 'RSET' | 'QUIT', (line: string) => string | undefined>
>;

type Spoken = { readonly from: string | undefined; readonly lines: string[]; readonly socket: Socket };

async function scripted(script: Script = {}, greeting = '220 here'): Promise<Spoken[]> {
  const spoken: Spoken[] = [];
  host = await rawHost((socket) => {
    const one: Spoken = { from: socket.remoteAddress, lines: [], socket };
    spoken.push(one);
    let rest = '';
    let data = false;
    const answer = (word: string, line: string, standard: string): void => {
      const own = script[word as keyof Script];
      const reply = own === undefined ? standard : own(line);
      if (reply !== undefined) socket.write(`${reply}\r\n`);
      if (word === 'DATA' && reply?.startsWith('3')) data = true;
      if (word === 'QUIT') socket.end();
    };
    if (greeting !== '') socket.write(`${greeting}\r\n`);
    socket.on('data', (bytes) => {
      const lines = (rest + bytes.toString('latin1')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        one.lines.push(line);
        if (data && line !== '.') continue;
        if (data) data = false;
        const word = line.split(/[ :]/)[0]?.toUpperCase() ?? '';
        answer(word, line, word === 'DATA' ? '354 go on' : word === 'QUIT' ? '221 bye' : '250 fine');
      }
    });
  });
  return spoken;
}

async function store(number = 1, changes: Partial<Envelope> = {}): Promise<Envelope> {
  const envelope = scriptedEnvelope({ id: numberedId(number), ...changes });
  const writer = spool.begin();
  await writer.write(Buffer.from('Subject: one\r\n\r\nbody\r\n.dot\r\n'));
  expect(await spool.commit(writer, { trace: undefined, envelopes: [envelope] })).toBeUndefined();
  return envelope;
}

function connect(connection: number, hosts = [{ host: 'mx.example', addresses: ['127.0.0.1'] }]): void {
  delivery.perform({
    type: 'connect',
    connection,
    from: '127.0.0.1' as IpAddress,
    hosts,
    port: host?.port ?? 1,
    session: POLICY,
  });
}

function send(connection: number, envelope: Envelope): void {
  delivery.perform({ type: 'send', connection, envelope });
}

async function connected(connection = 1): Promise<void> {
  connect(connection);
  await until(() => facts.some((fact) => fact.type === 'connected' && fact.connection === connection));
}

async function outcome(number = 1): Promise<readonly RecipientResult[]> {
  return until(
    () =>
      facts.flatMap((fact) =>
        fact.type === 'sent' && fact.outcome.message === numberedId(number) ? [fact.outcome.results] : [],
      )[0],
  );
}

async function ended(connection = 1): Promise<Extract<MailFact, { type: 'disconnected' }>> {
  return until(
    () =>
      facts.flatMap((fact) =>
        fact.type === 'disconnected' && fact.connection === connection ? [fact] : [],
      )[0],
  );
}

describe('a message', () => {
  test('leaves from the address of its binding, several on one connection', async () => {
    const spoken = await scripted();
    await connected();
    for (const number of [1, 2]) {
      send(1, await store(number, { from: number === 2 ? '' : 'sender@example.org' }));
      expect(await outcome(number)).toEqual([{ code: 250, text: '250 fine', stage: STAGE.confirmation }]);
    }
    delivery.perform({ type: 'disconnect', connection: 1 });
    await ended();
    expect(spoken).toHaveLength(1);
    expect(spoken[0]?.from).toBe('127.0.0.1');
    expect(spoken[0]?.lines).toEqual([
      'EHLO node-1.example',
      ...['sender@example.org', ''].flatMap((from) => [
        `MAIL FROM:<${from}>`,
        'RCPT TO:<someone@example.com>',
        'DATA',
        'Subject: one',
        '',
        'body',
        '..dot',
        '.',
      ]),
      'QUIT',
    ]);
    expect(facts.map(({ type }) => type)).toEqual(['connected', 'sent', 'sent', 'disconnected']);
  });

  test('gets an answer for each recipient', async () => {
    await scripted({
      RCPT: (line) =>
        line.includes('<b@') ? '550 5.1.1 nobody' : line.includes('<c@') ? '451 later' : '250 ok',
    });
    await connected();
    const recipients = ['a', 'b', 'c'].map((name) => ({
      address: `${name}@example.com`,
      domain: 'example.com',
    }));
    send(1, await store(1, { recipients }));
    expect((await outcome()).map(({ code }) => code)).toEqual([250, 550, 451]);
  });

  test.each([
    ['MAIL', { MAIL: () => '451 greylisted' }, 451, STAGE.mailFrom],
    ['every RCPT', { RCPT: () => '550 no' }, 550, STAGE.rcptTo],
    ['DATA', { DATA: () => '452 full' }, 452, STAGE.data],
    ['its end', { '.': () => '554 spam' }, 554, STAGE.confirmation],
  ] as const)('that is refused at %s says so, and the connection goes on', async (_, script, code, stage) => {
    let refuse = true;
    const [[word, reply] = []] = Object.entries(script);
    const spoken = await scripted({
      [word ?? '']: () => (refuse ? reply?.() : word === 'DATA' ? '354 go' : '250 ok'),
    });
    await connected();
    send(1, await store(1));
    expect(await outcome()).toEqual([expect.objectContaining({ code, stage })]);
    refuse = false;
    send(1, await store(2));
    expect(await outcome(2)).toEqual([expect.objectContaining({ code: 250 })]);
    expect(spoken).toHaveLength(1);
  });

  test('that is larger than the host takes is refused without asking', async () => {
    const spoken = await scripted({ EHLO: () => '250-here\r\n250 SIZE 5' });
    await connected();
    send(1, await store());
    expect(await outcome()).toEqual([expect.objectContaining({ code: 552 })]);
    expect(spoken[0]?.lines).toEqual(['EHLO node-1.example']);
  });
});

describe('a destination that never answers', () => {
  test.each([
    ['its greeting', {}, ''],
    ['EHLO', { EHLO: () => undefined }, '220 here'],
  ] as const)('with %s is given up', async (_, script, greeting) => {
    await scripted(script, greeting);
    connect(1);
    expect((await ended()).stage).toBe(STAGE.notConnected);
    expect(facts).toHaveLength(1);
  });

  test.each([['MAIL'], ['RCPT'], ['DATA'], ['.']] as const)('%s leaves the message queued', async (word) => {
    await scripted({ [word]: () => undefined });
    await connected();
    send(1, await store());
    await ended();
    expect(facts.map(({ type }) => type)).toEqual(['connected', 'disconnected']);
    expect(spool.size).toBe(1);
  });

  test('and drips nonsense is given up as well', async () => {
    const spoken = await scripted({ MAIL: () => undefined });
    await connected();
    const timer = setInterval(() => spoken[0]?.socket.write('2'), 30);
    send(1, await store());
    await ended();
    clearInterval(timer);
  });
});

describe('a connection', () => {
  test('that dies when the data has left has an unknown outcome', async () => {
    const spoken = await scripted({
      '.': () => {
        spoken[0]?.socket.destroy();
        return undefined;
      },
    });
    await connected();
    send(1, await store());
    expect(await ended()).toMatchObject({ stage: STAGE.confirmation });
    expect(facts.map(({ type }) => type)).toEqual(['connected', 'disconnected']);
  });

  test('that is closed by 421 gives that answer first', async () => {
    await scripted({ MAIL: () => '421 4.3.2 stopping' });
    await connected();
    send(1, await store());
    expect(await outcome()).toEqual([expect.objectContaining({ code: 421 })]);
    await ended();
  });

  test('goes to the next address when one does not answer', async () => {
    await scripted();
    connect(1, [
      { host: 'broken.example', addresses: ['127.0.0.9', 'no address', '::1'] },
      { host: 'here.example', addresses: [] },
    ]);
    const found = await until(() => facts[0]);
    expect(found).toMatchObject({ type: 'connected', host: 'here.example', address: '127.0.0.1' });
  });

  test('that cannot be had says why', async () => {
    await scripted({}, '554 go away');
    connect(1);
    expect((await ended()).reason).toContain('554 go away');
    connect(2, [{ host: 'nowhere.example', addresses: [] }]);
    expect((await ended(2)).reason).toContain('no address');
  });

  test('that nobody wants any more ends, also while it is opened', async () => {
    await scripted({}, '');
    connect(1);
    delivery.perform({ type: 'disconnect', connection: 1 });
    await ended();
    expect(facts).toHaveLength(1);
  });

  test('hears nonsense, and nobody sees more of it than a line', async () => {
    await scripted({ MAIL: () => `550 \x1b[31mred\x07 ${'x'.repeat(5_000)}` });
    await connected();
    send(1, await store());
    const [result] = await outcome();
    expect(result?.text).toMatch(/^550 \[31mred x+$/);
    expect(result?.text.length).toBeLessThanOrEqual(1_024);
  });
});
