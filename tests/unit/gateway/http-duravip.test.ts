/** Operations on DuraVIPs from the request to the audit log, over nodes that obey in memory. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  changedDetails,
  type OperationRow,
  operationReply,
  refusedDetails,
} from '../../../server/wire/duravip.ts';
import { type AuditRecord, apiError, auditReply } from '../../../server/wire/http.ts';
import { type Answer, codeOf, openWorld, Page, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { until } from '../../support/until.ts';

const FIRST = '10.80.116.1';
let clock: HandClock;
let world: World;
let operator: Page;
let admin: Page;
let keys = 0;

beforeEach(async () => {
  clock = new HandClock();
  world = await openWorld({
    clock,
    nodes: ['labrat-1', 'labrat-2', 'labrat-3', 'labrat-4'],
    vips: { addresses: 300, ipv6: 2 },
  });
  operator = await Page.signedIn(world.gateway, 'operator');
  admin = await Page.signedIn(world.gateway, 'admin');
});
afterEach(async () => world.close());

function expectedOf(address: string) {
  const { owner, version } = world.cluster.vips.row(address);
  return { owner, version };
}

function headers(key?: string) {
  keys += 1;
  return { 'idempotency-key': key ?? `duravip-key-${keys}` };
}

async function move(
  addresses: readonly string[],
  to: string,
  more: Readonly<Record<string, unknown>> = {},
  { page = operator, key }: { readonly page?: Page; readonly key?: string } = {},
): Promise<Answer> {
  const items = addresses.map((address) => ({ address, to, expected: expectedOf(address) }));
  return await page.post('/api/duravip/moves', { items, ...more }, headers(key));
}

const rowOf = (answer: Answer): OperationRow => operationReply.parse(answer.body).operation;

async function followed(id: string): Promise<OperationRow> {
  return rowOf(await operator.get(`/api/duravip/operations/${id}`));
}

/** What was asked for goes out once it is on disk. */
async function sent(count: number): Promise<void> {
  await until(() => world.cluster.observer.sent.length >= count);
}

async function audit(): Promise<readonly AuditRecord[]> {
  const { records, chainOk } = auditReply.parse((await admin.get('/api/audit?limit=500')).body);
  expect(chainOk).toBe(true);
  return records.filter(({ action }) => action === 'command');
}

const commands = (): readonly string[] => world.cluster.observer.sent.map(({ command }) => command);

describe('a move', () => {
  test('[VP-3] goes through its stages in order, and its audit record is the command byte for byte', async () => {
    const answer = await move([FIRST], 'labrat-4', { reason: 'INC-1234' });
    expect(answer.status).toBe(202);
    const { id } = rowOf(answer);
    await sent(1);
    expect(commands()).toEqual([`cluster duravip move ${FIRST} to labrat-4`]);
    expect(world.cluster.observer.sent[0]?.asked.map(({ node }) => node)).toEqual(world.cluster.nodes);
    expect((await audit())[0]).toMatchObject({ result: 'pending', command: commands()[0], class: 'W1' });
    expect((await followed(id)).items[0]?.stages.map(({ stage }) => stage)).toEqual(['requested']);
    clock.advance(70);
    expect((await followed(id)).items[0]?.stages.map(({ stage }) => stage)).toEqual(['requested', 'ordered']);
    clock.advance(6_000);
    const done = await followed(id);
    expect(done).toMatchObject({ state: 'done', counts: { all: 1, done: 1, failed: 0, unknown: 0 } });
    expect(done.items[0]?.stages.map(({ stage, node }) => [stage, node])).toEqual([
      ['requested', null],
      ['ordered', 'labrat-1'],
      ['released', 'labrat-1'],
      ['plumbed', 'labrat-4'],
      ['mature', null],
    ]);
    await until(async () => (await audit())[0]?.result === 'done');
    expect(await audit()).toMatchObject([
      {
        actor: 'operator',
        result: 'done',
        command: commands()[0],
        detail: 'INC-1234',
        targets: world.cluster.nodes,
      },
    ]);
  });

  test('[VP-4] of an address that changed since is refused with the present rows, and nothing is sent', async () => {
    const expected = expectedOf(FIRST);
    world.cluster.vips.own(FIRST, 'labrat-2', 'failure');
    const items = [{ address: FIRST, to: 'labrat-4', expected }];
    const answer = await operator.post('/api/duravip/moves', { items }, headers());
    expect([answer.status, codeOf(answer)]).toEqual([409, 'changed']);
    const [detail] = changedDetails.parse(apiError.parse(answer.body).details);
    expect(detail).toMatchObject({ address: FIRST, reason: 'labrat-2 has it', row: { owner: 'labrat-2' } });
    expect(commands()).toEqual([]);
    expect(await audit()).toMatchObject([
      { result: 'refused', command: `cluster duravip move ${FIRST} to labrat-4` },
    ]);
  });

  test('[VP-6] twice with one key, and twice at once by two people, is one command', async () => {
    const [one, again] = await Promise.all([
      move([FIRST], 'labrat-4', {}, { key: 'the-same-key' }),
      move([FIRST], 'labrat-4', {}, { key: 'the-same-key' }),
    ]);
    expect([one.status, again.status, rowOf(one).id === rowOf(again).id]).toEqual([202, 202, true]);
    const other = await move([FIRST], 'labrat-3', {}, { page: admin });
    expect([other.status, codeOf(other)]).toEqual([409, 'changed']);
    await sent(1);
    clock.advance(7_000);
    expect(commands()).toHaveLength(1);
    const foreign = await move([FIRST], 'labrat-2', {}, { key: 'the-same-key' });
    expect(codeOf(foreign)).toBe('idempotency_mismatch');
  });

  test('[VP-10] refusals come with a reason for every address, and nothing is sent', async () => {
    world.cluster.vips.set('10.80.116.2', { phase: 'broken', owner: null, flags: ['broken'] });
    world.cluster.vips.tellNode('labrat-3', { present: false });
    const wanted = [
      ['10.80.117.1', 'labrat-4'],
      ['10.80.116.2', 'labrat-1'],
      ['10.80.116.3', 'labrat-9'],
      ['10.80.116.4', 'labrat-4.example.com'],
      ['10.80.116.5', 'labrat-3'],
    ] as const;
    const items = wanted.map(([address, to]) => ({ address, to, expected: expectedOf(address) }));
    const unknown = { address: '10.1.1.1', to: 'labrat-2', expected: { owner: null, version: '1' } };
    const answer = await operator.post('/api/duravip/moves', { items: [...items, unknown] }, headers());
    expect([answer.status, codeOf(answer)]).toEqual([422, 'refused']);
    expect(refusedDetails.parse(apiError.parse(answer.body).details).map(({ reason }) => reason)).toEqual([
      'labrat-4 cannot have it: no Topology holds it',
      'it is broken: binding names differ between nodes, nobody may have it',
      'no node is named labrat-9',
      'labrat-4.example.com is a host name, not the name of a node on the bus; did you mean labrat-4?',
      'labrat-3 is not here: it departed',
      'no such address',
    ]);
    expect(commands()).toEqual([]);
    expect(await audit()).toMatchObject([{ result: 'refused' }]);
  });
});
