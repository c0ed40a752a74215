/**
 * What a coordinator decides from the STATE of every member: the new member list, and for each old view the cut, the
 * safe line, who repairs whom, which unordered batches are delivered, and why others were lost. Pure. evs.md 6.6.
 */

import { must } from '../base/assert.ts';
import type { NodeName } from '../model/names.ts';
import type { LossCause } from './client-api.ts';
import type { BatchRef, LostServer, OldViewPlan, Plan, StateFrame } from './frames.ts';
import { type Attempt, compareNodes, hasProcess, type ProcessId, sameProcess, viewIdText } from './ids.ts';

/** Strongest first (R1). */
const CAUSE_ORDER: readonly LossCause[] = ['leave', 'backlog', 'closed', 'silence'];

export function strongerCause(a: LossCause, b: LossCause): LossCause {
  return CAUSE_ORDER.indexOf(a) <= CAUSE_ORDER.indexOf(b) ? a : b;
}

type Reporter = { readonly process: ProcessId; readonly state: StateFrame };

/** @param states one for each of `members`. */
export function makePlan(
  att: Attempt,
  members: readonly ProcessId[],
  states: ReadonlyMap<NodeName, StateFrame>,
): Plan {
  const byView = new Map<string, Reporter[]>();
  for (const process of members) {
    const state = must(states.get(process.node), 'the state of a member');
    const key = viewIdText(state.oldView);
    byView.set(key, [...(byView.get(key) ?? []), { process, state }]);
  }
  const components = [...byView.values()].map(inOldOrder).sort(largerComponentFirst);
  const ordered = components.flatMap((reporters, old) =>
    reporters.map(({ process }) => ({ ...process, old })),
  );
  return {
    att,
    members: ordered,
    oldViews: components.map((reporters) => oldViewPlan(reporters, ordered)),
    needGroups: components.length > 1,
  };
}

function inOldOrder(reporters: readonly Reporter[]): Reporter[] {
  const order = must(reporters[0], 'a reporter').state.oldMembers;
  const place = (reporter: Reporter) => order.findIndex((member) => sameProcess(member, reporter.process));
  return [...reporters].sort((a, b) => place(a) - place(b));
}

/** The larger component keeps its sequencer, so that a restarted server of low rank does not take the role over. */
function largerComponentFirst(a: readonly Reporter[], b: readonly Reporter[]): number {
  return b.length - a.length || compareNodes(lowest(a), lowest(b));
}

function lowest(reporters: readonly Reporter[]): NodeName {
  return must(reporters.map(({ process }) => process.node).sort(compareNodes)[0], 'a reporter');
}

function oldViewPlan(reporters: readonly Reporter[], members: readonly ProcessId[]): OldViewPlan {
  const { oldView, oldMembers } = must(reporters[0], 'a reporter').state;
  const cut = Math.max(...reporters.map(({ state }) => state.recv));
  const holders = reporters.filter(({ state }) => state.recv === cut);
  const sequencer = must(oldMembers[0], 'the sequencer of a view');
  return {
    view: oldView,
    together: reporters.map(({ process }) => process.node),
    cut,
    stableMax: Math.max(...reporters.map(({ state }) => state.stable)),
    holder: lowest(holders),
    recvOf: reporters.map(({ state }) => state.recv),
    pending: pendingOf(
      reporters,
      reporters.some(({ process }) => sameProcess(process, sequencer)),
    ),
    lost: lostOf(reporters, oldMembers, members),
  };
}

/**
 * Batches without a position are un-sent while the sequencer is here: it did not order them. Without it they are
 * delivered in the transitional configuration, as are those that an earlier attempt already promised.
 */
function pendingOf(
  reporters: readonly Reporter[],
  sequencerPresent: boolean,
): readonly (BatchRef & { readonly holder: NodeName })[] {
  const found = new Map<string, BatchRef & { readonly holder: NodeName }>();
  const ranked = [...reporters].sort((a, b) => compareNodes(a.process.node, b.process.node));
  for (const { process, state } of ranked) {
    for (const ref of sequencerPresent ? state.obliged : [...state.pending, ...state.obliged]) {
      const key = `${ref.b} ${ref.origin}`;
      if (!found.has(key)) found.set(key, { ...ref, holder: process.node });
    }
  }
  return [...found.values()].sort((x, y) => compareNodes(x.origin, y.origin) || x.b - y.b);
}

function lostOf(
  reporters: readonly Reporter[],
  oldMembers: readonly ProcessId[],
  members: readonly ProcessId[],
): readonly LostServer[] {
  const gone = oldMembers.filter((member) => !hasProcess(members, member));
  return gone.map((member) => {
    const seen = reporters.flatMap(({ state }) => state.lost.filter((lost) => sameProcess(lost, member)));
    const cause = seen.reduce<LossCause>((best, lost) => strongerCause(best, lost.cause), 'silence');
    return { node: member.node, inc: member.inc, cause };
  });
}
