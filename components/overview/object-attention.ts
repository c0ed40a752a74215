/** What of the replicated objects needs somebody: one by one while they are few, counted where they are many. Pure. */

import { objectHref, objectsHref } from '../objects/object-address.ts';
import { objectStateFilter } from '../objects/object-counts.ts';
import type { ObjectLine } from '../objects/object-lines.ts';
import { saidOfObject } from '../objects/object-words.ts';
import { plural } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import type { Attention } from './attention.ts';

/** More are one item. */
const OBJECTS_SINGLE_MAX = 4;

export function objectItems(lines: readonly ObjectLine[], nowMs: number | null): readonly Attention[] {
  const found = lines.filter(({ verdict }) => verdict.kind === 'diverged');
  const shared = { kind: 'objectDiverged', shape: 'disputed' } as const;
  if (found.length <= OBJECTS_SINGLE_MAX) {
    return found.map((line) => ({
      ...shared,
      id: `objectDiverged ${line.row.id}`,
      sigil: line.verdict.diverged[0] ?? null,
      title: `${inertName(line.row.id)} is not the same on all nodes`,
      cause: saidOfObject(line, nowMs).detail,
      sinceMs: line.verdict.sinceMs,
      next: { label: 'Compare the nodes', href: objectHref(line.row.id) },
    }));
  }
  return [
    {
      ...shared,
      id: 'objectDiverged',
      sigil: null,
      title: `${plural(found.length, 'object')} are not the same on all nodes`,
      cause: `${found
        .slice(0, 2)
        .map(({ row }) => inertName(row.id))
        .join(', ')} and others`,
      sinceMs: null,
      next: { label: 'See them', href: objectsHref(objectStateFilter('diverged')) },
    },
  ];
}
