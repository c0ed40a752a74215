/** Answers of a node to the query `shared` of pages: rows of one object as this node sees them (ui.md 4.6). */

import { printableLine } from '../console/printable.ts';
import {
  OBJECT_TEXT_CHARACTERS_MAX,
  type ObjectAnswer,
  type ObjectValue,
  objectQuery,
  UNKNOWN_OBJECT,
} from '../wire/objects.ts';
import type { NodeReplication } from './node-replication.ts';

type Answer = { readonly ok: boolean; readonly text: string };

/** @param about JSON of `objectQuery`. */
export function sharedAnswer(
  shared: Pick<NodeReplication, 'objects' | 'rows' | 'memberNamed' | 'cacheEntry'>,
  about: string | undefined,
  nowMs: number,
): Answer {
  const asked = objectQuery.safeParse(parseJson(about));
  if (!asked.success) return refused('the question cannot be read');
  const { object, view, under, search, top, texts } = asked.data;
  const plan = shared.objects.find(({ name }) => name === object);
  if (plan === undefined) return refused(UNKNOWN_OBJECT);
  const of = view === 'global' ? view : shared.memberNamed(view);
  if (of === undefined) return refused(`nobody called ${printableLine(view)} shares data with this node`);
  const found = shared.rows(object, { view: of, under, search, top }, nowMs);
  if (found === undefined) return refused(UNKNOWN_OBJECT);
  const rows = found.rows.map(({ key, value, children }): ObjectValue => {
    const entry = plan.kind === 'cache' ? shared.cacheEntry(object, key, nowMs) : undefined;
    const text = texts === true ? entry?.value.toString('utf8', 0, OBJECT_TEXT_CHARACTERS_MAX) : undefined;
    return {
      key: printableLine(key),
      text: text === undefined ? null : printableLine(text),
      value,
      children,
      expiresInMs: entry?.expiresInMs ?? null,
    };
  });
  const answer: ObjectAnswer = { rows, found: found.found };
  return { ok: true, text: JSON.stringify(answer) };
}

function refused(text: string): Answer {
  return { ok: false, text };
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined; // whoever asks hears that it cannot be read
  }
}
