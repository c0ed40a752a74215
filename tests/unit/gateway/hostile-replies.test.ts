/** Replies as long as they can be, of whatever characters: inert, bounded in view, whole in the download. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { monotonicClock } from '../../../server/adapters/monotonic-clock.ts';
import { RESPONSE_BYTES_MAX } from '../../../server/console/console-frames.ts';
import { JOB_BYTES_MAX } from '../../../server/gateway/jobs.ts';
import { DOWNLOADS_MAX } from '../../../server/gateway/routes-commands.ts';
import { JOB_TEXT_VIEW_CHARACTERS, job } from '../../../server/wire/http.ts';
import { GatewayClient } from '../../support/gateway-client.ts';
import { openWorld, PASSWORD, type World } from '../../support/gateway-world.ts';
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
  // Nobody reads these bodies, so that they stay on their way.
  const unread = await Promise.all(Array.from({ length: DOWNLOADS_MAX }, () => viewer.get(path)));
  expect(unread.map(({ status }) => status)).toEqual(unread.map(() => 200));
  expect((await viewer.get(path)).status).toBe(429);
  await unread[0]?.body?.cancel();
  await until(async () => (await viewer.get(path)).status === 200);
});
