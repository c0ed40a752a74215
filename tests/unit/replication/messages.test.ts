import { expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import type { NodeName, PrivateName } from '../../../server/model/names.ts';
import {
  beginEntries,
  decode,
  encode,
  type PlainMessage,
  putEnd,
} from '../../../server/replication/messages.ts';
import { Replicator } from '../../../server/replication/replicator.ts';
import { memberNamed } from '../../support/replication-member.ts';
import { PLAN } from '../../support/replication-world.ts';

const OWNER = '#ec1-1#a' as PrivateName;
const MESSAGES: readonly PlainMessage[] = [
  { type: 'hello', era: 3, objects: [{ name: 'inbound_cidr', type: 'inbound_cidr', empty: true }] },
  {
    type: 'claims',
    batch: 7,
    objects: [{ name: 'outbound_domains', entries: Buffer.from([1, 1, 65]) }],
    claims: [[{ object: 0, key: 'example.com', limit: 10 }], []],
  },
  { type: 'ack', session: 4_000_000_000, seq: 9 },
  { type: 'ready', eras: { a: 1, b: 4_294_967_295 }, objects: ['x', 'y'] },
  { type: 'resync', object: 'x', owner: OWNER, after: 2 },
  { type: 'digest', object: 'x', a: 5, b: 6, entries: 1_048_576 },
];

test('what is encoded is decoded', () => {
  for (const message of MESSAGES) expect(decode(encode(message))).toEqual(message);
  const chunk = { type: 'chunk', era: 1, session: 2, seq: 0, object: 'x', targets: [OWNER] } as const;
  const w = beginEntries(chunk);
  putEnd(w, { a: 1, b: 2, entries: 3 });
  expect(decode(w.raw(Buffer.from('abc')).finish())).toEqual({
    ...chunk,
    end: { a: 1, b: 2, entries: 3 },
    entries: Buffer.from('abc'),
  });
});

test('what is cut off, of another version or of no type is refused', () => {
  for (const message of MESSAGES) {
    const bytes = encode(message);
    for (let length = 0; length < bytes.length; length += 1)
      expect(decode(bytes.subarray(0, length))).toBeUndefined();
    expect(decode(Buffer.concat([bytes, Buffer.from([0])]))).toBeUndefined();
    expect(decode(Buffer.concat([Buffer.from([2]), bytes.subarray(1)]))).toBeUndefined();
  }
  expect(decode(Buffer.from([1, 99]))).toBeUndefined();
});

test('[REPL-06] whatever bytes come, nothing throws and they are counted', () => {
  const prng = new Prng(9);
  const replicator = new Replicator({ node: 'a', wallMs: (nowMs) => nowMs });
  const [me, other] = [memberNamed('a'), memberNamed('b')];
  const view = { type: 'view', members: [me, other], me: me.name, transitional: new Set([me.name]) } as const;
  replicator.step({ type: 'configured', objects: PLAN }, 0);
  replicator.step(view, 0);
  for (const message of MESSAGES) {
    for (let round = 0; round < 500; round += 1) {
      const payload = Buffer.from(encode(message));
      for (let flips = 1 + prng.below(4); flips > 0; flips -= 1)
        payload[prng.below(payload.length)] = prng.below(256);
      replicator.step({ type: 'message', from: other.name, payload }, round);
    }
  }
  for (let round = 0; round < 5_000; round += 1) {
    const payload = Buffer.from(Array.from({ length: prng.below(60) }, () => prng.below(256)));
    payload[0] = 1;
    if (payload.length > 1) payload[1] = prng.below(9);
    replicator.step({ type: 'message', from: other.name, payload }, round);
  }
  expect(replicator.refused).toBeGreaterThan(100);
  expect(replicator.members.map(({ node }) => node)).toEqual(['a' as NodeName, 'b' as NodeName]);
});
