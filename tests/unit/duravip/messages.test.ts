import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import { Digest } from '../../../server/duravip/digest.ts';
import { type AnyMessage, decodeMessage, encodeMessage, kindOf } from '../../../server/duravip/messages.ts';
import { PART_BYTES, PARTS_MAX, PartsAssembly, splitMessage } from '../../../server/duravip/parts.ts';
import type { IpAddress } from '../../../server/model/ip.ts';
import type { NodeName, PrivateName } from '../../../server/model/names.ts';
import { randomTable } from './random-table.ts';
import { address, ip, offer } from './vip-cluster.ts';

const A = '#ec0-00001#a' as PrivateName;
const VIEW = '00000001.n0.rt:0000000003.0000';

const MESSAGES: readonly AnyMessage[] = [
  {
    viewId: VIEW,
    type: 'config',
    setSize: 10,
    dropsAlone: true,
    offers: [
      offer(address(0)),
      offer(ip('fd00::7'), {
        names: ['Häuser', 'b-\u{1f600}', 'b-\u{1f601}'],
        services: [],
        preference: 'n1' as NodeName,
        follows: address(0),
        refused: 'no Topology holds it',
      }),
    ],
  },
  { viewId: VIEW, type: 'mature' },
  { viewId: VIEW, type: 'balance', n: 2 ** 40, moves: [{ address: address(3), to: A, cause: 'preference' }] },
  { viewId: VIEW, type: 'released', items: [{ address: address(1), since: 12 }] },
  { viewId: VIEW, type: 'move', addresses: [address(0), ip('fd00::1')], to: 'n2' as NodeName, by: 'admin' },
  { viewId: VIEW, type: 'unpin', addresses: [], by: '' },
  { viewId: VIEW, type: 'drain', node: 'n2' as NodeName, on: true, by: 'admin' },
  { viewId: VIEW, type: 'leaving' },
  {
    viewId: VIEW,
    type: 'hosted',
    up: [address(0)],
    coming: [address(1)],
    failed: [{ address: address(2), text: 'RTNETLINK answers: Operation not permitted' }],
    well: [address(3)],
  },
  { viewId: VIEW, type: 'suspect', name: A },
  { viewId: VIEW, type: 'cleared' },
  { viewId: VIEW, type: 'announce', all: true },
  { viewId: VIEW, type: 'heartbeat', n: 7, hash: '0123456789abcdef', up: 12 },
  { viewId: VIEW, type: 'confirm', number: 3 },
  { viewId: VIEW, type: 'reset' },
  { viewId: VIEW, type: 'exclude', names: [A] },
  { viewId: VIEW, type: 'holds', lacking: [address(0), ip('fd00::1')], beside: [address(0)] },
  { type: 'snapshotWanted' },
];

function decode(message: AnyMessage): ReturnType<typeof decodeMessage> {
  return decodeMessage(kindOf(message), encodeMessage(message), 0);
}

describe('codec', () => {
  test.each(MESSAGES.map((message) => [message.type, message] as const))(
    '%s comes back as it was',
    (_, message) => {
      expect(decode(message)).toEqual({ ok: true, value: message });
    },
  );

  test('a whole table comes back with the same hash', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const image = randomTable(new Prng(seed));
      const decoded = decode({ viewId: VIEW, type: 'state', speaksFor: image.members, image });
      if (!decoded.ok || decoded.value.type !== 'state') throw new Error(`seed ${seed}: not a table`);
      const [before, after] = [image, decoded.value.image].map((table) => {
        const digest = new Digest();
        digest.update(table, table.vips.keys());
        return digest.of(table);
      });
      expect(after, `seed ${seed}`).toBe(before);
    }
  });

  test('bytes that are no message are refused, whatever they are, and never throw', () => {
    const prng = new Prng(7);
    const image = randomTable(prng);
    const all: readonly AnyMessage[] = [
      ...MESSAGES,
      { viewId: VIEW, type: 'state', speaksFor: image.members, image },
    ];
    for (let round = 0; round < 4_000; round += 1) {
      const message = prng.pick(all);
      const bytes = Buffer.from(encodeMessage(message));
      const cut = prng.chance(0.3) ? bytes.subarray(0, prng.below(bytes.length + 1)) : bytes;
      for (let flips = prng.below(4); flips > 0 && cut.length > 0; flips -= 1) {
        cut[prng.below(cut.length)] = prng.below(256);
      }
      const kind = prng.chance(0.2) ? 0x4d20 + prng.below(32) : kindOf(message);
      const decoded = decodeMessage(kind, cut, 0);
      if (decoded.ok) continue;
      expect(['garbage', 'unknownKind']).toContain(decoded.error);
    }
  });

  test('what a system said arrives short, visible and well formed', () => {
    const text = `line one\nline two\u0000 ${'\u{1f600}'.repeat(2_000)}`;
    const decoded = decode({
      viewId: VIEW,
      type: 'hosted',
      up: [],
      coming: [],
      failed: [{ address: address(0), text }],
      well: [],
    });
    if (!decoded.ok || decoded.value.type !== 'hosted') throw new Error('not understood');
    const said = decoded.value.failed[0]?.text ?? '';
    expect(said.startsWith('line one line two')).toBe(true);
    expect(said.length).toBeLessThanOrEqual(1_024);
  });
});

describe('parts', () => {
  const large: AnyMessage = {
    viewId: VIEW,
    type: 'hosted',
    up: [],
    coming: [],
    failed: Array.from({ length: 2_000 }, (_, at) => ({ address: address(at), text: `${at} `.repeat(100) })),
    well: [] as IpAddress[],
  };

  test('a large message goes in parts and is whole again after the last', () => {
    const parts = splitMessage(large, 5);
    expect(parts.length).toBeGreaterThan(2);
    for (const { payload } of parts) expect(payload.length).toBeLessThan(256 * 1024);
    const assembly = new PartsAssembly();
    const taken = parts.map((part) => assembly.take(A, part, true));
    expect(taken.slice(0, -1).every(({ type }) => type === 'part')).toBe(true);
    const last = taken.at(-1);
    if (last?.type !== 'whole') throw new Error('not whole');
    expect(last.payload.equals(encodeMessage(large))).toBe(true);
  });

  test('a part whose beginning was lost, or that is out of turn, is refused', () => {
    const [first, second, third] = splitMessage(large, 6);
    if (first === undefined || second === undefined || third === undefined) throw new Error('too few parts');
    const assembly = new PartsAssembly();
    expect(assembly.take(A, second, true).type).toBe('refused');
    assembly.take(A, first, true);
    expect(assembly.take(A, third, true).type).toBe('refused');
    assembly.take(A, first, true);
    assembly.clear();
    expect(assembly.take(A, second, true).type).toBe('refused');
  });

  test('heads that promise too much are refused', () => {
    const assembly = new PartsAssembly();
    const head = (part: number, parts: number, bytes: number): Buffer => {
      const payload = Buffer.alloc(8 + bytes);
      payload.writeUInt16LE(part, 4);
      payload.writeUInt16LE(parts, 6);
      return payload;
    };
    const take = (payload: Buffer): string => assembly.take(A, { kind: 0x4d20, payload }, true).type;
    expect([take(head(0, 0, 1)), take(head(0, PARTS_MAX + 1, 1)), take(head(3, 3, 1))]).toEqual([
      'refused',
      'refused',
      'refused',
    ]);
    expect(take(head(0, 2, PART_BYTES + 1))).toBe('refused');
    expect(take(Buffer.alloc(7))).toBe('refused');
  });
});
