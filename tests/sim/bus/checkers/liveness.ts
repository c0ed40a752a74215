/** L1 one common view after healing, L2 all clients are back with equal groups, R1 nothing is retained, R2 no peer misbehaves. */

import type { GroupView } from '../../../../server/msgc/client-api.ts';
import type { ServerStatus } from '../../../../server/msgc/server-api.ts';
import type { ClientTrace, ServerTrace } from '../history.ts';
import type { Violation } from './violation.ts';

export type EndOfSchedule = {
  readonly healedAtMs: number;
  /** From here on no view may be installed any more. */
  readonly settledAtMs: number;
  readonly servers: readonly (ServerStatus & { readonly trace: ServerTrace })[];
  readonly clients: readonly {
    readonly trace: ClientTrace;
    readonly connected: boolean;
    readonly joined: readonly { readonly session: string; readonly group: string }[];
  }[];
};

/** A heartbeat may just be on its way. */
const BACKLOG_AT_REST = 4;

const IMPOSSIBLE_COUNTERS = [
  'bad_plan',
  'bad_repair',
  'bad_operations',
  'closed_bad_frame',
  'closed_frame_too_long',
];
/** Reasons for which only a faulty server is cut off. */
const IMPOSSIBLE = [
  'was next',
  'did not send next',
  'out of turn',
  'what was not sent',
  'does not follow from STATE',
  'too many frames',
];

export function checkLiveness(end: EndOfSchedule): readonly Violation[] {
  return [...commonView(end), ...groupsAgree(end), ...nothingRetained(end), ...nobodyMisbehaved(end)];
}

function commonView(end: EndOfSchedule): readonly Violation[] {
  const nodes = end.servers.map(({ node }) => node).sort();
  const ids = new Set(end.servers.map(({ view }) => view?.viewId));
  const found: Violation[] = [];
  for (const { node, state, view, trace } of end.servers) {
    const installedAtMs = trace.stays.at(-1)?.atMs ?? 0;
    const where = `${node} is ${state} in ${view?.viewId} [${view?.members.join()}]`;
    if (state !== 'operational' || [...(view?.members ?? [])].sort().join() !== nodes.join()) {
      found.push({ invariant: 'L1', what: `${where}, alive are ${nodes.join()}` });
    } else if (installedAtMs > end.settledAtMs) {
      found.push({ invariant: 'L1', what: `${where}, installed late at ${installedAtMs}` });
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
  const found: Violation[] = [];
  for (const { node, counters, links } of end.servers) {
    for (const counter of ['retained_batches', 'queued_batches']) {
      const left = counters[counter] ?? 0;
      if (left > 0) found.push({ invariant: 'R1', what: `${node} has ${counter} ${left}` });
    }
    for (const { peer, backlog } of links) {
      if (backlog > BACKLOG_AT_REST)
        found.push({ invariant: 'R1', what: `${node} queues ${backlog} for ${peer}` });
    }
  }
  return found;
}

/** Among correct servers and clients nothing malformed or impossible ever arrives, and nobody is thought to send it. */
function nobodyMisbehaved(end: EndOfSchedule): readonly Violation[] {
  const found: Violation[] = [];
  for (const { node, counters, trace } of end.servers) {
    for (const counter of IMPOSSIBLE_COUNTERS) {
      const count = counters[counter] ?? 0;
      if (count > 0) found.push({ invariant: 'R2', what: `${node} counted ${counter} ${count}` });
    }
    for (const detail of trace.linksLost) {
      if (IMPOSSIBLE.some((text) => detail.includes(text)))
        found.push({ invariant: 'R2', what: `${node} closed a link: ${detail}` });
    }
  }
  return found;
}
