import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type AuditRecord,
  auditReply,
  COMMAND_CHARACTERS_MAX,
  job,
  jobListReply,
} from '../../../server/wire/http.ts';
import { type Answer, codeOf, Machine, openWorld, Page, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { until } from '../../support/until.ts';

let clock: HandClock;
let world: World;
let storePath: string;
let operator: Page;
let admin: Page;
let viewer: Page;

beforeEach(async () => {
  clock = new HandClock();
  storePath = join(mkdtempSync(join(tmpdir(), 'muster-commands-')), 'store.db');
  world = await openWorld({ clock, storePath });
  [viewer, operator, admin] = await Promise.all([
    Page.signedIn(world.gateway, 'viewer'),
    Page.signedIn(world.gateway, 'operator'),
    Page.signedIn(world.gateway, 'admin'),
  ]);
});
afterEach(async () => world.close());

const idOf = (answer: Answer): string => job.parse(answer.body).id;

async function commandsInAudit(): Promise<readonly AuditRecord[]> {
  const { records, chainOk } = auditReply.parse((await admin.get('/api/audit?limit=500')).body);
  expect(chainOk).toBe(true);
  return records.filter(({ action }) => action === 'command');
}

function reply(answer: Answer, ...nodes: readonly string[]): void {
  for (const node of nodes) world.cluster.observer.reply(idOf(answer), node, `text of ${node}`);
}

describe('commands', () => {
  test('a command is written down before it is sent, and completed when all answered', async () => {
    const answer = await viewer.command({ command: 'version' });
    expect(answer.status).toBe(202);
    expect(job.parse(answer.body)).toMatchObject({ class: 'R', actor: 'viewer', state: 'running' });
    expect(await commandsInAudit()).toMatchObject([
      { result: 'pending', actor: 'viewer', role: 'viewer', job: idOf(answer), targets: ['all'] },
    ]);
    clock.advance(40);
    reply(answer, 'labrat-1', 'labrat-2', 'labrat-3');
    await until(async () => (await commandsInAudit())[0]?.result === 'done');
    expect(await commandsInAudit()).toMatchObject([
      {
        result: 'done',
        targets: ['labrat-1', 'labrat-2', 'labrat-3'],
        perNode: { 'labrat-1': 'answered', 'labrat-2': 'answered', 'labrat-3': 'answered' },
      },
    ]);
    expect((await viewer.get(`/api/jobs/${idOf(answer)}`)).body).toMatchObject({
      state: 'done',
      replies: [{ node: 'labrat-1', tookMs: 40, text: 'text of labrat-1' }, {}, {}],
    });
  });

  test('silent and departed nodes make the record partly; nobody at all makes it unknown', async () => {
    const partly = await viewer.command({ command: 'version' });
    reply(partly, 'labrat-1');
    world.cluster.observer.askedGone(idOf(partly), 'labrat-2', 'closed');
    const unknown = await viewer.command({ command: 'pid', target: { kind: 'nodes', names: ['labrat-2'] } });
    clock.advance(10_000);
    await until(async () => (await commandsInAudit()).every(({ result }) => result !== 'pending'));
    expect(await commandsInAudit()).toMatchObject([
      { job: idOf(unknown), result: 'unknown', perNode: { 'labrat-2': 'silent' } },
      {
        job: idOf(partly),
        result: 'partly',
        perNode: { 'labrat-1': 'answered', 'labrat-2': 'left', 'labrat-3': 'silent' },
      },
    ]);
  });

  test('a bus that is lost after sending makes the outcome unknown, at once and in the record', async () => {
    const answer = await viewer.command({ command: 'version' });
    reply(answer, 'labrat-1');
    world.cluster.setBus('lost');
    expect((await viewer.get(`/api/jobs/${idOf(answer)}`)).body).toMatchObject({
      state: 'unknown',
      replies: [{ state: 'answered' }, { state: 'unknown' }, { state: 'unknown' }],
    });
    await until(async () => (await commandsInAudit()).every(({ result }) => result !== 'pending'));
    expect(await commandsInAudit()).toMatchObject([
      { result: 'partly', perNode: { 'labrat-1': 'answered', 'labrat-2': 'unknown', 'labrat-3': 'unknown' } },
    ]);
  });

  test.each([
    ['class', { command: 'shutdown', typedName: 'demo' }, 403],
    ['unknown target', { command: 'version', target: { kind: 'nodes', names: ['nobody'] } }, 400],
    ['unknown subcluster', { command: 'version', target: { kind: 'subcluster', name: 'west' } }, 400],
  ])('a refusal by %s is audited once and sends nothing', async (_what, body, status) => {
    const answer = await operator.command(body);
    expect(answer.status).toBe(status);
    expect(await commandsInAudit()).toMatchObject([{ result: 'refused', actor: 'operator' }]);
    expect(world.cluster.observer.sent).toEqual([]);
    expect((await operator.get('/api/jobs')).body).toEqual({ jobs: [] });
  });

  test('W3 and W4 need the typed name', async () => {
    const one = { command: 'shutdown', target: { kind: 'nodes', names: ['labrat-1'] } };
    const classified = await admin.post('/api/commands/classify', one);
    expect(classified.body).toMatchObject({ class: 'W3', typedName: 'labrat-1', allowed: true });
    const refused = await admin.command({ ...one, typedName: 'labrat-2' });
    expect([refused.status, refused.body]).toMatchObject([403, { details: [{ path: 'typedName' }] }]);
    expect((await admin.command({ ...one, typedName: 'labrat-1' })).status).toBe(202);
    const reset = { command: 'cluster reset', typedName: 'demo', reason: 'the view is torn' };
    expect((await admin.command(reset)).status).toBe(202);
    expect((await commandsInAudit()).map(({ result }) => result)).toEqual(['pending', 'pending', 'refused']);
  });

  test('the class of the longest command, for many nodes, is told without a trace', async () => {
    const names = Array.from({ length: 120 }, (_, n) => `node-${n}-${'x'.repeat(240)}`);
    const command = `config set password ${'\u00e9'.repeat(COMMAND_CHARACTERS_MAX - 20)}`;
    const target = { kind: 'nodes', names };
    const answer = await viewer.post('/api/commands/classify', { command, target });
    expect([answer.status, answer.body]).toMatchObject([200, { class: 'W2', allowed: false }]);
    expect(await commandsInAudit()).toEqual([]);
    const inAddress = await viewer.get(`/api/commands/classify?command=${encodeURIComponent('version')}`);
    expect(inAddress.status).toBe(404);
  });

  test('W4 needs a reason, also from a machine; the refusal is audited', async () => {
    const machine = await Machine.of(world.gateway, admin, { scope: 'admin' });
    const bare = { command: 'cluster reset', typedName: 'demo' };
    for (const answer of [
      await admin.command(bare),
      await admin.command({ ...bare, reason: ' \t ' }),
      await machine.command(bare),
    ]) {
      expect([answer.status, answer.body]).toMatchObject([403, { details: [{ path: 'reason' }] }]);
    }
    expect(world.cluster.observer.sent).toEqual([]);
    expect((await commandsInAudit()).map(({ result }) => result)).toEqual(['refused', 'refused', 'refused']);
  });

  test('without the bus a command is refused at once, audited, and never sent later', async () => {
    world.cluster.setBus('lost');
    const answer = await operator.command({ command: 'version' }, 'the-same-key');
    expect([answer.status, codeOf(answer)]).toEqual([503, 'bus_down']);
    expect(await commandsInAudit()).toMatchObject([{ result: 'refused' }]);
    world.cluster.setBus('joined');
    clock.advance(60_000);
    expect(world.cluster.observer.sent).toEqual([]);
    expect((await operator.command({ command: 'version' }, 'the-same-key')).status).toBe(202);
  });

  test('a silence that is told while the command is being sent is not lost', async () => {
    const { observer } = world.cluster;
    const send = observer.send.bind(observer);
    observer.send = (request, command, target) => {
      const asked = send(request, command, target);
      observer.askedGone(request, 'labrat-3', 'silence');
      return asked;
    };
    const answer = await viewer.command({ command: 'version' });
    expect(job.parse(answer.body).replies).toMatchObject([{}, {}, { node: 'labrat-3', state: 'silent' }]);
  });
});

describe('idempotency', () => {
  test('the same key and body give the same job, sent and audited once', async () => {
    const first = await operator.command({ command: 'version' }, 'key-number-1');
    const second = await operator.command({ command: 'version' }, 'key-number-1');
    expect(second.status).toBe(202);
    expect(idOf(second)).toBe(idOf(first));
    expect(world.cluster.observer.sent).toHaveLength(1);
    expect(await commandsInAudit()).toHaveLength(1);
  });

  test('also when both arrive at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => operator.command({ command: 'version' }, 'key-number-1')),
    );
    expect(new Set(answers.map(idOf)).size).toBe(1);
    expect(world.cluster.observer.sent).toHaveLength(1);
  });

  test('also while the bus is down: the command was sent before', async () => {
    const first = await operator.command({ command: 'version' }, 'key-number-1');
    world.cluster.setBus('lost');
    expect(idOf(await operator.command({ command: 'version' }, 'key-number-1'))).toBe(idOf(first));
    expect(await commandsInAudit()).toHaveLength(1);
  });

  test('the same key with another body is a conflict', async () => {
    await operator.command({ command: 'version' }, 'key-number-1');
    const answer = await operator.command({ command: 'pid' }, 'key-number-1');
    expect([answer.status, codeOf(answer)]).toEqual([409, 'idempotency_mismatch']);
  });

  test("somebody else's key is another key", async () => {
    const one = await operator.command({ command: 'version' }, 'key-number-1');
    const other = await admin.command({ command: 'version' }, 'key-number-1');
    expect(idOf(other)).not.toBe(idOf(one));
  });
});

describe('jobs', () => {
  test('the list is newest first and without texts', async () => {
    const first = await viewer.command({ command: 'version' });
    const second = await viewer.command({ command: 'pid' });
    reply(first, 'labrat-1');
    const { jobs } = jobListReply.parse((await viewer.get('/api/jobs')).body);
    expect(jobs.map(({ id }) => id)).toEqual([idOf(second), idOf(first)]);
    expect(jobs[1]?.replies[0]).toMatchObject({ state: 'answered', text: null });
    expect(jobListReply.parse((await viewer.get('/api/jobs?limit=1')).body).jobs).toHaveLength(1);
  });

  test('answers to reads are open to all, answers to writes to their author and admins', async () => {
    const read = idOf(await operator.command({ command: 'version' }));
    const write = idOf(await operator.command({ command: 'cluster duravip debug on' }));
    expect((await viewer.get(`/api/jobs/${read}`)).status).toBe(200);
    expect((await viewer.get(`/api/jobs/${write}`)).status).toBe(403);
    expect((await viewer.get(`/api/jobs/${write}/replies/labrat-1`)).status).toBe(403);
    expect((await admin.get(`/api/jobs/${write}`)).status).toBe(200);
    expect(jobListReply.parse((await viewer.get('/api/jobs')).body).jobs.map(({ id }) => id)).toEqual([read]);
    expect((await viewer.get('/api/jobs/none')).status).toBe(404);
  });

  test('[CN-3] a long reply is cut in view and whole in the download, which cannot run', async () => {
    const sent = await viewer.command({ command: 'version' });
    const whole = `<script>alert(1)</script>\u0000\u001b[31m${'ä'.repeat(200_000)}`;
    world.cluster.observer.reply(idOf(sent), 'labrat-1', whole);
    const shown = job.parse((await viewer.get(`/api/jobs/${idOf(sent)}`)).body).replies[0];
    expect(shown).toMatchObject({ truncated: true, bytes: Buffer.byteLength(whole) });
    const download = await viewer.get(`/api/jobs/${idOf(sent)}/replies/labrat-1`);
    expect(download.text).toBe(whole);
    expect(download.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    expect(String(download.headers['content-disposition'])).toMatch(/^attachment; filename="[\w.-]+"$/);
    expect((await viewer.get(`/api/jobs/${idOf(sent)}/replies/labrat-2`)).status).toBe(404);
  });

  test('jobs outlive a restart; what ran then is unknown, and so its record stays pending', async () => {
    const done = await viewer.command({ command: 'version', target: { kind: 'nodes', names: ['labrat-1'] } });
    reply(done, 'labrat-1');
    const running = await viewer.command({ command: 'pid' });
    reply(running, 'labrat-2');
    await world.close();
    world = await openWorld({ clock, storePath });
    admin = await Page.signedIn(world.gateway, 'admin');
    expect((await admin.get(`/api/jobs/${idOf(done)}`)).body).toMatchObject({
      state: 'done',
      replies: [{ text: 'text of labrat-1' }],
    });
    expect((await admin.get(`/api/jobs/${idOf(running)}`)).body).toMatchObject({
      state: 'unknown',
      replies: [{ state: 'unknown' }, { state: 'answered' }, { state: 'unknown' }],
    });
    expect((await admin.get(`/api/jobs/${idOf(running)}/replies/labrat-2`)).text).toBe('text of labrat-2');
    expect((await commandsInAudit()).map(({ result }) => result)).toEqual(['pending', 'done']);
  });
});

describe('audit', () => {
  test('admins see everything, others their own', async () => {
    await operator.command({ command: 'version' });
    await viewer.command({ command: 'version' });
    const own = auditReply.parse((await viewer.get('/api/audit')).body).records;
    expect(new Set(own.map(({ actor }) => actor))).toEqual(new Set(['viewer']));
    expect(own.map(({ action }) => action)).toEqual(['command', 'signIn']);
    const all = auditReply.parse((await admin.get('/api/audit')).body).records;
    expect(new Set(all.map(({ actor }) => actor))).toEqual(
      new Set(['viewer', 'operator', 'admin', 'supervisor']),
    );
  });

  test('pages go backwards without gaps', async () => {
    for (let n = 0; n < 5; n += 1) await viewer.command({ command: 'version' });
    const first = auditReply.parse((await admin.get('/api/audit?limit=3')).body).records;
    const before = first.at(-1)?.id ?? 0;
    const second = auditReply.parse((await admin.get(`/api/audit?limit=3&before=${before}`)).body).records;
    const ids = [...first, ...second].map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((a, b) => b - a));
    expect(ids[0]).toBe((ids.at(-1) ?? 0) + 5);
  });

  test('[AU-2] a changed record is found', async () => {
    await viewer.command({ command: 'version' });
    const outside = new Database(storePath);
    outside.exec(`update audit set content = replace(content, 'version', 'verzion')`);
    outside.close();
    expect((await admin.get('/api/audit')).body).toMatchObject({ chainOk: false });
    expect((await admin.get('/metrics')).text).toContain('muster_audit_chain_ok 0');
  });

  test('no password and no token is ever in a record', async () => {
    await new Page(world.gateway).signIn('viewer', 'a very secret guess');
    await admin.post('/api/accounts', { name: 'zoe', password: 'another secret text', role: 'viewer' });
    const text = (await admin.get('/api/audit?limit=500')).text;
    expect(text).not.toContain('secret');
    expect(text).toContain('create viewer zoe');
  });
});
