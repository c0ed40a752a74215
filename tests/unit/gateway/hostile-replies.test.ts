/** Replies as long as they can be, of whatever characters: inert, bounded in view, whole in the download. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { monotonicClock } from '../../../server/adapters/monotonic-clock.ts';
import { RESPONSE_BYTES_MAX } from '../../../server/console/console-frames.ts';
import { DOWNLOAD_WAIT_MS, DOWNLOADS_MAX, DOWNLOADS_OWN_MAX } from '../../../server/gateway/downloads.ts';
import { JOB_BYTES_MAX } from '../../../server/gateway/jobs.ts';
import { JOB_TEXT_VIEW_CHARACTERS, job } from '../../../server/wire/http.ts';
import { GatewayClient } from '../../support/gateway-client.ts';
import { openWorld, PASSWORD, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { until } from '../../support/until.ts';

let world: World;
let url: string;
let viewer: GatewayClient;

beforeEach(async () => {
  world = await openWorld({ clock: monotonicClock(), options: { port: 0 } });
  ({ url } = await world.gateway.start());
  viewer = await GatewayClient.signIn(url, { name: 'viewer', password: PASSWORD });
});
afterEach(async () => world.close());

async function send(): Promise<string> {
  const answer = await viewer.post('/api/commands', { command: 'version', target: { kind: 'all' } });
  return job.parse(await answer.json()).id;
}

const LONGEST: readonly (readonly [string, string])[] = [
  ['control characters', '\u0000\u0001\u001b[2J\u0007\u007f\r'],
  ['HTML', '<img src=x onerror="alert(1)"><script>alert(1)</script>\n'],
  ['blanks', ' '],
  ['empty lines', '\n'],
  ['characters of four bytes', '\u{1f600}'],
];

describe('[CN-3] a reply of 16 MiB', () => {
  test.each(LONGEST)('of %s is whole in the download and bounded in view', async (_what, piece) => {
    const body = piece.repeat(Math.floor((RESPONSE_BYTES_MAX - 1) / Buffer.byteLength(piece)));
    const whole = `${body}x`;
    const id = await send();
    world.cluster.observer.reply(id, 'labrat-1', whole);
    const shown = job.parse(await (await viewer.get(`/api/jobs/${id}`)).json()).replies[0];
    expect(shown).toMatchObject({ truncated: true, bytes: Buffer.byteLength(whole) });
    expect(shown?.text?.length).toBe(JOB_TEXT_VIEW_CHARACTERS);
    const download = await viewer.get(`/api/jobs/${id}/replies/labrat-1`);
    expect(Object.fromEntries(download.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-disposition': `attachment; filename="${id.replace(/[^\w.-]/g, '_')}-labrat-1.txt"`,
    });
    expect(Buffer.compare(Buffer.from(await download.arrayBuffer()), Buffer.from(whole))).toBe(0);
  });

  test('by every node is kept up to the bound of a job; beyond it only the view is', async () => {
    const id = await send();
    const nodes = ['labrat-1', 'labrat-2', 'labrat-3'];
    for (const node of nodes) world.cluster.observer.reply(id, node, 'y'.repeat(RESPONSE_BYTES_MAX));
    for (const node of nodes) expect((await viewer.get(`/api/jobs/${id}/replies/${node}`)).status).toBe(200);
    expect(JOB_BYTES_MAX / RESPONSE_BYTES_MAX).toBe(4);
  });
});

test('downloads at once are bounded; one that ends makes room', async () => {
  const id = await send();
  world.cluster.observer.reply(id, 'labrat-1', 'y'.repeat(RESPONSE_BYTES_MAX));
  const path = `/api/jobs/${id}/replies/labrat-1`;
  await (await viewer.get(path)).arrayBuffer();
  const unread = await unreadBy(viewer, path);
  expect((await viewer.get(path)).status).toBe(429);
  await unread[0]?.body?.cancel();
  await until(async () => {
    const answer = await viewer.get(path);
    await answer.body?.cancel();
    return answer.status === 200;
  });
});

test('downloads of one account keep no other out, until there are too many of all', async () => {
  const id = await send();
  world.cluster.observer.reply(id, 'labrat-1', 'y'.repeat(RESPONSE_BYTES_MAX));
  const path = `/api/jobs/${id}/replies/labrat-1`;
  const unread = [...(await unreadBy(viewer, path))]; // a response that nobody holds is cancelled
  const admin = await GatewayClient.signIn(url, { name: 'admin', password: PASSWORD });
  for (let n = 1; n < DOWNLOADS_MAX / DOWNLOADS_OWN_MAX; n += 1) {
    const account = { name: `reader-${n}`, password: PASSWORD, role: 'viewer' };
    await admin.post('/api/accounts', account);
    unread.push(...(await unreadBy(await GatewayClient.signIn(url, account), path)));
  }
  expect(unread).toHaveLength(DOWNLOADS_MAX);
  expect((await admin.get(path)).status).toBe(429);
});

test('a reader who takes no data is cut off in time, and makes room', async () => {
  const clock = new HandClock();
  const slow = await openWorld({ clock, options: { port: 0 } });
  const { url: there } = await slow.gateway.start();
  const reader = await GatewayClient.signIn(there, { name: 'viewer', password: PASSWORD });
  const sent = await reader.post('/api/commands', { command: 'version', target: { kind: 'all' } });
  const { id } = job.parse(await sent.json());
  slow.cluster.observer.reply(id, 'labrat-1', 'y'.repeat(RESPONSE_BYTES_MAX));
  const path = `/api/jobs/${id}/replies/labrat-1`;
  const unread = await unreadBy(reader, path);
  clock.advance(DOWNLOAD_WAIT_MS);
  await until(async () => (await reader.get(path)).status === 200);
  await expect(unread[0]?.arrayBuffer()).rejects.toThrow();
  await slow.close();
});

/** As many as one account may have. Nobody reads the bodies, so that they stay on their way. */
async function unreadBy(client: GatewayClient, path: string): Promise<readonly Response[]> {
  const unread = await Promise.all(Array.from({ length: DOWNLOADS_OWN_MAX }, () => client.get(path)));
  expect(unread.map(({ status }) => status)).toEqual(unread.map(() => 200));
  return unread;
}
