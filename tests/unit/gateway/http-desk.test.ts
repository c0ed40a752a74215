/** Saved commands and preferences of an account, and the history of commands with its secrets left out. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SHARED_CHARACTERS_SHOWN_MAX } from '../../../server/gateway/routes-desk.ts';
import {
  job,
  jobListReply,
  preferences,
  SAVED_COMMANDS_MAX,
  type SavedCommand,
  savedCommand,
  savedCommandListReply,
} from '../../../server/wire/http.ts';
import { codeOf, openWorld, Page, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';

let world: World;
let viewer: Page;
let operator: Page;
let admin: Page;

beforeEach(async () => {
  world = await openWorld({ clock: new HandClock() });
  [viewer, operator, admin] = await Promise.all([
    Page.signedIn(world.gateway, 'viewer'),
    Page.signedIn(world.gateway, 'operator'),
    Page.signedIn(world.gateway, 'admin'),
  ]);
});
afterEach(async () => world.close());

async function save(page: Page, change: Readonly<Record<string, unknown>> = {}): Promise<SavedCommand> {
  const body = { label: 'who is there', command: 'cluster membership', target: { kind: 'all' }, ...change };
  const answer = await page.post('/api/saved-commands', body);
  expect(answer.status).toBe(201);
  return savedCommand.parse(answer.body);
}

async function labels(page: Page): Promise<readonly string[]> {
  const { saved } = savedCommandListReply.parse((await page.get('/api/saved-commands')).body);
  return saved.map(({ label }) => label);
}

describe('saved commands', () => {
  test('are of one account unless they are shared, own ones first', async () => {
    await save(operator, { label: 'shared', shared: true });
    await save(operator, { label: 'mine' });
    await save(viewer, { label: 'his' });
    expect(await labels(operator)).toEqual(['shared', 'mine']);
    expect(await labels(viewer)).toEqual(['his', 'shared']);
    expect((await viewer.get('/api/saved-commands')).text).not.toContain('"account"');
  });

  test('are removed by their owner or an admin', async () => {
    const own = await save(operator);
    const shared = await save(operator, { shared: true });
    const remove = async (page: Page, { id }: SavedCommand): Promise<number> =>
      (await page.request('DELETE', `/api/saved-commands/${id}`)).status;
    expect(await remove(viewer, own)).toBe(404);
    expect(await remove(viewer, shared)).toBe(403);
    expect(await remove(admin, own)).toBe(404);
    expect(await remove(operator, own)).toBe(204);
    expect(await remove(admin, shared)).toBe(204);
    expect(await remove(operator, shared)).toBe(404);
    expect(await labels(operator)).toEqual([]);
  });

  test('that others share make no list slow, however large they are; own ones are all there', async () => {
    const names = Array.from({ length: 250 }, (_, n) => `node-${n}-${'x'.repeat(200)}`);
    for (let n = 0; n < 25; n += 1) {
      await save(viewer, { label: `large ${n}`, shared: true, target: { kind: 'nodes', names } });
    }
    await save(operator, { label: 'mine' });
    const { text } = await operator.get('/api/saved-commands');
    expect(text.length).toBeLessThan(SHARED_CHARACTERS_SHOWN_MAX + 1_000);
    expect((await labels(operator)).slice(0, 2)).toEqual(['mine', 'large 0']);
    expect(await labels(viewer)).toHaveLength(25);
  });

  test(`are at most ${SAVED_COMMANDS_MAX} of one account, and go with it`, async () => {
    for (let n = 0; n < SAVED_COMMANDS_MAX; n += 1) await save(operator, { shared: true });
    const body = { label: 'x', command: 'version', target: { kind: 'all' } };
    expect(codeOf(await operator.post('/api/saved-commands', body))).toBe('conflict');
    await save(viewer);
    await admin.request('DELETE', '/api/accounts/operator');
    expect(await labels(viewer)).toEqual(['who is there']);
  });

  test('[CN-7] hold no secret', async () => {
    expect((await save(operator, { command: 'config set password hunter2' })).command).toBe(
      'config set password ***',
    );
  });
});

describe('[ST-7] preferences', () => {
  test('are defaults until chosen, then of the account, for every role', async () => {
    const fresh = { zone: 'browser', announcements: 'important', density: 'normal', shortcuts: true };
    for (const page of [viewer, operator, admin]) {
      expect((await page.get('/api/preferences')).body).toEqual(fresh);
    }
    const chosen = { zone: 'Europe/Berlin', announcements: 'all', density: 'compact', shortcuts: false };
    expect((await viewer.request('PUT', '/api/preferences', chosen)).body).toEqual(chosen);
    const elsewhere = await Page.signedIn(world.gateway, 'viewer');
    expect(preferences.parse((await elsewhere.get('/api/preferences')).body)).toEqual(chosen);
    expect((await operator.get('/api/preferences')).body).toEqual(fresh);
  });

  test.each(['UTC', 'browser', 'Asia/Kolkata', 'America/Argentina/Buenos_Aires'])(
    'the zone %s is taken',
    async (zone) => {
      expect((await viewer.request('PUT', '/api/preferences', { zone })).status).toBe(200);
    },
  );

  test.each([{ zone: 'Mars/Olympus' }, { zone: '' }, { zone: 7 }, { density: 'huge' }, { shortcuts: 'yes' }])(
    '%j is refused',
    async (change) => {
      expect(codeOf(await viewer.request('PUT', '/api/preferences', change))).toBe('bad_request');
      expect((await viewer.get('/api/preferences')).body).toMatchObject({ zone: 'browser' });
    },
  );
});

describe('[CN-7] the history of commands', () => {
  const find = async (page: Page, query: string): Promise<readonly string[]> =>
    jobListReply.parse((await page.get(`/api/jobs?${query}`)).body).jobs.map(({ command }) => command);

  test('is searched by a part of the command, without regard to case', async () => {
    for (const command of ['version', 'cluster membership', 'Cluster info'])
      await operator.command({ command });
    expect(await find(operator, 'q=CLUSTER')).toEqual(['Cluster info', 'cluster membership']);
    expect(await find(operator, 'q=member')).toEqual(['cluster membership']);
    expect(await find(operator, 'q=%20version%20')).toEqual(['version']);
    expect(await find(operator, 'q=.*')).toEqual([]);
    expect(await find(viewer, 'q=')).toHaveLength(3);
  });

  test('goes backwards page by page', async () => {
    for (let n = 0; n < 5; n += 1) await operator.command({ command: n % 2 === 0 ? 'version' : 'pid' });
    const first = jobListReply.parse((await operator.get('/api/jobs?limit=2&q=version')).body).jobs;
    expect(await find(operator, `limit=9&q=version&before=${first.at(-1)?.id}`)).toEqual(['version']);
    expect(await find(operator, 'before=not-kept')).toEqual([]);
  });

  test('holds no secret, nor do records; the bus gets the real command', async () => {
    const command = 'config set http password "a b c"';
    const answer = await operator.command({ command });
    expect(job.parse(answer.body)).toMatchObject({
      command: 'config set http password ***',
      redacted: true,
    });
    expect(world.cluster.observer.sent).toMatchObject([{ command }]);
    expect((await admin.get('/api/audit?limit=500')).text).not.toContain('a b c');
    expect(await find(operator, 'q=a%20b%20c')).toEqual([]);
    expect((await viewer.command({ command })).status).toBe(403);
    expect((await admin.get('/api/audit?limit=500')).text).not.toContain('a b c');
  });
});
