import { describe, expect, test } from 'vitest';
import type { NodeName } from '../../../server/model/names.ts';
import { decodeServerFrame } from '../../../server/msgc/decode-frames.ts';
import { FrameDecoder } from '../../../server/msgc/frame-decoder.ts';
import type { Batch, ServerFrame } from '../../../server/msgc/frames.ts';
import { PROTOCOL_TIMING, PROTOCOL_WINDOWS } from '../../../server/msgc/options.ts';
import { Order } from '../../../server/msgc/order.ts';

const [a, b, c] = ['a', 'b', 'c'] as NodeName[] as [NodeName, NodeName, NodeName];
const view = { id: { ctr: 1, coord: a, inc: 1 }, members: [a, b, c].map((node) => ({ node, inc: 1 })) };
const body = (text: string) => ({ count: 1, safe: false, body: Buffer.from(text) });

/** One member of a view of a, b and c, of which a orders. */
class Member {
  readonly sent: { readonly to: NodeName; readonly frame: ServerFrame }[] = [];
  readonly delivered: string[] = [];
  readonly condemned: string[] = [];
  readonly order: Order;

  constructor(me: NodeName) {
    this.order = new Order({
      me,
      view: { id: { ctr: 0, coord: me, inc: 1 }, members: [{ node: me, inc: 1 }] },
      timing: PROTOCOL_TIMING,
      windows: PROTOCOL_WINDOWS,
      maxBacklog: 5_000,
      probe: {},
      host: {
        send: (to, head, _count, rest = Buffer.alloc(0)) => {
          const decoder = new FrameDecoder();
          decoder.push(Buffer.concat([head, rest]));
          const raw = decoder.next();
          const frame = raw === undefined || typeof raw === 'string' ? undefined : decodeServerFrame(raw);
          if (frame === undefined || frame.type === 'otherVersion') throw new Error('not a frame');
          this.sent.push({ to, frame });
        },
        backlogOf: () => 0,
        deliver: ({ batch }) => this.delivered.push(batch.body.toString()),
        announceStable: () => undefined,
        condemn: (node, _cause, detail) => this.condemned.push(`${node}: ${detail}`),
        count: () => undefined,
      },
    });
    this.order.openView(view, 0);
  }

  ordersTo(node: NodeName) {
    return this.sent.flatMap(({ to, frame }) => (to === node && frame.type === 'order' ? [frame] : []));
  }
}

describe('an origin gets its own batch back without the body', () => {
  const batch: Batch = { origin: b, b: 1, ...body('from b') };

  test('the sequencer leaves it out for the origin only', () => {
    const sequencer = new Member(a);
    sequencer.order.data(b, view.id, batch);
    expect(sequencer.ordersTo(b).map(({ own, batch: { body: bytes } }) => [own, bytes.length])).toEqual([
      [true, 0],
    ]);
    expect(sequencer.ordersTo(c).map(({ own, batch: { body: bytes } }) => [own, bytes.toString()])).toEqual([
      [false, 'from b'],
    ]);
  });

  test('the origin delivers what it had sent', () => {
    const origin = new Member(b);
    origin.order.submit(body('from b'));
    const empty = { ...batch, body: Buffer.alloc(0) };
    origin.order.order(a, { type: 'order', view: view.id, gseq: 1, stable: 0, batch: empty, own: true });
    expect(origin.delivered).toEqual(['from b']);
    expect(origin.order.logged(1)?.body.toString()).toBe('from b');
  });

  test.each([
    ['of somebody else', c, 1],
    ['that was not sent', b, 2],
  ])('an ORDER without a body for a batch %s ends the link to the sequencer', (_what, from, number) => {
    const origin = new Member(b);
    origin.order.submit(body('from b'));
    const empty = { origin: from, b: number, count: 1, safe: false, body: Buffer.alloc(0) };
    origin.order.order(a, { type: 'order', view: view.id, gseq: 1, stable: 0, batch: empty, own: true });
    expect(origin.delivered).toEqual([]);
    expect(origin.condemned).toEqual(['a: ordered a batch that its origin did not send next']);
  });
});

test('an origin is busy with two batches under way, until one of them has its position', () => {
  const origin = new Member(b);
  origin.order.submit(body('1'));
  expect(origin.order.busy).toBe(false);
  origin.order.submit(body('2'));
  expect(origin.order.busy).toBe(true);
  const empty = { origin: b, b: 1, count: 1, safe: false, body: Buffer.alloc(0) };
  origin.order.order(a, { type: 'order', view: view.id, gseq: 1, stable: 0, batch: empty, own: true });
  expect(origin.order.busy).toBe(false);
  origin.order.submit(body('3'));
  origin.order.freeze();
  expect(origin.order.busy).toBe(false);
});

test('the safe line stands still from STATE on: what is said of the old view meanwhile delivers nothing', () => {
  const member = new Member(c);
  const safe = { origin: b, b: 1, count: 1, safe: true, body: Buffer.from('from b') };
  member.order.order(a, { type: 'order', view: view.id, gseq: 1, stable: 0, batch: safe, own: false });
  expect(member.delivered).toEqual([]);
  member.order.freeze();
  member.order.stableFrom(a, view.id, 1);
  expect(member.order.stable).toBe(0);
  expect(member.delivered).toEqual([]);
});
