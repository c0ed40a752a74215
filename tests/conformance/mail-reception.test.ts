/** What clients get from the reception: good ones their mail accepted, bad ones an answer and the end of their session. */

import { afterEach, describe, expect, test } from 'vitest';
import type { ReceptionLimits } from '../../server/adapters/smtp-reception.ts';
import { type ReceptionWorld, receptionWorld } from '../support/reception-world.ts';
import { until } from '../support/until.ts';

let world: ReceptionWorld;
afterEach(() => world.close());

async function begin(limits: Partial<ReceptionLimits> = {}): Promise<ReceptionWorld> {
  world = await receptionWorld(limits);
  return world;
}

async function textOf(id: string): Promise<string> {
  const body = world.spool.body(id);
  if (body === undefined) return '';
  let text = '';
  for await (const chunk of body.stream) text += String(chunk);
  return text;
}

const ENVELOPE = ['EHLO c', 'MAIL FROM:<a@x.example>', 'RCPT TO:<b@y.example>'] as const;

describe('a client', () => {
  test('hears that a message is accepted when it is on the disk', async () => {
    const { client, desk, spool } = await begin();
    const one = client();
    await one.replied(1);
    await one.talk('EHLO client.example', 'MAIL FROM:<a@x.example> SIZE=20', 'RCPT TO:<b@y.example>', 'DATA');
    await one.talk('Subject: hello\r\n\r\n..dot\r\n.');
    expect(one.codes).toEqual([220, 250, 250, 250, 354, 250]);
    expect(one.replies.at(-1)).toBe('250 2.0.0 fine');
    const [envelope] = desk.spooled;
    expect(envelope).toMatchObject({ from: 'a@x.example', domain: 'y.example' });
    expect(await textOf(envelope?.id ?? '')).toMatch(
      /^Received: from client\.example \(\[127\.0\.0\.1\]\)\r\n\tby node-1\.example with ESMTP id [^;]+;\r\n\t[^\r]+\r\nSubject: hello\r\n\r\n\.dot\r\n$/,
    );
    expect(spool.size).toBe(1);
    await one.talk('QUIT');
    await until(() => desk.closed.length === 1);
  });

  test('may send everything at once, several messages on one connection', async () => {
    const { client, desk } = await begin();
    const one = client();
    await one.replied(1);
    const message = 'MAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\nDATA\r\nx\r\n.\r\n';
    one.say(`EHLO c\r\n${message}${message}QUIT\r\n`);
    expect(await one.closed()).toEqual([220, 250, 250, 250, 354, 250, 250, 250, 354, 250, 221]);
    expect(desk.spooled).toHaveLength(2);
  });

  test('gets the mail for several domains accepted as one, and it is queued as several', async () => {
    const { client, desk, spool } = await begin();
    const one = client();
    await one.replied(1);
    await one.talk(...ENVELOPE, 'RCPT TO:<c@z.example>', 'RCPT TO:<d@Bücher.example>', 'DATA', 'x\r\n.');
    expect(desk.spooled.map(({ domain }) => domain)).toEqual([
      'y.example',
      'z.example',
      'xn--bcher-kva.example',
    ]);
    expect(spool.size).toBe(3);
  });

  test('hears what is offered, and nothing else is understood', async () => {
    const { client } = await begin();
    const one = client();
    await one.replied(1);
    await one.talk('EHLO c', 'STARTTLS', 'AUTH PLAIN AAAA', 'XCLIENT NAME=a', 'WIZ', 'SHELL');
    expect(one.codes.slice(2)).toEqual([500, 500, 500, 500, 500]);
    for (const word of ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'SIZE 33554432'])
      expect(one.heard).toContain(word);
    expect(one.heard).not.toMatch(/STARTTLS\r\n|AUTH|DSN/);
  });

  test('hears verdicts of the core at every step, and a refused DATA is not read', async () => {
    const { client, desk, spool } = await begin();
    desk.verdicts.rcpt = { code: 550, text: '5.7.1 no relaying' };
    const one = client();
    await one.replied(1);
    await one.talk(...ENVELOPE);
    expect(one.replies.at(-1)).toBe('550 5.7.1 no relaying');
    delete desk.verdicts.rcpt;
    desk.verdicts.data = { code: 452, text: '4.3.1 full' };
    await one.talk('RCPT TO:<b@y.example>', 'DATA', 'NOOP');
    expect(one.replies.slice(-2)).toEqual(['452 4.3.1 full', '250 OK']);
    delete desk.verdicts.data;
    desk.verdicts.end = { code: 554, text: '5.4.6 too many hops' };
    await one.talk('DATA', 'x\r\n.');
    expect(one.replies.at(-1)).toBe('554 5.4.6 too many hops');
    expect([spool.size, desk.refusals]).toEqual([0, []]);
  });

  test('[CON-19] hears 421 of a newer configuration, and is gone', async () => {
    const { client, desk } = await begin();
    const one = client();
    await one.replied(1);
    await one.talk('EHLO c');
    desk.verdicts.mail = { code: 421, text: '4.3.2 Reconfiguration in progress' };
    one.say('MAIL FROM:<a@x.example>\r\n');
    await one.closed();
    expect(one.replies.at(-1)).toBe('421 4.3.2 Reconfiguration in progress');
    expect(desk.refusals).toEqual([]);
  });

  test('that may not connect hears why and is gone', async () => {
    const { client, desk, reception } = await begin();
    desk.verdicts.connect = { code: 421, text: '4.7.0 too many connections from your network' };
    const one = client();
    await one.closed();
    expect(one.heard).toBe('421 4.7.0 too many connections from your network\r\n');
    expect([reception.sessions, desk.closed]).toEqual([0, []]);
  });

  test('whose message cannot be stored hears 452, and is asked to come again', async () => {
    const { client, desk, spool } = await begin();
    const one = client();
    await one.replied(1);
    await one.talk(...ENVELOPE, 'DATA');
    await spool.close();
    await one.talk('x\r\n.');
    expect(one.codes.at(-1)).toBe(452);
    expect(desk.facts.filter(({ type }) => type === 'notSpooled')).toHaveLength(1);
  });

  test('that goes round in circles is seen by the fields of its head, not of its body', async () => {
    const { client, desk } = await begin();
    const one = client();
    await one.replied(1);
    await one.talk(
      ...ENVELOPE,
      'DATA',
      `${'Received: by a\r\n\tmore\r\n'.repeat(7)}X: y\r\n\r\nReceived: in the body\r\n.`,
    );
    expect(desk.arrivals).toMatchObject([{ hops: 7 }]);
  });
});

describe('a bad client', () => {
  const QUICK = { idleMs: 150, dataMs: 400, sessionMs: 700 };

  test('that says nothing hears 421', async () => {
    const { client, reception } = await begin(QUICK);
    const one = client();
    expect(await one.closed()).toEqual([220, 421]);
    await until(() => reception.sessions === 0);
  });

  test('that stalls in the middle of a message is let go, and nothing of it stays', async () => {
    const { client, desk, spool } = await begin(QUICK);
    const one = client();
    await one.replied(1);
    await one.talk(...ENVELOPE, 'DATA');
    one.say('half of it');
    expect((await one.closed()).at(-1)).toBe(421);
    await until(() => desk.closed.length === 1);
    expect([spool.size, desk.spooled]).toEqual([0, []]);
  });

  test('that sends its message one byte at a time is let go', async () => {
    const { client, desk } = await begin(QUICK);
    const one = client();
    await one.replied(1);
    await one.talk(...ENVELOPE, 'DATA');
    const timer = setInterval(() => one.say('x'), 20);
    await one.closed();
    clearInterval(timer);
    expect(one.codes.at(-1)).toBe(421);
    await until(() => desk.closed.length === 1);
    expect(desk.spooled).toEqual([]);
  });

  test('that keeps its session for ever is let go', async () => {
    const { client } = await begin({ ...QUICK, idleMs: 60_000 });
    const one = client();
    expect(await one.closed()).toEqual([220, 421]);
  });

  test('that sends a line of a megabyte as a command is let go', async () => {
    const { client, desk } = await begin();
    const one = client();
    await one.replied(1);
    one.say(Buffer.alloc(1024 * 1024, 65));
    expect((await one.closed()).at(-1)).toBe(421);
    await until(() => desk.closed.length === 1);
  });

  test('that sends a line of a megabyte in a message hears 500, and may go on', async () => {
    const { client, desk, spool } = await begin();
    const one = client();
    await one.replied(1);
    await one.talk(...ENVELOPE, 'DATA');
    one.say(Buffer.alloc(1024 * 1024, 65));
    await one.talk('\r\n.', 'NOOP');
    expect(one.codes.slice(-2)).toEqual([500, 250]);
    expect([spool.size, desk.refusals.length]).toEqual([0, 1]);
  });

  test('that sends more than it may hears 552, and one that never ends is cut off', async () => {
    const { client, spool, desk } = await begin({ messageBytesMax: 100_000 });
    const line = `${'x'.repeat(998)}\r\n`;
    const [one, two] = [client(), client()];
    await Promise.all([one.replied(1), two.replied(1)]);
    await one.talk('EHLO c', 'MAIL FROM:<a@x.example> SIZE=200000');
    expect(one.codes.at(-1)).toBe(552);
    await one.talk('MAIL FROM:<a@x.example>', 'RCPT TO:<b@y.example>', 'DATA', `${line.repeat(150)}.`);
    expect(one.codes.at(-1)).toBe(552);
    await two.talk(...ENVELOPE, 'DATA');
    const timer = setInterval(() => two.say(line.repeat(50)), 5);
    await two.closed();
    clearInterval(timer);
    await until(() => desk.closed.length === 1);
    expect([spool.size, desk.spooled]).toEqual([0, []]);
  });

  test('that floods is let go', async () => {
    const { client, reception } = await begin({ commandsMax: 50 });
    const [noops, recipients, nonsense] = [client(), client(), client()];
    await Promise.all([noops, recipients, nonsense].map((one) => one.replied(1)));
    noops.say('NOOP\r\n'.repeat(5_000));
    recipients.say(`EHLO c\r\nMAIL FROM:<a@x.example>\r\n${'RCPT TO:<b@y.example>\r\n'.repeat(5_000)}`);
    nonsense.say('\x00\xff\r\n'.repeat(5_000));
    for (const one of [noops, recipients, nonsense]) expect((await one.closed()).at(-1)).toBe(421);
    expect(noops.codes.filter((code) => code === 250).length).toBeLessThan(60);
    await until(() => reception.sessions === 0);
  });

  test('that only makes mistakes is let go', async () => {
    const { client, desk } = await begin({ errorsMax: 3 });
    const one = client();
    await one.replied(1);
    one.say(`EHLO c\r\n${'MAIL FROM:<nonsense\r\n'.repeat(20)}`);
    expect(await one.closed()).toEqual([220, 250, 501, 501, 501, 501, 421]);
    expect(desk.refusals.length).toBeGreaterThanOrEqual(4);
  });

  test('that talks before it is greeted, or in a wrong order, hears so', async () => {
    const { client } = await begin();
    const [early, wrong] = [client(), client()];
    early.say('EHLO c\r\nMAIL FROM:<a@x.example>\r\nDATA\r\n');
    expect(await early.closed()).toEqual([421]);
    await wrong.replied(1);
    wrong.say('DATA\r\nMAIL FROM:<a@x.example>\r\nEHLO c\r\nRCPT TO:<b@y.example>\r\nDATA\r\nQUIT\r\n');
    expect(await wrong.closed()).toEqual([220, 503, 503, 250, 503, 503, 221]);
  });

  test('that goes away in the middle leaves nothing', async () => {
    const { client, desk, spool } = await begin();
    const one = client();
    await one.replied(1);
    await one.talk(...ENVELOPE, 'DATA');
    one.say(Buffer.alloc(300_000, 10));
    one.socket.destroy();
    await until(() => desk.closed.length === 1);
    expect([spool.size, desk.spooled]).toEqual([0, []]);
  });

  test('that hides commands behind a lone line feed and a dot sends one message', async () => {
    const { client, desk } = await begin();
    const one = client();
    await one.replied(1);
    await one.talk(...ENVELOPE, 'DATA');
    one.say('x\n.\nMAIL FROM:<evil@x.example>\r\n.\r\n');
    await one.replied(6);
    expect(desk.spooled).toHaveLength(1);
    expect(desk.spooled[0]?.from).toBe('a@x.example');
  });

  test('is no reason to refuse others, and beyond the bound of a process newcomers hear 421', async () => {
    const { client, desk } = await begin({ connectionsMax: 2 });
    const clients = [client(), client(), client()];
    await until(() => clients.some(({ ended }) => ended));
    expect(clients.filter(({ ended }) => ended).map(({ codes }) => codes)).toEqual([[421]]);
    const one = clients.find(({ ended }) => !ended);
    await one?.replied(1);
    await one?.talk(...ENVELOPE, 'DATA', 'x\r\n.');
    expect(desk.spooled).toHaveLength(1);
  });
});

test('sessions end when the reception stops: all hear it, and a complete message is kept', async () => {
  const { client, desk, reception } = await begin();
  const one = client();
  await one.replied(1);
  await one.talk(...ENVELOPE, 'DATA', 'x\r\n.');
  reception.stop({ code: 421, text: '4.3.2 node-1 is stopping' });
  await one.closed();
  expect(one.replies.at(-1)).toBe('421 4.3.2 node-1 is stopping');
  expect(desk.spooled).toHaveLength(1);
});
