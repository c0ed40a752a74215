import { describe, expect, test } from 'vitest';
import type { NodeName } from '../../../server/model/names.ts';
import type { StateFrame } from '../../../server/msgc/frames.ts';
import type { ProcessId } from '../../../server/msgc/ids.ts';
import { makePlan, strongerCause } from '../../../server/msgc/plan.ts';

const att = { ctr: 9, coord: 'a' as NodeName, inc: 1 };
const process = (node: string, inc = 1): ProcessId => ({ node: node as NodeName, inc });
const [a, b, c, d] = [process('a'), process('b'), process('c'), process('d')];

function state(oldMembers: readonly ProcessId[], given: Partial<StateFrame> = {}): StateFrame {
  const coord = oldMembers[0]?.node ?? ('a' as NodeName);
  const oldView = { ctr: 1, coord, inc: 1 };
  return {
    type: 'state',
    att,
    oldView,
    oldMembers,
    recv: 0,
    stable: 0,
    pending: [],
    obliged: [],
    lost: [],
    ...given,
  };
}

describe('the plan of a view change', () => {
  test('the cut is the highest received position, held by the lowest rank that has it', () => {
    const view = [b, a, c];
    const plan = makePlan(
      att,
      [a, b, c],
      new Map([
        [a.node, state(view, { recv: 4, stable: 1 })],
        [b.node, state(view, { recv: 7, stable: 3 })],
        [c.node, state(view, { recv: 7, stable: 2 })],
      ]),
    );
    expect(plan.oldViews).toEqual([
      expect.objectContaining({
        cut: 7,
        stableMax: 3,
        holder: 'b',
        together: ['b', 'a', 'c'],
        recvOf: [7, 4, 7],
      }),
    ]);
    expect(plan.needGroups).toBe(false);
  });

  test('the larger component comes first and keeps its order, so a restarted server of low rank does not sequence', () => {
    const plan = makePlan(
      att,
      [a, b, c, d],
      new Map([
        [a.node, state([a])],
        [b.node, state([c, b, d])],
        [c.node, state([c, b, d])],
        [d.node, state([c, b, d])],
      ]),
    );
    expect(plan.members.map(({ node }) => node)).toEqual(['c', 'b', 'd', 'a']);
    expect(plan.needGroups).toBe(true);
  });

  test('batches without a position are left to the next view while the sequencer is here, else they are exchanged', () => {
    const pending = [{ origin: b.node, b: 3 }];
    const obliged = [{ origin: c.node, b: 1 }];
    const states = (view: readonly ProcessId[]) =>
      new Map([
        [a.node, state(view, { obliged })],
        [b.node, state(view, { pending })],
      ]);
    const present = makePlan(att, [a, b], states([a, b, c]));
    expect(present.oldViews[0]?.pending).toEqual([{ origin: 'c', b: 1, holder: 'a' }]);
    const absent = makePlan(att, [a, b], states([c, a, b]));
    expect(absent.oldViews[0]?.pending).toEqual([
      { origin: 'b', b: 3, holder: 'b' },
      { origin: 'c', b: 1, holder: 'a' },
    ]);
  });

  test('a lost server has the strongest cause that anybody saw, and silence when nobody saw one', () => {
    const view = [a, b, c, d];
    const plan = makePlan(
      att,
      [a, b],
      new Map([
        [a.node, state(view, { lost: [{ ...c, cause: 'closed' }] })],
        [b.node, state(view, { lost: [{ ...c, cause: 'leave' }] })],
      ]),
    );
    expect(plan.oldViews[0]?.lost).toEqual([
      { ...c, cause: 'leave' },
      { ...d, cause: 'silence' },
    ]);
    expect(strongerCause('silence', 'backlog')).toBe('backlog');
    expect(strongerCause('closed', 'backlog')).toBe('backlog');
  });

  test('a restarted server is lost in its old incarnation although its node takes part', () => {
    const plan = makePlan(
      att,
      [a, process('b', 2)],
      new Map([
        [a.node, state([a, b])],
        [b.node, state([process('b', 2)], { oldView: { ctr: 0, coord: b.node, inc: 2 } })],
      ]),
    );
    expect(plan.oldViews[0]?.lost).toEqual([{ ...b, cause: 'silence' }]);
  });
});
