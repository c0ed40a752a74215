/** V0 one content per id, V1 self-inclusion, V2 monotonic, V4 transitional set, V5 nobody is taken along, V6 closure. */

import { compareAttempts } from '../../../../server/msgc/ids.ts';
import { type History, processKey, type ServerTrace, steps } from '../history.ts';
import type { Violation } from './violation.ts';

export function checkViews(history: History): readonly Violation[] {
  const content = history.conflictingViews.map((id) => ({ invariant: 'V0', what: id }));
  const each = history.servers.flatMap((trace) => [...inOrder(trace), ...agreed(history, trace)]);
  return [...content, ...each, ...transitionalSets(history), ...closure(history)];
}

function inOrder(trace: ServerTrace): readonly Violation[] {
  const found: Violation[] = [];
  for (const { from, to } of steps(trace)) {
    if (!to.view.members.some((member) => processKey(member) === trace.key)) {
      found.push({ invariant: 'V1', what: `${trace.key} is not in ${to.id}` });
    }
    if (compareAttempts(to.view.id, from.view.id) <= 0) {
      found.push({ invariant: 'V2', what: `${trace.key} ${to.id} after ${from.id}` });
    }
  }
  return found;
}

function agreed(history: History, trace: ServerTrace): readonly Violation[] {
  const found: Violation[] = [];
  for (const stay of trace.stays.slice(1)) {
    for (const member of stay.view.members) {
      const other = history.servers.find(({ key }) => key === processKey(member));
      if (other?.accepted.has(stay.id) === true) continue;
      found.push({
        invariant: 'V5',
        what: `${trace.key} installed ${stay.id}, ${processKey(member)} did not accept`,
      });
    }
  }
  return found;
}

/** The transitional set is exactly who comes from the same view, as far as they install the next one. */
function transitionalSets(history: History): readonly Violation[] {
  const cameFrom = new Map<string, string>();
  for (const trace of history.servers) {
    for (const { from, to } of steps(trace)) cameFrom.set(`${to.id} ${trace.key}`, from.id);
  }
  const found: Violation[] = [];
  for (const trace of history.servers) {
    for (const { from, to } of steps(trace)) {
      const set = new Set(from.transition?.together);
      if (!set.has(trace.process.node))
        found.push({ invariant: 'V4', what: `${trace.key} not in its own set` });
      for (const node of set) {
        const both = [from, to].every(({ view }) => view.members.some((member) => member.node === node));
        if (!both) found.push({ invariant: 'V4', what: `${trace.key} to ${to.id}: ${node} is not in both` });
      }
      for (const member of to.view.members) {
        const origin = cameFrom.get(`${to.id} ${processKey(member)}`);
        if (origin === undefined || (origin === from.id) === set.has(member.node)) continue;
        found.push({
          invariant: 'V4',
          what: `${trace.key} to ${to.id}: ${processKey(member)} from ${origin}`,
        });
      }
    }
  }
  return found;
}

/** Who is in a view installs it, crashes, or installs a later one. */
function closure(history: History): readonly Violation[] {
  const found: Violation[] = [];
  for (const [id, view] of history.views) {
    for (const member of view.members) {
      const trace = history.servers.find(({ key }) => key === processKey(member));
      if (trace === undefined || trace.crashed) continue;
      const reached = trace.stays.some(
        (stay) => stay.id === id || compareAttempts(stay.view.id, view.id) > 0,
      );
      if (!reached) found.push({ invariant: 'V6', what: `${trace.key} never left for ${id}` });
    }
  }
  return found;
}
