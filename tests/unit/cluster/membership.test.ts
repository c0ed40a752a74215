import { describe, expect, test } from 'vitest';
import { ASK_AGAIN_MS, DEPARTED_MAX, Membership } from '../../../server/cluster/membership.ts';
import type { MembershipEffect } from '../../../server/cluster/membership-io.ts';
import { encodeCapabilities, type MemberFacts } from '../../../server/cluster/messages.ts';
import { nodeOfPrivateName, type PrivateName } from '../../../server/model/names.ts';
import type { GroupView, LossCause } from '../../../server/msgc/client-api.ts';
import { group, node } from './fake-bus.ts';

const CLUSTER = group('ec_cluster');
const CONSOLE = group('ec_console');
const a = '#ec0-00001#a' as PrivateName;
const b = '#ec0-00002#b' as PrivateName;
const manager = '#mgr#mgr' as PrivateName;

function facts(name: PrivateName, more: Partial<MemberFacts> = {}): MemberFacts {
  return {
    nodeName: node(nodeOfPrivateName(name)),
    subcluster: 'default',
    nodeType: 'Momentum',
    version: '1',
    address: '10.0.0.1:4802',
    pid: 1,
    startedMs: 0,
    groups: [],
    privateNames: [],
    heartbeat: { startDelayMs: 15_000, intervalMs: 1_000 },
    ...more,
  };
}

const managerFacts = facts(manager, { nodeName: null, nodeType: 'Manager', heartbeat: null });

function view(
  members: readonly (PrivateName | readonly [PrivateName, MemberFacts])[],
  change: { group?: typeof CLUSTER; joined?: PrivateName[]; lost?: [PrivateName, LossCause][] } = {},
): { readonly type: 'view'; readonly view: GroupView } {
  return {
    type: 'view',
    view: {
      group: change.group ?? CLUSTER,
      viewId: '1',
      members: members.map((member) => {
        const [name, told] = typeof member === 'string' ? [member, undefined] : member;
        return { name, capabilities: told === undefined ? Buffer.alloc(0) : encodeCapabilities(told) };
      }),
      cause: 'network',
      joined: change.joined ?? [],
      lost: (change.lost ?? []).map(([name, cause]) => ({ name, cause })),
      transitional: [],
    },
  };
}

function table(byzantineAction: 'flag' | 'exclude' = 'flag'): Membership {
  const membership = new Membership({ clusterGroup: CLUSTER, departedKeptMs: 60_000, byzantineAction });
  membership.step({ type: 'connected', own: undefined }, 0);
  return membership;
}

function happenings(effects: readonly MembershipEffect[]): readonly string[] {
  return effects.flatMap((effect) => (effect.type === 'happened' ? [`${effect.what} ${effect.member}`] : []));
}

describe('membership', () => {
  test('[CLU-24] a newly seen member qualifies by its answer and is asked again until it answers', () => {
    const membership = table();
    expect(membership.step(view([a]), 0)).toContainEqual({ type: 'ask', to: a });
    expect(membership.record(a)?.state).toBe('qualifying');
    expect(membership.deadlineMs).toBe(ASK_AGAIN_MS);
    expect(membership.step({ type: 'deadlineReached' }, ASK_AGAIN_MS)).toEqual([{ type: 'ask', to: a }]);
    membership.step({ type: 'answered', from: a, facts: facts(a, { heartbeat: null }) }, 1_200);
    expect(membership.record(a)).toMatchObject({
      state: 'present',
      sinceMs: 1_200,
      facts: { nodeName: 'a' },
    });
    expect(membership.deadlineMs).toBeUndefined();
  });

  test('an answer of somebody in no view changes nothing', () => {
    const membership = table();
    expect(membership.step({ type: 'answered', from: a, facts: facts(a) }, 0)).toEqual([]);
    expect(membership.records()).toEqual([]);
  });

  test.each([['closed'], ['silence'], ['leave'], ['backlog']] as const)(
    'a member lost by %s is kept with cause and time',
    (cause) => {
      const membership = table();
      membership.step(
        view([
          [a, facts(a)],
          [b, facts(b)],
        ]),
        0,
      );
      const effects = membership.step(view([a], { lost: [[b, cause]] }), 5_000);
      expect(happenings(effects)).toEqual(['departed b']);
      expect(membership.record(b)).toMatchObject({ state: 'departed', cause, sinceMs: 5_000 });
      membership.step({ type: 'deadlineReached' }, 65_000);
      expect(membership.record(b)).toBeUndefined();
    },
  );

  test('a member departs only when it is in none of the groups any more', () => {
    const membership = table();
    membership.step(view([[a, facts(a)]]), 0);
    membership.step(view([[a, facts(a)]], { group: CONSOLE }), 0);
    expect(happenings(membership.step(view([], { group: CONSOLE, lost: [[a, 'leave']] }), 1))).toEqual([]);
    expect(membership.record(a)).toMatchObject({ state: 'qualifying', groups: [CLUSTER] });
    expect(happenings(membership.step(view([], { lost: [[a, 'leave']] }), 2))).toEqual(['departed a']);
  });

  test('a node that comes back under its name continues its history', () => {
    const membership = table();
    membership.step(
      view([
        [a, facts(a)],
        [b, facts(b)],
      ]),
      0,
    );
    membership.step(view([a], { lost: [[b, 'closed']] }), 1_000);
    const again = '#ec0-00099#b' as PrivateName;
    const effects = membership.step(view([a, [again, facts(again)]], { joined: [again] }), 2_000);
    expect(happenings(effects)).toEqual(['rejoined b']);
    expect(membership.record(b)).toBeUndefined();
    expect(membership.record(again)).toMatchObject({ incarnations: 2, joinedMs: 2_000 });
  });

  test('a paused node that returns with the same mailbox is a rejoin', () => {
    const membership = table();
    membership.step(view([[a, facts(a)]]), 0);
    membership.step(view([], { lost: [[a, 'silence']] }), 1_000);
    expect(happenings(membership.step(view([[a, facts(a)]], { joined: [a] }), 3_000))).toEqual([
      'rejoined a',
    ]);
    expect(membership.record(a)).toMatchObject({ cause: undefined, incarnations: 2 });
  });

  test('a manager that restarts under the same private name while the bus is lost counts as rejoined', () => {
    const membership = table();
    membership.step(view([[manager, managerFacts]]), 0);
    membership.step({ type: 'answered', from: manager, facts: managerFacts }, 0);
    membership.step({ type: 'lost' }, 1_000);
    membership.step({ type: 'connected', own: undefined }, 5_000);
    const effects = membership.step(view([[manager, { ...managerFacts, startedMs: 4_000 }]]), 5_000);
    expect(happenings(effects)).toEqual([`departed ${manager}`, `rejoined ${manager}`]);
    expect(effects).toContainEqual({ type: 'ask', to: manager });
    expect(membership.record(manager)).toMatchObject({ incarnations: 2, joinedMs: 5_000 });
  });

  test('a node that restarts under the same private name departs first, with the cause of its loss', () => {
    const membership = table();
    membership.step(view([[a, facts(a)]]), 0);
    const restarted = view([[a, facts(a, { startedMs: 900 })]], { joined: [a], lost: [[a, 'closed']] });
    const effects = membership.step(restarted, 1_000);
    expect(happenings(effects)).toEqual(['departed a', 'rejoined a']);
    expect(effects).toContainEqual(expect.objectContaining({ what: 'departed', name: a, cause: 'closed' }));
    expect(membership.records()).toHaveLength(1);
  });

  test('a node that restarts under the same private name has its whole start delay before heartbeats', () => {
    const membership = table();
    membership.step(view([[a, facts(a)]]), 0);
    membership.step({ type: 'heartbeat', from: a, intervalMs: 1_000 }, 500);
    membership.step(view([[a, facts(a, { startedMs: 900 })]], { joined: [a], lost: [[a, 'closed']] }), 1_000);
    for (let nowMs = 1_250; nowMs <= 15_000; nowMs += 250) {
      membership.step({ type: 'deadlineReached' }, nowMs);
      expect(membership.record(a)?.state).not.toBe('suspect');
    }
  });

  test('those who were there first are no news', () => {
    const membership = table();
    expect(happenings(membership.step(view([[a, facts(a)]], { joined: [a] }), 0))).toEqual([]);
    expect(happenings(membership.step(view([a, [b, facts(b)]], { joined: [b] }), 1))).toEqual(['joined b']);
  });

  test('[CLU-15] the leader is the first node in view order, never a manager', () => {
    const membership = table();
    membership.step(
      view([
        [manager, managerFacts],
        [b, facts(b)],
        [a, facts(a)],
      ]),
      0,
    );
    expect(membership.leader()?.name).toBe(b);
    membership.step(view([manager, a], { lost: [[b, 'closed']] }), 1);
    expect(membership.leader()?.name).toBe(a);
    membership.step(view([manager], { lost: [[a, 'closed']] }), 2);
    expect(membership.leader()).toBeUndefined();
  });

  test('[CLU-09] three missed heartbeats make a member suspect, one makes it whole again', () => {
    const membership = table('exclude');
    membership.step(view([[a, facts(a)]]), 0);
    membership.step({ type: 'answered', from: a, facts: facts(a) }, 0);
    const run = (toMs: number, fromMs: number): string[] => {
      const seen: string[] = [];
      for (let ms = fromMs; ms <= toMs; ms += 250) {
        seen.push(...happenings(membership.step({ type: 'deadlineReached' }, ms)));
      }
      return seen;
    };
    expect(run(15_000, 250)).toEqual([]);
    membership.step({ type: 'heartbeat', from: a, intervalMs: 1_000 }, 15_000);
    expect(run(17_750, 15_250)).toEqual([]);
    expect(run(18_000, 18_000)).toEqual(['suspect a']);
    expect(membership.record(a)).toMatchObject({ state: 'suspect', missedHeartbeats: 3, excluded: false });
    expect(run(20_000, 18_250)).toEqual([]);
    expect(membership.record(a)?.excluded).toBe(true);
    const effects = membership.step({ type: 'heartbeat', from: a, intervalMs: 1_000 }, 20_100);
    expect(happenings(effects)).toEqual(['recovered a']);
    expect(membership.record(a)).toMatchObject({ state: 'present', missedHeartbeats: 0, excluded: false });
  });

  test('a pause of this process makes nobody suspect', () => {
    const membership = table();
    membership.step(view([[a, facts(a, { heartbeat: { startDelayMs: 0, intervalMs: 1_000 } })]]), 0);
    for (let ms = 250; ms <= 1_000; ms += 250) membership.step({ type: 'deadlineReached' }, ms);
    expect(happenings(membership.step({ type: 'deadlineReached' }, 60_000))).toEqual([]);
    membership.step({ type: 'heartbeat', from: a, intervalMs: 1_000 }, 60_200);
    expect(membership.record(a)?.missedHeartbeats).toBe(0);
  });

  test('nobody is judged while the bus is lost, and what was known stays', () => {
    const membership = table();
    membership.step(view([[a, facts(a, { heartbeat: { startDelayMs: 0, intervalMs: 1_000 } })]]), 0);
    membership.step({ type: 'answered', from: a, facts: facts(a) }, 0);
    membership.step({ type: 'lost' }, 500);
    expect(membership.deadlineMs).toBeUndefined();
    expect(happenings(membership.step({ type: 'deadlineReached' }, 30_000))).toEqual([]);
    expect(membership.record(a)?.state).toBe('present');
    membership.step({ type: 'connected', own: undefined }, 31_000);
    const effects = membership.step(view([[b, facts(b)]]), 31_000);
    expect(happenings(effects)).toEqual(['departed a', 'joined b']);
    expect(membership.record(a)?.cause).toBeUndefined();
  });

  test('departed members are bounded: the oldest go first', () => {
    const membership = table();
    const names = Array.from(
      { length: DEPARTED_MAX + 1 },
      (_, at) => `#ec0-${10_000 + at}#n${at}` as PrivateName,
    );
    membership.step(view(names.map((name) => [name, facts(name)])), 0);
    for (const [at, name] of names.entries()) {
      membership.step(view(names.slice(at + 1), { lost: [[name, 'closed']] }), at + 1);
    }
    expect(membership.records()).toHaveLength(DEPARTED_MAX);
    expect(membership.record(names[0] as PrivateName)).toBeUndefined();
  });

  test('only departed members can be dismissed', () => {
    const membership = table();
    membership.step(view([[a, facts(a)]]), 0);
    expect(membership.step({ type: 'dismissed', name: a }, 1)).toEqual([]);
    membership.step(view([], { lost: [[a, 'closed']] }), 2);
    expect(membership.step({ type: 'dismissed', name: a }, 3)).toEqual([{ type: 'changed' }]);
    expect(membership.records()).toEqual([]);
  });
});
