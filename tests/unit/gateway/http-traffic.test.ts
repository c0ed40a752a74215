/** Mail in the gateway: how it went in the last minutes; and what scrapers hear of mail and of replicated objects. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  TRAFFIC_NODES_MAX,
  TRAFFIC_SAMPLE_EVERY_MS,
  TRAFFIC_SAMPLES_MAX,
  trafficReply,
} from '../../../server/wire/objects.ts';
import { Machine, openWorld, Page, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';

let clock: HandClock;
let world: World;
let viewer: Page;

beforeEach(async () => {
  clock = new HandClock();
  world = await openWorld({ clock });
  world.cluster.objects.sketch(world.cluster.nodes);
  clock.advance(1_000);
  world.cluster.tick();
  viewer = await Page.signedIn(world.gateway, 'viewer');
});
afterEach(async () => world.close());

describe('traffic', () => {
  const traffic = async (query = '') => trafficReply.parse((await viewer.get(`/api/traffic${query}`)).body);
  function look(): void {
    world.cluster.tick();
    clock.advance(TRAFFIC_SAMPLE_EVERY_MS);
  }

  test('is a sample each few seconds of every node that runs mail, and nothing where it is silent', async () => {
    expect(await traffic()).toEqual({ atMs: [], nodes: [] });
    look();
    world.cluster.silence('labrat-2');
    look();
    const { atMs, nodes } = await traffic();
    expect(atMs).toHaveLength(2);
    expect(nodes.map(({ node }) => node)).toEqual(['labrat-1', 'labrat-2', 'labrat-3']);
    expect(nodes[1]?.receptionRate).toEqual([expect.any(Number), null]);
    expect(nodes[2]?.delayed).toEqual([4_120, 4_120]);
    const later = await traffic(`?afterMs=${atMs[0]}`);
    expect(later.atMs).toEqual(atMs.slice(1));
    expect(later.nodes[0]?.inbound).toHaveLength(1);
  });

  test('that is not known is a gap, never a 0, and never more than the ring', async () => {
    look();
    const member = world.cluster.observer.model().members['labrat-1'];
    if (member === undefined) throw new Error('no member');
    world.cluster.observer.set('members', 'labrat-1', { ...member, mail: null });
    look();
    look();
    world.cluster.observer.set('members', 'labrat-1', member);
    look();
    const rates = (await traffic()).nodes[0]?.receptionRate;
    expect(rates?.map((rate) => rate === null)).toEqual([false, true, true, false]);
    for (let n = 0; n < TRAFFIC_SAMPLES_MAX + 5; n += 1) look();
    const { atMs, nodes } = await traffic();
    expect(atMs).toHaveLength(TRAFFIC_SAMPLES_MAX);
    for (const { active } of nodes) expect(active).toHaveLength(TRAFFIC_SAMPLES_MAX);
    expect(atMs).toEqual([...atMs].sort((a, b) => a - b));
  });

  test('of more nodes than fit is of the first ones; who is gone for long is forgotten', async () => {
    const { observer } = world.cluster;
    const member = observer.model().members['labrat-1'];
    if (member === undefined) throw new Error('no member');
    const ids = Array.from({ length: TRAFFIC_NODES_MAX + 9 }, (_, n) => `more-${n}`);
    observer.change(ids.map((id) => ({ c: 'members', k: id, row: { ...member, id } })));
    observer.setAges(Object.fromEntries([...ids, ...world.cluster.nodes].map((id) => [id, 0])), 0);
    clock.advance(TRAFFIC_SAMPLE_EVERY_MS);
    expect((await traffic()).nodes).toHaveLength(TRAFFIC_NODES_MAX);
    observer.change(ids.map((id) => ({ c: 'members', k: id, row: null })));
    for (let n = 0; n <= TRAFFIC_SAMPLES_MAX + 1; n += 1) look();
    expect((await traffic()).nodes.map(({ node }) => node)).toEqual(world.cluster.nodes);
  });

  test('is of the nodes of a token only', async () => {
    look();
    const admin = await Page.signedIn(world.gateway, 'admin');
    const west = await Machine.of(world.gateway, admin, { scope: 'read', subclusters: ['west'] });
    expect((await west.get('/api/traffic')).body).toMatchObject({ nodes: [] });
    const own = await Machine.of(world.gateway, admin, { scope: 'read', subclusters: ['default'] });
    expect(trafficReply.parse((await own.get('/api/traffic')).body).nodes).toHaveLength(3);
  });
});

describe('metrics', () => {
  const metrics = async (): Promise<readonly string[]> => (await viewer.get('/metrics')).text.split('\n');
  const ofNode = (lines: readonly string[], node: string) =>
    lines.filter((line) => /^muster_(object|mail)_/.test(line) && line.includes(`node="${node}"`));

  test('[RO-1] name the node that differs, and no longer once it does not', async () => {
    const labels = (node: string) => `{object="inbound_cidr",node="${node}"}`;
    expect(await metrics()).toEqual(
      expect.arrayContaining([
        `muster_object_diverged${labels('labrat-3')} 1`,
        `muster_object_diverged${labels('labrat-1')} 0`,
        `muster_object_entries${labels('labrat-1')} 1048576`,
        `muster_object_pending${labels('labrat-1')} 12`,
        `muster_object_oldest_pending_seconds${labels('labrat-1')} 0.4`,
        'muster_object_series_omitted 0',
      ]),
    );
    world.cluster.objects.converge('inbound_cidr', 'labrat-3');
    expect(await metrics()).toContain(`muster_object_diverged${labels('labrat-3')} 0`);
  });

  test('tell the mail of who is heard, and nothing of who is not', async () => {
    const { cluster } = world;
    cluster.objects.mail('labrat-1', { receptions: 7, deliveries: 5, rejections: 2, inbound: 3, delayed: 4 });
    const lines = await metrics();
    for (const [figure, value] of [
      ['receptions_total', 7],
      ['deliveries_total', 5],
      ['rejections_total', 2],
      ['inbound', 3],
      ['delayed', 4],
    ]) {
      expect(lines).toContain(`muster_mail_${figure}{node="labrat-1"} ${value}`);
    }
    cluster.silence('labrat-1');
    cluster.depart('labrat-2', 'closed');
    const later = await metrics();
    expect(ofNode(later, 'labrat-1')).toEqual([]);
    expect(ofNode(later, 'labrat-2')).toEqual([]);
    expect(ofNode(later, 'labrat-3')).not.toEqual([]);
    cluster.setBus('lost');
    expect((await metrics()).filter((line) => /^muster_(object|mail)_\w+(\{.*\})? /.test(line))).toEqual([]);
  });
});
