/** The status message of a server: what it holds, when, and that it stays within its bounds. */

import { describe, expect, test } from 'vitest';
import { decodeMessage, MESSAGE_KINDS, PAYLOAD_BYTES_MAX } from '../../../server/cluster/messages.ts';
import { STATUS_AGAIN_MS, StatusContent } from '../../../server/cluster/status-content.ts';
import {
  DETAIL_CHARACTERS_MAX,
  type NodeStatus,
  STATUS_GROUPS_MAX,
  STATUS_VIEWS_MAX,
} from '../../../server/cluster/status-message.ts';
import type { PrivateName } from '../../../server/model/names.ts';
import { type BusViewRecord, type ServerStatus, VIEW_RECORDS_MAX } from '../../../server/msgc/server-api.ts';
import { EPOCH_MS, serverStatus } from './cluster-world.ts';
import { group, node } from './fake-bus.ts';

function viewRecord(viewId: string, members: readonly string[], installedAtMs = 0): BusViewRecord {
  return { viewId, members: members.map(node), installedAtMs, tookMs: 12.3456789, joined: [], lost: [] };
}

function withGroups(status: ServerStatus, listeners: readonly string[], names = 3): ServerStatus {
  const members = (session: string) =>
    Array.from({ length: names }, (_, at) => `#${session}-${at}#${status.node}` as PrivateName);
  return {
    ...status,
    groups: [
      { group: group('ec_status'), members: listeners as readonly PrivateName[] },
      { group: group('ec_console'), members: members('ec0') },
    ],
  };
}

function told(content: StatusContent, status: ServerStatus, nowMs: number): NodeStatus {
  const { payload } = encoded(content, status, nowMs);
  const decoded = decodeMessage(MESSAGE_KINDS.status, payload);
  if (!decoded.ok || decoded.value.type !== 'status') throw new Error('a status that is understood');
  return decoded.value;
}

function encoded(content: StatusContent, status: ServerStatus, nowMs: number) {
  return content.encode({ status, counters: {}, config: undefined, wallMs: EPOCH_MS + nowMs }, nowMs);
}

describe('the status of a server', () => {
  test('moments are told by their age, totals with the time that the server ran', () => {
    const status = {
      ...serverStatus('a', ['b']),
      incarnation: 77,
      startedAtMs: 1_000,
      authenticated: true,
      refusals: { 'wrong key': 3 },
      counters: { views: 4 },
      views: [viewRecord('1', ['a', 'b'], 4_000)],
    };
    expect(told(new StatusContent(), status, 5_000).bus).toEqual({
      incarnation: 77,
      upMs: 4_000,
      authenticated: true,
      maxBacklog: 5_000,
      refusals: { 'wrong key': 3 },
      pausedMs: 0,
      viewChanges: 4,
      views: [{ viewId: '1', members: ['a', 'b'], agoMs: 1_000, tookMs: 12.346, joined: [], lost: [] }],
      groups: { version: 1, list: [] },
    });
    expect(told(new StatusContent(), status, 5_000).links[0]?.figures).toEqual({
      sinceAgoMs: 5_000,
      refused: 0,
      bytesIn: 0,
      bytesOut: 0,
      messagesIn: 0,
      messagesOut: 0,
      slow: null,
      detail: '',
    });
  });

  test('views and groups are told when they change, when somebody new listens, and now and then', () => {
    const content = new StatusContent();
    const status = withGroups({ ...serverStatus('a'), views: [viewRecord('1', ['a'])] }, ['#d-1#a']);
    const parts = (one: ServerStatus, nowMs: number) => {
      const { bus } = told(content, one, nowMs);
      return [bus?.views?.length, bus?.groups?.list?.length, bus?.groups?.version];
    };
    expect(parts(status, 0)).toEqual([1, 2, 1]);
    expect(parts(status, 1_000)).toEqual([undefined, undefined, 1]);
    const changed = { ...status, views: [...status.views, viewRecord('2', ['a'])] };
    expect(parts(changed, 2_000)).toEqual([2, undefined, 1]);
    const joined = withGroups(changed, ['#d-1#a'], 4);
    expect(parts(joined, 3_000)).toEqual([undefined, 2, 2]);
    const heard = withGroups(changed, ['#d-1#a', '#d-2#a'], 4);
    expect(parts(heard, 4_000)).toEqual([2, 2, 3]);
    expect(parts(heard, 4_000 + STATUS_AGAIN_MS - 1)).toEqual([undefined, undefined, 3]);
    expect(parts(heard, 4_000 + STATUS_AGAIN_MS)).toEqual([2, 2, 3]);
  });

  test('groups are told by the first member of a view only, and by nobody without one', () => {
    const second = serverStatus('a', ['b']);
    const first = { ...second, node: node('b') };
    expect(told(new StatusContent(), withGroups(second, []), 0).bus?.groups?.list).toHaveLength(2);
    expect(told(new StatusContent(), withGroups(first, []), 0).bus?.groups).toBeUndefined();
    const gathering = { ...withGroups(second, []), state: 'gather' } as const;
    expect(told(new StatusContent(), gathering, 0).bus?.groups).toBeUndefined();
  });

  test('lists are cut, the number of members is not; hostile texts are one printable line', () => {
    const base = serverStatus('a', ['b']);
    const links = base.links.map((link) => ({
      ...link,
      detail: `refused: \u001b[2J\n${'x'.repeat(1_000)}`,
      slow: 'round trip \u0000',
    }));
    const many = (count: number) => Array.from({ length: count }, (_, at) => `#s${at}#a` as PrivateName);
    const status = {
      ...base,
      links,
      views: Array.from({ length: VIEW_RECORDS_MAX }, (_, at) => viewRecord(String(at), ['a'])),
      groups: Array.from({ length: STATUS_GROUPS_MAX + 1 }, (_, at) => ({
        group: group(`g${at}`),
        members: many(at === 0 ? 300 : 1),
      })),
    };
    const { bus, links: saidLinks } = told(new StatusContent(), status, 0);
    expect(bus?.views).toHaveLength(STATUS_VIEWS_MAX);
    expect(bus?.views?.at(-1)?.viewId).toBe(String(VIEW_RECORDS_MAX - 1));
    expect(bus?.groups?.list).toHaveLength(STATUS_GROUPS_MAX);
    expect(bus?.groups?.list?.[0]).toMatchObject({ count: 300 });
    expect(bus?.groups?.list?.[0]?.members).toHaveLength(256);
    expect(saidLinks[0]?.figures?.detail).toMatch(/^refused: \\x1b\[2J\\x0ax+…$/);
    expect(saidLinks[0]?.figures?.detail).toHaveLength(DETAIL_CHARACTERS_MAX);
    expect(saidLinks[0]?.figures?.slow).toBe('round trip \\x00');
  });

  function busy(count: number, nameLength: number): ServerStatus {
    const names = Array.from({ length: count }, (_, at) => `${at}`.padStart(nameLength, 'n'));
    const [first = '', ...peers] = names;
    const base = serverStatus(first, peers);
    return withGroups(
      {
        ...base,
        links: base.links.map((link) => ({ ...link, detail: 'd'.repeat(DETAIL_CHARACTERS_MAX) })),
        reach: names.map((one) => ({ node: node(one), sees: names.map(node) })),
        views: Array.from({ length: VIEW_RECORDS_MAX }, (_, at) => ({
          ...viewRecord(String(at), names),
          joined: names.map(node),
          lost: names.map((one) => ({ node: node(one), cause: 'silence' as const })),
        })),
      },
      [],
      1_000,
    );
  }

  test('50 servers with 1,000 clients fit into one message', () => {
    const status = busy(50, 32);
    expect(encoded(new StatusContent(), status, 0).payload.length).toBeLessThan(PAYLOAD_BYTES_MAX);
    const { bus, links, reach } = told(new StatusContent(), status, 0);
    expect([links.length, reach.length, bus?.views?.length]).toEqual([49, 50, STATUS_VIEWS_MAX]);
    expect(bus?.groups?.list?.map(({ count, members }) => [count, members.length])).toEqual([
      [0, 0],
      [1_000, 256],
    ]);
  });

  test('what is too long loses what is missed least, and is understood', () => {
    const status = busy(256, 48);
    expect(encoded(new StatusContent(), status, 0).payload.length).toBeLessThanOrEqual(PAYLOAD_BYTES_MAX);
    const { bus, links, reach } = told(new StatusContent(), status, 0);
    expect(bus?.views).toBeUndefined();
    expect(reach).toEqual([]);
    expect(links).toHaveLength(255);
  });

  test('a second of an idle cluster of 50 is small', () => {
    const content = new StatusContent();
    const status = busy(50, 12);
    encoded(content, status, 0);
    expect(encoded(content, status, 1_000).payload.length).toBeLessThan(96 * 1_024);
  });
});
