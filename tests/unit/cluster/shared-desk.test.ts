/** Other software counts, throttles and caches in the cluster: nodes in memory, questions by hand. */

import { beforeEach, describe, expect, test } from 'vitest';
import { must } from '../../../server/base/assert.ts';
import { DEADLINE_REACHED } from '../../../server/base/core.ts';
import type { HttpAnswer } from '../../../server/cluster/shared-api.ts';
import { type SharedAnswer, type SharedAsk, SharedDesk } from '../../../server/cluster/shared-desk.ts';
import { load } from '../../support/conf-samples.ts';
import { SharingWorld } from '../../support/sharing-world.ts';

type Label = 'node1' | 'node2';

let world: SharingWorld;
let desks: Record<Label, SharedDesk>;
const policy = must(
  load(`Policy_Listener {
    Throttle_Client = "3/60"
    Listen "127.0.0.1:10040" { Recipients_Max = 5 }
    Listen "127.0.0.1:10041" { Throttle_Client = "100/60" Throttle_Sender = "1/60" Throttle_Recipient_Domain = "2/60" }
  }`).generation,
  'a configuration',
);

beforeEach(() => {
  world = new SharingWorld().start('node1', 'node2');
  const desk = (label: Label): SharedDesk => new SharedDesk(world.shared(label), () => policy);
  desks = { node1: desk('node1'), node2: desk('node2') };
});

/** The answer, after as many rounds of the bus as it needs. */
function answerOf(label: Label, ask: SharedAsk): SharedAnswer {
  const desk = desks[label];
  let effects = desk.step({ type: 'sharedAsk', ticket: 1, ask }, world.nowMs);
  world.poke(label);
  for (let round = 0; effects.length === 0 && round < 300; round += 1) {
    world.pass(5);
    effects = desk.step(DEADLINE_REACHED, world.nowMs);
    world.poke(label);
  }
  expect(desk.deadlineMs).toBeUndefined();
  return must(effects[0], 'an answer').answer;
}

function http(label: Label, request: string, body?: unknown): HttpAnswer & { readonly json: unknown } {
  const [method = '', target = ''] = request.split(' ');
  const url = new URL(target, 'http://localhost');
  const ask = {
    method,
    path: url.pathname,
    query: new Map(url.searchParams),
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  };
  const answer = answerOf(label, { type: 'http', http: ask });
  if (answer.type !== 'http') throw new Error('another answer');
  return { ...answer.http, json: JSON.parse(answer.http.body) };
}

function decide(
  label: Label,
  attributes: Readonly<Record<string, string>>,
  listener = '127.0.0.1:10040',
): string {
  const all = { protocol_state: 'RCPT', client_address: '192.0.2.1', recipient: 'b@y.test', ...attributes };
  const ask = { type: 'policy', listener, attributes: new Map(Object.entries(all)) } as const;
  const answer = answerOf(label, ask);
  return answer.type === 'policy' ? answer.action : 'another answer';
}

describe('counting', () => {
  test('what one node is told counts on all', () => {
    const count = { object: 'outbound_domains', key: 'example.test', change: 3 };
    expect(http('node1', 'POST /v1/count', count).json).toEqual({
      object: 'outbound_domains',
      key: 'example.test',
      total: 3,
      own: 3,
    });
    world.pass(2_000);
    expect(http('node2', 'GET /v1/count?object=outbound_domains&key=example.test').json).toMatchObject({
      total: 3,
      own: 0,
    });
  });

  test('nobody takes back what others counted', () => {
    world.count('node1', 'outbound_domains', 'example.test', 5);
    http('node1', 'POST /v1/count', { object: 'outbound_domains', key: 'example.test', change: 1 });
    const after = http('node1', 'POST /v1/count', {
      object: 'outbound_domains',
      key: 'example.test',
      change: -9,
    });
    expect(after.json).toMatchObject({ total: 5, own: 0 });
  });

  test('addresses and netblocks are one key, however they are written', () => {
    const change = { object: 'inbound_cidr', change: 1 };
    http('node1', 'POST /v1/count', { ...change, key: '2001:DB8:0:0::1' });
    expect(http('node1', 'POST /v1/count', { ...change, key: '2001:db8::1/128' }).json).toMatchObject({
      key: '2001:db8::1',
      total: 2,
    });
    expect(http('node1', 'GET /v1/count?object=inbound_cidr&key=2001:db8::/32').json).toMatchObject({
      total: 2,
    });
  });
});

describe('throttles and caches', () => {
  test('a throttle is shared: what one node took is gone on the other', () => {
    const ask = { name: 'acme', rate: '10/60', amount: 9 };
    expect(http('node1', 'POST /v1/throttle', ask).json).toEqual({ taken: true, waitMs: 0 });
    world.pass(2_000);
    const second = http('node2', 'POST /v1/throttle', ask).json as { taken: boolean; waitMs: number };
    expect(second.taken).toBe(false);
    expect(second.waitMs).toBeGreaterThan(1_000);
    expect(http('node1', 'POST /v1/throttle', { ...ask, amount: 11 }).status).toBe(422);
  });

  test('[REP-25] a value is set on one node, read on the other, and ends', () => {
    const entry = { object: 'mycache', key: 'k', value: 'grüße', ttl: '1M' };
    expect(http('node1', 'POST /v1/cache', entry)).toMatchObject({ status: 200, json: { stored: true } });
    world.pass(2_000);
    expect(http('node2', 'GET /v1/cache?object=mycache&key=k').json).toMatchObject({
      value: 'grüße',
      encoding: 'utf8',
    });
    world.pass(60_000);
    expect(http('node2', 'GET /v1/cache?object=mycache&key=k').status).toBe(404);
  });

  test('bytes that are no text go as base64, and are deleted on all nodes', () => {
    const value = Buffer.from([0xff, 0x00, 0x80]).toString('base64');
    http('node1', 'POST /v1/cache', { object: 'mycache', key: 'b', value, encoding: 'base64', ttl: 0 });
    world.pass(2_000);
    expect(http('node2', 'GET /v1/cache?object=mycache&key=b').json).toEqual({
      object: 'mycache',
      key: 'b',
      value,
      encoding: 'base64',
      expiresInMs: null,
    });
    expect(http('node2', 'DELETE /v1/cache?object=mycache&key=b').json).toEqual({ deleted: true });
    world.pass(2_000);
    expect(http('node1', 'GET /v1/cache?object=mycache&key=b').status).toBe(404);
  });
});

test('objects and their rows are listed', () => {
  world.count('node1', 'outbound_domains', 'a.test', 2);
  world.count('node2', 'outbound_domains', 'b.test', 7);
  world.pass(2_000);
  const { objects } = http('node1', 'GET /v1/objects').json as { objects: readonly { name: string }[] };
  expect(objects.find(({ name }) => name === 'outbound_domains')).toMatchObject({
    kind: 'gauge table',
    total: 9,
    entries: 2,
  });
  expect(http('node1', 'GET /v1/objects/outbound_domains?top=1').json).toMatchObject({
    found: 2,
    rows: [{ key: 'b.test', value: 7 }],
  });
  expect(http('node1', 'GET /v1/objects/outbound_domains?view=node1').json).toMatchObject({
    rows: [{ key: 'a.test', value: 2 }],
  });
});

test.each([
  ['GET /v1/nothing', undefined, 404, 'noSuchPath'],
  ['PUT /v1/count', undefined, 405, 'methodNotAllowed'],
  ['GET /v1/objects/%E0%A4%A', undefined, 404, 'noSuchObject'],
  ['GET /v1/objects/outbound_domains?top=-1', undefined, 422, 'invalid'],
  ['GET /v1/objects/outbound_domains?view=nobody', undefined, 404, 'noSuchMember'],
  ['POST /v1/count', undefined, 400, 'notJson'],
  ['POST /v1/count', '[1', 400, 'notJson'],
  ['POST /v1/count', [], 422, 'invalid'],
  ['POST /v1/count', { object: 'outbound_domains', key: 'x', change: 1.5 }, 422, 'invalid'],
  ['POST /v1/count', { object: 'outbound_domains', key: 'x', change: 1e300 }, 422, 'invalid'],
  ['POST /v1/count', { object: 'outbound_domains', key: 'ö'.repeat(300), change: 1 }, 422, 'invalid'],
  ['POST /v1/count', { object: 'nothing', key: 'x', change: 1 }, 404, 'noSuchObject'],
  ['POST /v1/count', { object: 'mycache', key: 'x', change: 1 }, 422, 'wrongKind'],
  ['POST /v1/count', { object: 'inbound_cidr', key: 'not an address', change: 1 }, 422, 'invalid'],
  ['POST /v1/throttle', { name: 'x', rate: '1/0' }, 422, 'invalid'],
  ['POST /v1/throttle', { name: 'x', rate: '1', epsilon: 1 }, 422, 'invalid'],
  ['POST /v1/throttle', { name: 'x', rate: '1', object: 'OBTM' }, 404, 'noSuchObject'],
  ['POST /v1/cache', { object: 'mycache', key: 'x', value: 'y', ttl: -1 }, 422, 'invalid'],
  ['POST /v1/cache', { object: 'mycache', key: 'x', value: 'x'.repeat(65_537), ttl: 0 }, 413, 'valueTooLong'],
  ['POST /v1/cache', { object: 'mycache', key: 'x', value: '*', encoding: 'base64', ttl: 0 }, 422, 'invalid'],
  ['GET /v1/cache?object=inbound_cidr&key=x', undefined, 422, 'wrongKind'],
])('%s %j is refused: %i %s', (request, body, status, code) => {
  expect(http('node1', request, body)).toMatchObject({ status, json: { error: { code } } });
});

describe('policy', () => {
  test('a client may send so much to all nodes together', () => {
    expect([decide('node1', {}), decide('node1', {})]).toEqual(['DUNNO', 'DUNNO']);
    world.pass(2_000);
    const rest = [decide('node2', {}), decide('node2', {}), decide('node2', {})];
    expect(rest.at(-1)).toMatch(/^DEFER_IF_PERMIT 4\.7\.1 this client sends too much, try again in \d+ s$/);
    expect(decide('node2', { client_address: '192.0.2.2' })).toBe('DUNNO');
  });

  test('each listener has limits of its own, wider ones where it says nothing', () => {
    const listener = '127.0.0.1:10041';
    expect(decide('node1', { sender: 'a@x.test' }, listener)).toBe('DUNNO');
    expect(decide('node1', { sender: 'A@X.test' }, listener)).toMatch(/this sender/);
    expect(decide('node1', { sender: '' }, listener)).toBe('DUNNO');
    expect(decide('node1', { sender: '' }, listener)).toMatch(/to this domain/);
    expect(decide('node1', { sender: '', recipient: 'b@other.test' }, listener)).toBe('DUNNO');
  });

  test('a message that was charged by recipient is not charged again', () => {
    for (let n = 0; n < 3; n += 1) expect(decide('node1', { instance: 'm1' })).toBe('DUNNO');
    expect(decide('node1', { instance: 'm1', protocol_state: 'DATA', recipient_count: '3' })).toBe('DUNNO');
    expect(decide('node1', { instance: 'm2', protocol_state: 'DATA', recipient_count: '3' })).toMatch(
      /^DEFER/,
    );
  });

  test('recipients of one message are bounded', () => {
    const message = { protocol_state: 'END-OF-MESSAGE', client_address: '', recipient: '' };
    expect(decide('node1', { ...message, recipient_count: '5' })).toBe('DUNNO');
    expect(decide('node1', { ...message, recipient_count: '6' })).toBe('REJECT 5.5.3 at most 5 recipients');
    expect(decide('node1', { ...message, recipient_count: 'many' })).toBe('DUNNO');
  });

  test('states that are not limited are not decided', () => {
    for (const protocol_state of ['CONNECT', 'EHLO', 'HELO', 'MAIL', 'VRFY', 'ETRN', '']) {
      expect(decide('node1', { protocol_state })).toBe('DUNNO');
    }
  });
});
