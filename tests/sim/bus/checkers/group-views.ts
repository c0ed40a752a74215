/**
 * G4: a network view names exactly the members that share this server's history, and every group whose members do not
 * all share it is told so, also when its list of members stays the same.
 */

import { nodeOfPrivateName, privateName } from '../../../../server/model/names.ts';
import type { GroupView } from '../../../../server/msgc/client-api.ts';
import { type ClientTrace, type History, processKey, type ServerTrace } from '../history.ts';
import type { Violation } from './violation.ts';

type Seen = { readonly view: GroupView; readonly trace: ServerTrace; readonly stay: number };

export function checkGroupViews(history: History): readonly Violation[] {
  const byKey = new Map(history.servers.map((trace) => [trace.key, trace]));
  return history.clients.flatMap((client) => checkClient(history, byKey, client));
}

function checkClient(
  history: History,
  byKey: ReadonlyMap<string, ServerTrace>,
  client: ClientTrace,
): readonly Violation[] {
  const found: Violation[] = [];
  const last = new Map<string, Seen>();
  let node = '';
  for (const record of client.records) {
    if (record.type === 'request') continue;
    const { event } = record;
    if (event.type === 'busLost') last.clear();
    if (event.type === 'busConnected') node = event.serverNode;
    if (event.type !== 'view') continue;
    const { view, session } = event;
    const seen = place(history, byKey, node, view);
    if (seen === undefined) {
      found.push({ invariant: 'G5', what: `${client.name} saw ${view.viewId} of no view of ${node}` });
      continue;
    }
    const key = `${session} ${view.group}`;
    const before = last.get(key);
    found.push(...compare(before, seen).map((what) => ({ invariant: 'G4', what: `${client.name} ${what}` })));
    // A leaver hears of nothing after its last view.
    if (view.members.some(({ name }) => name === privateName(session, seen.trace.process.node)))
      last.set(key, seen);
    else last.delete(key);
  }
  if (!client.killed) {
    for (const { view, trace, stay } of last.values()) {
      const untold = untoldSince({ view, trace, stay }, trace.stays.length);
      if (untold !== undefined) found.push({ invariant: 'G4', what: `${client.name} ${untold}` });
    }
  }
  return found;
}

function place(
  history: History,
  byKey: ReadonlyMap<string, ServerTrace>,
  node: string,
  view: GroupView,
): Seen | undefined {
  const id = view.viewId.slice(0, view.viewId.indexOf(':'));
  const member = history.views.get(id)?.members.find((one) => one.node === node);
  const trace = member === undefined ? undefined : byKey.get(processKey(member));
  const stay = trace?.stays.findIndex((one) => one.id === id) ?? -1;
  return trace === undefined || stay < 0 ? undefined : { view, trace, stay };
}

function compare(before: Seen | undefined, now: Seen): readonly string[] {
  if (before === undefined || before.trace !== now.trace) return [];
  const isNetwork = now.view.cause === 'network';
  const untold = untoldSince(before, isNetwork ? now.stay : now.stay + 1);
  const found = untold === undefined ? [] : [untold];
  const together = now.trace.stays[now.stay - 1]?.transition?.together;
  if (!isNetwork || together === undefined) return found;
  const had = new Set(before.view.members.map(({ name }) => name));
  const joined = new Set(now.view.joined);
  const expected = now.view.members
    .map(({ name }) => name)
    .filter((name) => had.has(name) && !joined.has(name) && together.includes(nodeOfPrivateName(name)));
  if (expected.join() === now.view.transitional.join()) return found;
  return [...found, `${now.view.viewId} shares with ${now.view.transitional.join()}, not ${expected.join()}`];
}

/** The first view after `seen` and before stay `until` that parted its members and was not told. */
function untoldSince({ view, trace, stay }: Seen, until: number): string | undefined {
  for (let next = stay + 1; next < until; next += 1) {
    const together = trace.stays[next - 1]?.transition?.together ?? [];
    const parted = view.members.find(({ name }) => !together.includes(nodeOfPrivateName(name)));
    if (parted === undefined) continue;
    return `was not told in ${trace.stays[next]?.id} that ${parted.name} of ${view.group} does not share its history`;
  }
  return undefined;
}
