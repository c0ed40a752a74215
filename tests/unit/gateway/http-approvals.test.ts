/** Two people for one command: asked, decided by another one, void when what it meant changed, audited step by step. */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { APPROVALS_KEPT_MAX, APPROVALS_WAITING_OWN_MAX } from '../../../server/gateway/approvals.ts';
import {
  APPROVAL_EXPIRES_MS,
  type Approval,
  type AuditRecord,
  approval,
  approvalListReply,
  auditReply,
} from '../../../server/wire/http.ts';
import { type Answer, codeOf, openWorld, Page, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { until } from '../../support/until.ts';

let clock: HandClock;
let world: World;
let storePath: string;
let operator: Page;
let admin: Page;

beforeEach(async () => {
  clock = new HandClock();
  storePath = join(mkdtempSync(join(tmpdir(), 'muster-approvals-')), 'store.db');
  await start();
});
afterEach(async () => world.close());

async function start(): Promise<void> {
  world = await openWorld({ clock, storePath });
  operator = await Page.signedIn(world.gateway, 'operator');
  admin = await Page.signedIn(world.gateway, 'admin');
}

const ONE = { kind: 'nodes', names: ['labrat-1'] };

async function ask(change: Readonly<Record<string, unknown>> = {}, page = operator): Promise<Approval> {
  const body = { command: 'shutdown', target: ONE, reason: 'the disk is being replaced', ...change };
  const answer = await page.post('/api/approvals', body);
  expect([answer.status, answer.text]).toMatchObject([201, expect.any(String)]);
  return approval.parse(answer.body);
}

async function decide(
  { id }: Approval,
  verb: 'approve' | 'deny',
  body: Readonly<Record<string, unknown>> = { typedName: 'labrat-1' },
  page = admin,
): Promise<Answer> {
  return await page.post(`/api/approvals/${id}/${verb}`, body);
}

async function list(page = admin): Promise<{ approvals: Approval[]; waiting: number }> {
  return approvalListReply.parse((await page.get('/api/approvals')).body);
}

async function steps(): Promise<readonly AuditRecord[]> {
  const { records } = auditReply.parse((await admin.get('/api/audit?limit=500')).body);
  return records.filter(({ action }) => action === 'approval' || action === 'command').reverse();
}

const sent = () => world.cluster.observer.sent;

describe('an approval that was cut short after the command went out', () => {
  async function cutShort(): Promise<Approval> {
    const asked = await ask();
    const database = new Database(storePath);
    database.exec(
      "CREATE TRIGGER broken BEFORE UPDATE ON approval BEGIN SELECT RAISE(ABORT, 'no room'); END",
    );
    expect((await decide(asked, 'approve')).status).toBe(500);
    database.exec('DROP TRIGGER broken');
    database.close();
    expect(sent()).toHaveLength(1);
    return asked;
  }

  test('is not denied afterwards, nor sent twice', async () => {
    const asked = await cutShort();
    expect((await decide(asked, 'deny')).body).toMatchObject({
      state: 'approved',
      job: sent()[0]?.request,
    });
    expect(codeOf(await decide(asked, 'approve'))).toBe('conflict');
    expect(sent()).toHaveLength(1);
  });

  test('does not end as expired, also after a restart', async () => {
    const asked = await cutShort();
    const { request } = sent()[0] ?? {};
    await world.close();
    clock.advance(APPROVAL_EXPIRES_MS);
    await start();
    expect((await list()).approvals[0]).toMatchObject({ id: asked.id, state: 'approved', job: request });
  });
});

describe('what is refused leaves a record', () => {
  const refusals = async () => (await steps()).filter(({ result }) => result === 'refused');

  test('a request in vain, without its secret', async () => {
    const vain = { target: { kind: 'nodes', names: ['nobody'] }, reason: 'x' };
    await operator.post('/api/approvals', { ...vain, command: 'import password hunter2' });
    await operator.post('/api/approvals', { ...vain, command: 'version' });
    expect(await refusals()).toMatchObject([
      { actor: 'operator', class: 'W4', command: 'import password ***', targets: ['nobody'] },
      { actor: 'operator', class: 'R', command: 'version', detail: 'class R needs no approval: send it' },
    ]);
  });

  test('a decision about what is decided, by whoever came second', async () => {
    const asked = await ask();
    const both = await Promise.all([decide(asked, 'approve'), decide(asked, 'approve')]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(sent()).toHaveLength(1);
    await decide(asked, 'deny');
    expect(await refusals()).toMatchObject([
      { actor: 'admin', detail: 'this request is approved already', targets: ['labrat-1'] },
      { actor: 'admin', detail: 'this request is approved already' },
    ]);
  });

  test('it is void when the requester went and somebody else got the name', async () => {
    const asked = await ask();
    await admin.request('DELETE', '/api/accounts/operator');
    clock.advance(1);
    const other = { name: 'operator', password: 'another long password', role: 'operator' };
    expect((await admin.post('/api/accounts', other)).status).toBe(201);
    expect(codeOf(await decide(asked, 'approve'))).toBe('conflict');
    expect(sent()).toEqual([]);
  });
});

describe('[CN-6] a command that an operator alone may not send', () => {
  test('is refused with the hint that somebody can approve it', async () => {
    for (const command of ['shutdown', 'make it rain']) {
      const answer = await operator.command({ command, target: ONE, typedName: 'labrat-1' });
      expect([answer.status, answer.body]).toMatchObject([403, { details: [{ path: 'approval' }] }]);
    }
    expect(sent()).toEqual([]);
  });

  test('is sent in the name of the operator once an admin approved it', async () => {
    const asked = await ask({ command: 'make it rain', timeoutMs: 30_000 });
    expect(asked).toMatchObject({
      class: 'W4',
      state: 'waiting',
      requestedBy: 'operator',
      nodesThen: ['labrat-1'],
      nodesNow: ['labrat-1'],
      expiresMs: clock.wallMs() + APPROVAL_EXPIRES_MS,
    });
    expect(sent()).toEqual([]);
    expect(await list()).toMatchObject({ waiting: 1, approvals: [{ id: asked.id }] });
    const answer = await decide(asked, 'approve', { note: 'go', typedName: 'demo' });
    expect([answer.status, answer.body]).toMatchObject([
      200,
      { state: 'approved', decidedBy: 'admin', note: 'go', nodesNow: null, job: expect.any(String) },
    ]);
    expect(sent()).toMatchObject([{ command: 'make it rain', asked: [{ node: 'labrat-1' }] }]);
    const { job } = approval.parse(answer.body);
    expect((await operator.get(`/api/jobs/${job}`)).body).toMatchObject({
      actor: 'operator',
      timeoutMs: 30_000,
    });
    expect(await steps()).toMatchObject([
      { action: 'approval', actor: 'operator', result: 'done', detail: 'asked: the disk is being replaced' },
      { action: 'command', actor: 'operator', role: 'operator', approvedBy: 'admin', class: 'W4', job },
      {
        action: 'approval',
        actor: 'admin',
        result: 'done',
        detail: 'approved: go',
        job,
        targets: ['labrat-1'],
      },
    ]);
    expect(await list()).toMatchObject({ waiting: 0, approvals: [{ state: 'approved' }] });
  });

  test('is not sent when it is denied, and neither can be taken back', async () => {
    const asked = await ask();
    expect((await decide(asked, 'deny', { note: 'not today' })).body).toMatchObject({ state: 'denied' });
    for (const verb of ['approve', 'deny'] as const) {
      expect(codeOf(await decide(asked, verb))).toBe('conflict');
    }
    expect(sent()).toEqual([]);
    expect((await steps()).map(({ detail }) => detail)).toEqual([
      'asked: the disk is being replaced',
      'denied: not today',
      'this request is denied already',
      'this request is denied already',
    ]);
  });
});

describe('[ST-3] who asked, and what it meant', () => {
  test('the requester cannot approve, also as an admin', async () => {
    const asked = await ask({}, admin);
    const refused = await decide(asked, 'approve');
    expect([refused.status, codeOf(refused)]).toEqual([403, 'forbidden']);
    expect(await list()).toMatchObject({ waiting: 0, approvals: [{ state: 'waiting' }] });
    expect((await steps()).at(-1)).toMatchObject({ action: 'approval', result: 'refused', actor: 'admin' });
    await admin.post('/api/accounts', { name: 'zoe', password: 'correct horse battery', role: 'admin' });
    const zoe = new Page(world.gateway);
    await zoe.signIn('zoe', 'correct horse battery');
    expect(await list(zoe)).toMatchObject({ waiting: 1 });
    expect((await decide(asked, 'approve', { typedName: 'labrat-1' }, zoe)).status).toBe(200);
    expect(sent()).toHaveLength(1);
  });

  test.each([
    [
      'a node left',
      { kind: 'all' },
      'demo',
      () => world.cluster.depart('labrat-3', 'closed'),
      'the target meant labrat-1, labrat-2, labrat-3 and means labrat-1, labrat-2 now',
    ],
    [
      'the only node left',
      ONE,
      'labrat-1',
      () => world.cluster.depart('labrat-1', 'closed'),
      'the target meant labrat-1 and means nobody now',
    ],
    [
      'the requester may not ask any more',
      ONE,
      'labrat-1',
      () => admin.request('PATCH', '/api/accounts/operator', { role: 'viewer' }),
      'operator may not ask for it any more',
    ],
  ] as const)('it is void when %s, and nothing is sent', async (_what, target, typedName, change, reason) => {
    const asked = await ask({ target });
    await change();
    const answer = await decide(asked, 'approve', { typedName });
    expect([answer.status, answer.body]).toMatchObject([
      409,
      {
        code: 'conflict',
        message: `${reason}; nothing was sent`,
        details: [{ path: 'state', message: 'void' }],
      },
    ]);
    expect(sent()).toEqual([]);
    expect((await list()).approvals).toMatchObject([{ state: 'void', note: reason, decidedBy: 'admin' }]);
    expect((await steps()).at(-1)).toMatchObject({ result: 'refused', detail: `void: ${reason}` });
  });

  test('an approver sees who is meant now; a node that is back makes it good again', async () => {
    const asked = await ask({ target: { kind: 'all' } });
    world.cluster.depart('labrat-3', 'closed');
    expect((await list()).approvals).toMatchObject([
      {
        nodesThen: ['labrat-1', 'labrat-2', 'labrat-3'],
        nodesNow: ['labrat-1', 'labrat-2'],
        state: 'waiting',
      },
    ]);
    world.cluster.rejoin('labrat-3');
    expect((await decide(asked, 'approve', { typedName: 'demo' })).status).toBe(200);
  });

  test('the typed name is asked of the approver', async () => {
    const asked = await ask();
    const answer = await decide(asked, 'approve', { typedName: 'labrat-2' });
    expect([answer.status, answer.body]).toMatchObject([403, { details: [{ path: 'typedName' }] }]);
    expect((await list()).approvals).toMatchObject([{ state: 'waiting' }]);
    expect(sent()).toEqual([]);
  });

  test('without the bus it waits on; nodes are unknown then, not none', async () => {
    const asked = await ask();
    world.cluster.setBus('lost');
    expect((await list()).approvals).toMatchObject([{ nodesNow: null, state: 'waiting' }]);
    expect(codeOf(await decide(asked, 'approve'))).toBe('bus_down');
    const body = { command: 'shutdown', target: ONE, reason: 'x' };
    expect(codeOf(await operator.post('/api/approvals', body))).toBe('bus_down');
    world.cluster.setBus('joined');
    expect((await decide(asked, 'approve')).status).toBe(200);
  });

  test('two approvals at once send once', async () => {
    const asked = await ask();
    const answers = await Promise.all([decide(asked, 'approve'), decide(asked, 'approve')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(sent()).toHaveLength(1);
  });

  test('after half an hour it is expired, on the clock and in the record', async () => {
    const asked = await ask();
    clock.advance(APPROVAL_EXPIRES_MS - 1);
    expect((await list(await Page.signedIn(world.gateway, 'admin'))).waiting).toBe(1);
    clock.advance(1);
    admin = await Page.signedIn(world.gateway, 'admin');
    await until(async () => (await steps()).length === 2);
    expect((await steps()).at(-1)).toMatchObject({ actor: 'gateway', result: 'refused', detail: 'expired' });
    expect(codeOf(await decide(asked, 'approve'))).toBe('conflict');
    expect((await list()).approvals).toMatchObject([{ state: 'expired' }]);
  });
});

describe('requests for approval', () => {
  test('operators see their own, admins all', async () => {
    await ask();
    await ask({}, admin);
    expect((await list(operator)).approvals.map(({ requestedBy }) => requestedBy)).toEqual(['operator']);
    expect((await list()).approvals.map(({ requestedBy }) => requestedBy)).toEqual(['admin', 'operator']);
    expect((await list(operator)).waiting).toBe(0);
  });

  test.each([
    [{ command: 'version' }, 400],
    [{ command: 'cluster duravip announce view' }, 400],
    [{ target: { kind: 'nodes', names: ['nobody'] } }, 400],
    [{ target: { kind: 'subcluster', name: 'west' } }, 400],
    [{ reason: ' ' }, 400],
  ])('%j is refused', async (change, status) => {
    const body = { command: 'shutdown', target: ONE, reason: 'x', ...change };
    expect((await operator.post('/api/approvals', body)).status).toBe(status);
    expect((await list()).approvals).toEqual([]);
  });

  test('are bounded: those that wait by person, those that are kept in all', async () => {
    for (let n = 0; n < APPROVALS_WAITING_OWN_MAX; n += 1) await ask();
    const body = { command: 'shutdown', target: ONE, reason: 'x' };
    expect(codeOf(await operator.post('/api/approvals', body))).toBe('rate_limited');
    for (const one of (await list()).approvals) await decide(one, 'deny', {});
    for (let n = 0; n < APPROVALS_KEPT_MAX; n += 1) await decide(await ask(), 'deny', {});
    expect((await list()).approvals).toHaveLength(APPROVALS_KEPT_MAX);
    expect(await world.store.desk.approvals()).toHaveLength(APPROVALS_KEPT_MAX);
  });

  test('outlive a restart; one with a secret is void then, and the secret is nowhere', async () => {
    const plain = await ask();
    const secret = await ask({ command: 'import things password hunter2 now' });
    expect(secret.command).toBe('import things password *** now');
    await world.close();
    await start();
    expect((await list()).approvals.map(({ state }) => state)).toEqual(['waiting', 'waiting']);
    expect((await decide(plain, 'approve')).status).toBe(200);
    expect(codeOf(await decide(secret, 'approve', { typedName: 'demo' }))).toBe('conflict');
    expect(sent()).toMatchObject([{ command: 'shutdown' }]);
    expect((await list()).approvals.map(({ state }) => state)).toEqual(['void', 'approved']);
    expect(JSON.stringify(await world.store.desk.approvals())).not.toContain('hunter2');
    expect((await admin.get('/api/audit?limit=500')).text).not.toContain('hunter2');
  });

  test('send the real command, though only the redacted one is shown and kept', async () => {
    const asked = await ask({ command: 'import password hunter2' });
    expect((await decide(asked, 'approve', { typedName: 'demo' })).status).toBe(200);
    expect(sent()).toMatchObject([{ command: 'import password hunter2' }]);
    const texts = [
      (await admin.get('/api/jobs')).text,
      (await admin.get('/api/audit?limit=500')).text,
      (await admin.get('/api/approvals')).text,
    ];
    for (const text of texts) {
      expect(text).toContain('import password ***');
      expect(text).not.toContain('hunter2');
    }
  });
});
