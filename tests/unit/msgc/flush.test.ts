/** One member in an attempt: what it takes from REPAIR and PLAN, and what it never does whatever they say. */

import { describe, expect, test } from 'vitest';
import type { NodeName } from '../../../server/model/names.ts';
import {
  EARLY_BYTES_MAX,
  EARLY_FRAMES_MAX,
  Flush,
  UNPLANNED_FRAMES_MAX,
} from '../../../server/msgc/flush.ts';
import type {
  Batch,
  FlushFrame,
  Membership,
  OldViewPlan,
  OrderFrame,
  Plan,
  RepairFrame,
  ServerGroups,
} from '../../../server/msgc/frames.ts';
import type { Attempt, ProcessId, View } from '../../../server/msgc/ids.ts';
import type { Mesh } from '../../../server/msgc/mesh.ts';
import { PROTOCOL_TIMING, PROTOCOL_WINDOWS } from '../../../server/msgc/options.ts';
import { Order } from '../../../server/msgc/order.ts';

const [a, b, c, z] = ['a', 'b', 'c', 'z'].map((node) => node as NodeName) as [
  NodeName,
  NodeName,
  NodeName,
  NodeName,
];
const processes = (nodes: readonly NodeName[]): readonly ProcessId[] =>
  nodes.map((node) => ({ node, inc: 1 }));
const view: View = { id: { ctr: 1, coord: a, inc: 1 }, members: processes([a, b, c]) };
const att: Attempt = { ctr: 2, coord: b, inc: 1 };

function batch(number: number): Batch {
  return { origin: a, b: number, count: 1, safe: false, body: Buffer.alloc(0) };
}

function plan(old: Partial<OldViewPlan> = {}, members: readonly NodeName[] = [b, c]): Plan {
  const whole: OldViewPlan = {
    view: view.id,
    together: [b, c],
    cut: 3,
    stableMax: 0,
    holder: b,
    recvOf: [3, 1],
    pending: [],
    lost: [],
    ...old,
  };
  return {
    att,
    members: processes(members).map((one) => ({ ...one, old: 0 })),
    oldViews: [whole],
    needGroups: false,
  };
}

function repair(gseq: number): RepairFrame {
  return { type: 'repair', att, view: view.id, gseq, batch: batch(gseq) };
}

/** The clients of member c. */
const OWN: readonly Membership[] = ['g', 'h'].map((group, index) => ({
  group,
  cid: index + 1,
  session: 's',
  capabilities: Buffer.from('x'),
}));

/** Member c of a view of a, b and c, with one batch received, in an attempt of b without a. */
class Member {
  readonly sent: FlushFrame[] = [];
  readonly condemned: string[] = [];
  readonly counted: string[] = [];
  readonly order: Order;
  readonly flush: Flush;

  /** @param own batches that this member sent and that have no position. */
  constructor(own = 0) {
    const condemn = (node: NodeName, cause: string): void => {
      this.condemned.push(`${node}:${cause}`);
    };
    const count = (counter: string): void => {
      this.counted.push(counter);
    };
    this.order = new Order({
      me: c,
      view,
      timing: PROTOCOL_TIMING,
      windows: PROTOCOL_WINDOWS,
      maxBacklog: 5_000,
      probe: {},
      host: {
        send: () => undefined,
        backlogOf: () => 0,
        deliver: () => undefined,
        announceStable: () => undefined,
        condemn,
        count,
      },
    });
    this.order.openView(view, 0);
    this.order.order(a, { type: 'order', view: view.id, gseq: 1, stable: 0, batch: batch(1), own: false });
    for (let sent = 0; sent < own; sent += 1)
      this.order.submit({ count: 1, safe: false, body: Buffer.alloc(1) });
    this.flush = new Flush({
      me: { node: c, inc: 1 },
      mesh: { condemn } as unknown as Mesh,
      order: this.order,
      timing: PROTOCOL_TIMING,
      probe: {},
      host: {
        send: (_to, frame) => this.sent.push(frame),
        membershipsAfter: () => OWN,
        transition: () => undefined,
        count,
      },
    });
    this.flush.accept(att, processes([b, c]), [], 0);
  }

  get said(): readonly string[] {
    return this.sent.map(({ type }) => type);
  }

  install(groups: readonly ServerGroups[] = []): boolean {
    return this.flush.install(b, { type: 'install', att, groups }, 0) !== undefined;
  }
}

describe('REPAIR', () => {
  test('after PLAN it is taken from the holder, and READY follows the cut', () => {
    const member = new Member();
    member.flush.planned(b, plan(), 0);
    member.flush.repaired(b, repair(2));
    expect(member.said).toEqual(['state']);
    member.flush.repaired(b, repair(3));
    expect(member.said).toEqual(['state', 'ready']);
    expect(member.install()).toBe(true);
  });

  test('one that overtakes PLAN waits for it', () => {
    const member = new Member();
    for (const gseq of [2, 3]) member.flush.repaired(b, repair(gseq));
    expect(member.order.recv).toBe(1);
    member.flush.planned(b, plan(), 0);
    expect(member.said).toEqual(['state', 'ready']);
    expect(member.install()).toBe(true);
  });

  test.each([
    ['before PLAN', true],
    ['after PLAN', false],
  ])('%s nothing is taken beyond the cut, from another member, or from a stranger', (_when, early) => {
    const member = new Member();
    const old = { cut: 2, recvOf: [2, 1] };
    if (!early) member.flush.planned(b, plan(old), 0);
    member.flush.repaired(c, repair(2));
    member.flush.repaired(z, repair(2));
    if (early) member.flush.planned(b, plan(old), 0);
    expect(member.order.recv).toBe(1);
    expect(member.counted).toEqual(['bad_repair']);
    member.flush.repaired(b, repair(2));
    member.flush.repaired(b, repair(3));
    expect(member.order.recv).toBe(2);
    expect(member.install()).toBe(true);
  });

  test('before PLAN a batch beyond the cut is kept out of what is delivered', () => {
    const member = new Member();
    for (const gseq of [2, 3, 4]) member.flush.repaired(b, repair(gseq));
    member.flush.planned(b, plan(), 0);
    expect(member.order.recv).toBe(3);
    expect(member.install()).toBe(true);
  });

  test('so many may wait for PLAN, and one more ends the link', () => {
    const member = new Member();
    for (let index = 0; index < UNPLANNED_FRAMES_MAX; index += 1) member.flush.repaired(b, repair(9));
    expect(member.condemned).toEqual([]);
    member.flush.repaired(b, repair(9));
    expect(member.condemned).toEqual(['b:backlog']);
  });

  test('so many PENDING may come, and one more ends the link', () => {
    const member = new Member();
    for (let index = 0; index <= UNPLANNED_FRAMES_MAX; index += 1) {
      member.flush.pendingHeard(b, { type: 'pending', att, view: view.id, batch: batch(10 + index) });
    }
    expect(member.condemned).toEqual(['b:backlog']);
  });

  test('what was sent as PENDING is obliged from then on, ready or not', () => {
    const member = new Member(1);
    member.flush.planned(b, plan({ pending: [{ origin: c, b: 1, holder: c }] }), 0);
    expect(member.said).toEqual(['state', 'pending']);
    member.flush.abandon();
    member.flush.accept({ ...att, ctr: 3 }, processes([b, c]), [], 0);
    expect(member.sent.at(-1)).toMatchObject({ type: 'state', obliged: [{ origin: c, b: 1 }] });
  });

  test('the bytes of early frames have a bound each, and one more byte ends the link', () => {
    const quarter = Buffer.alloc(EARLY_BYTES_MAX / 4);
    const large = (number: number, body: Buffer): Batch => ({ ...batch(number), body });
    const early = (body: Buffer): OrderFrame => {
      return { type: 'order', view: att, gseq: 1, stable: 0, batch: large(1, body), own: false };
    };
    for (const take of [
      (one: Member, body: Buffer) => one.flush.repaired(b, { ...repair(9), batch: large(9, body) }),
      (one: Member, body: Buffer, index: number) =>
        one.flush.pendingHeard(b, { type: 'pending', att, view: view.id, batch: large(10 + index, body) }),
      (one: Member, body: Buffer) => one.flush.keepEarly(b, early(body)),
    ]) {
      const member = new Member();
      for (let index = 0; index < 4; index += 1) take(member, quarter, index);
      expect(member.condemned).toEqual([]);
      take(member, Buffer.alloc(1), 4);
      expect(member.condemned).toEqual(['b:backlog']);
    }
  });

  test('so many frames of the next view may wait for INSTALL, and one more ends the link', () => {
    const member = new Member();
    for (let index = 0; index < EARLY_FRAMES_MAX; index += 1) {
      expect(member.flush.keepEarly(b, { type: 'ack', view: att, recv: index })).toBe(true);
    }
    expect(member.condemned).toEqual([]);
    member.flush.keepEarly(b, { type: 'ack', view: att, recv: 0 });
    expect(member.condemned).toEqual(['b:backlog']);
  });
});

describe('PLAN', () => {
  test.each([
    ['names other members than were asked', plan({}, [b, c, z])],
    ['leaves this member out', plan({ together: [b], recvOf: [3] })],
    ['does not know what this member received', plan({ recvOf: [3, 2] })],
    ['cuts below what this member received', plan({ cut: 0, recvOf: [0, 1] })],
    ['wants repairs from somebody else', plan({ holder: z })],
    ['wants repairs from this member, which has not got them', plan({ holder: c })],
    ['tells too little', plan({ recvOf: [3] })],
    ['takes strangers along', plan({ together: [b, c, z], recvOf: [3, 1, 0] })],
    ['speaks of another view', plan({ view: att })],
  ])('one that %s ends the link to its sender and nothing is installed', (_what, bad) => {
    const member = new Member();
    member.flush.planned(b, bad, 0);
    for (const gseq of [2, 3]) member.flush.repaired(b, repair(gseq));
    expect(member.condemned).toEqual(['b:closed']);
    expect(member.said).toEqual(['state']);
    expect(member.install()).toBe(false);
  });

  test('a second one after READY ends the link and does not change what was promised', () => {
    const member = new Member();
    member.flush.planned(b, plan({ cut: 1, recvOf: [1, 1] }), 0);
    expect(member.said).toEqual(['state', 'ready']);
    member.flush.planned(b, plan(), 0);
    for (const gseq of [2, 3]) member.flush.repaired(b, repair(gseq));
    expect(member.condemned).toEqual(['b:closed']);
    expect(member.order.recv).toBe(1);
    expect(member.install()).toBe(true);
  });
});

describe('INSTALL', () => {
  const whole = { ...plan({ cut: 1, recvOf: [1, 1] }), needGroups: true };
  const other: ServerGroups = { node: b, memberships: OWN };

  test('one that carries what READY told is installed, with the tables of all', () => {
    const member = new Member();
    member.flush.planned(b, whole, 0);
    expect(member.sent.at(-1)).toMatchObject({ type: 'ready', memberships: OWN });
    expect(member.install([other, { node: c, memberships: OWN }])).toBe(true);
    expect(member.condemned).toEqual([]);
  });

  const bad: readonly (readonly [string, readonly ServerGroups[]])[] = [
    ['forgets the clients of this member', [other]],
    ['leaves one of them out', [other, { node: c, memberships: OWN.slice(1) }]],
    ['tells another order', [{ node: c, memberships: [...OWN].reverse() }]],
    [
      'invents one',
      [
        { node: c, memberships: OWN },
        { node: c, memberships: OWN.slice(1) },
      ],
    ],
    [
      'changes one',
      [{ node: c, memberships: OWN.map((one) => ({ ...one, capabilities: Buffer.from('y') })) }],
    ],
  ];
  test.each(bad)('one that %s ends the link to its sender and nothing is installed', (_what, groups) => {
    const member = new Member();
    member.flush.planned(b, whole, 0);
    expect(member.install(groups)).toBe(false);
    expect(member.condemned).toEqual(['b:closed']);
    expect(member.counted).toEqual(['bad_install']);
    expect(member.order.view).toBe(view);
  });
});
