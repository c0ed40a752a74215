import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import {
  type ClusterMessage,
  decodeCapabilities,
  decodeMessage,
  encodeCapabilities,
  encodeMessage,
  MESSAGE_KINDS,
  type MemberFacts,
  PAYLOAD_BYTES_MAX,
} from '../../../server/cluster/messages.ts';

const facts: MemberFacts = {
  nodeName: 'pono' as MemberFacts['nodeName'],
  subcluster: 'default',
  nodeType: 'Momentum',
  version: '0.1.0',
  address: '10.79.0.20:4802',
  pid: 20_768,
  startedMs: 1_700_000_000_000,
  groups: ['ec_console', 'ec_sc_default', 'ec_cluster'],
  privateNames: ['#ec0-20768#pono', '#ec1-20768#pono'],
  heartbeat: { startDelayMs: 15_000, intervalMs: 1_000 },
};
const raw = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('messages of the cluster', () => {
  test('every kind survives the codec', () => {
    const messages: readonly ClusterMessage[] = [
      { type: 'question' },
      { type: 'answer', facts },
      { type: 'heartbeat', number: 3, intervalMs: 1_000 },
      { type: 'request', id: 'job-1', command: 'cluster info' },
      { type: 'reply', id: 'job-1', part: 0, parts: 1, ok: true, text: 'Daemon: …' },
      {
        type: 'status',
        node: facts.nodeName as NonNullable<MemberFacts['nodeName']>,
        state: 'operational',
        viewId: '7',
        viewMembers: ['pono'],
        links: [{ to: 'kai', state: 'up', roundTripMs: null, backlog: 0, reconnects: 1 }],
        reach: [{ node: 'pono', sees: ['kai'] }],
        clients: 1,
        counters: { framesIn: 5 },
        wallMs: 1_700_000_000_000,
      },
      {
        type: 'aggregation',
        manager: 'barca',
        telling: 3,
        part: 0,
        parts: 1,
        text: '',
        omitted: 0,
        streams: [
          {
            node: facts.nodeName as NonNullable<MemberFacts['nodeName']>,
            log: 'mainlog',
            wanted: ['barca', 'master'],
            subscriber: 'master',
            state: 'pulling',
            text: '',
            position: '00000000:0000a43a',
            records: 12,
            bytes: 2_400,
            lastAgoMs: 12,
          },
        ],
      },
    ];
    for (const message of messages) {
      const { kind, payload } = encodeMessage(message);
      expect(decodeMessage(kind, payload)).toEqual({ ok: true, value: message });
    }
  });

  test('unknown fields are tolerated', () => {
    const decoded = decodeMessage(
      MESSAGE_KINDS.heartbeat,
      raw({ v: 1, number: 1, intervalMs: 1_000, mood: 'good' }),
    );
    expect(decoded).toEqual({ ok: true, value: { type: 'heartbeat', number: 1, intervalMs: 1_000 } });
  });

  test('another version, an unknown kind, garbage and excess are refused by name', () => {
    expect(decodeMessage(MESSAGE_KINDS.question, raw({ v: 2 }))).toEqual({
      ok: false,
      error: 'otherVersion',
    });
    expect(decodeMessage(0, raw({ v: 1 }))).toEqual({ ok: false, error: 'unknownKind' });
    expect(decodeMessage(MESSAGE_KINDS.question, Buffer.from('{'))).toEqual({ ok: false, error: 'garbage' });
    expect(decodeMessage(MESSAGE_KINDS.question, raw(null))).toEqual({ ok: false, error: 'garbage' });
    expect(decodeMessage(MESSAGE_KINDS.heartbeat, raw({ v: 1, number: -1, intervalMs: 1 }))).toEqual({
      ok: false,
      error: 'garbage',
    });
    const long = Buffer.alloc(PAYLOAD_BYTES_MAX + 1, ' ');
    expect(decodeMessage(MESSAGE_KINDS.question, long)).toEqual({ ok: false, error: 'tooLong' });
  });

  test('names with control characters are refused', () => {
    const forged = { ...facts, version: '1\nNode Name: other' };
    expect(decodeMessage(MESSAGE_KINDS.answer, raw({ v: 1, facts: forged }))).toEqual({
      ok: false,
      error: 'garbage',
    });
  });

  test('random bytes never throw', () => {
    const prng = new Prng(7);
    for (let round = 0; round < 2_000; round += 1) {
      const bytes = Buffer.from(Array.from({ length: prng.below(64) }, () => prng.below(256)));
      const kind = prng.pick([...Object.values(MESSAGE_KINDS), 1]);
      expect(decodeMessage(kind, bytes).ok).toBe(false);
    }
  });

  test('[MSG-29] capabilities carry the facts of a member, and those of foreign clients mean nothing', () => {
    expect(decodeCapabilities(encodeCapabilities(facts))).toEqual(facts);
    expect(decodeCapabilities(Buffer.alloc(0))).toBeUndefined();
    expect(decodeCapabilities(Buffer.from('spuser'))).toBeUndefined();
  });
});
