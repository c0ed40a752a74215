/** L1 one common view after healing, L2 all clients are back with equal groups, R1 nothing is retained, R2 no peer misbehaves. */

import type { GroupView } from '../../../../server/msgc/client-api.ts';
import type { ServerStatus } from '../../../../server/msgc/server-api.ts';
import type { ClientTrace } from '../history.ts';
import type { Violation } from './violation.ts';

export type EndOfSchedule = {
  readonly healedAtMs: number;
  /** From here on no view may be installed any more. */
  readonly settledAtMs: number;
  readonly servers: readonly ServerStatus[];
  readonly clients: readonly {
    readonly trace: ClientTrace;
    readonly connected: boolean;
    readonly joined: readonly { readonly session: string; readonly group: string }[];
  }[];
};

export function checkLiveness(end: EndOfSchedule): readonly Violation[] {
  return [...commonView(end), ...groupsAgree(end), ...nothingRetained(end), ...nobodyMisbehaved(end)];
}

function commonView(end: EndOfSchedule): readonly Violation[] {
  const nodes = end.servers.map(({ node }) => node).sort();
  const ids = new Set(end.servers.map(({ view }) => view?.viewId));
  const found: Violation[] = [];
  for (const { node, state, view } of end.servers) {
    const where = `${node} is ${state} in ${view?.viewId} [${view?.members.join()}]`;
    if (state !== 'operational' || [...(view?.members ?? [])].sort().join() !== nodes.join()) {
      found.push({ invariant: 'L1', what: `${where}, alive are ${nodes.join()}` });
    } else if ((view?.installedAtMs ?? 0) > end.settledAtMs) {
      found.push({ invariant: 'L1', what: `${where}, installed late at ${view?.installedAtMs}` });
    }
  }
  if (ids.size > 1) found.push({ invariant: 'L1', what: `several views: ${[...ids].join(', ')}` });
  return found;
}

function groupsAgree(end: EndOfSchedule): readonly Violation[] {
  const found: Violation[] = [];
  const expected = new Map<string, string[]>();
  const seen: { readonly who: string; readonly group: string; readonly members: string }[] = [];
  for (const { trace, connected, joined } of end.clients) {
    if (!connected) {
      found.push({ invariant: 'L2', what: `${trace.name} is not connected` });
      continue;
    }
    const last = lastViews(trace);
    for (const { session, group } of joined) {
      const view = last.get(`${session} ${group}`);
      expected.set(group, [...(expected.get(group) ?? []), last.get(session)?.own ?? session]);
      const members = [...(view?.view?.members ?? [])].map(({ name }) => name).sort();
      seen.push({ who: `${trace.name} ${session}`, group, members: members.join() });
    }
  }
  for (const { who, group, members } of seen) {
    const all = [...(expected.get(group) ?? [])].sort().join();
    if (members !== all)
      found.push({ invariant: 'L2', what: `${who} sees ${group} as [${members}], not [${all}]` });
  }
  return found;
}

function lastViews(trace: ClientTrace): Map<string, { readonly own?: string; readonly view?: GroupView }> {
  const last = new Map<string, { readonly own?: string; readonly view?: GroupView }>();
  for (const record of trace.records) {
    if (record.type !== 'event') continue;
    const { event } = record;
    if (event.type === 'busLost') last.clear();
    if (event.type === 'busConnected') {
      for (const [session, own] of event.privateNames) last.set(session, { own });
    }
    if (event.type === 'view') last.set(`${event.session} ${event.view.group}`, { view: event.view });
  }
  return last;
}

function nothingRetained(end: EndOfSchedule): readonly Violation[] {
  return end.servers
    .filter(
      ({ counters }) => (counters['retained_batches'] ?? 0) > 0 || (counters['queued_batches'] ?? 0) > 0,
    )
    .map(({ node, counters }) => ({
      invariant: 'R1',
      what: `${node} keeps ${counters['retained_batches']} and queues ${counters['queued_batches']} batches`,
    }));
}

/** Among correct servers and clients nothing malformed or impossible ever arrives. */
function nobodyMisbehaved(end: EndOfSchedule): readonly Violation[] {
  return end.servers.flatMap(({ node, counters }) =>
    ['bad_plan', 'bad_operations', 'closed_bad_frame', 'closed_frame_too_long']
      .filter((counter) => (counters[counter] ?? 0) > 0)
      .map((counter) => ({ invariant: 'R2', what: `${node} counted ${counter} ${counters[counter]}` })),
  );
}
