/**
 * Which requirements of the conformance checklist have a test, by the ids in test titles, and which have none yet.
 * `tests/fixtures/conformance-ids.txt` is the checklist's list of ids.
 */

import { expect, test } from 'vitest';
import { readSource, sourcesBelow } from './source-files.ts';

const KNOWN = new Set(readSource('tests/fixtures/conformance-ids.txt').trim().split('\n'));
const FAMILIES = new Set([...KNOWN].map((id) => familyOf(id)));
/** A test title begins with its ids: `[CFG-01]`, `[CFG-01] [CFG-02]` or `[CFG-01, CFG-02]`. */
const TITLE =
  /\b(?:test|it|describe)(?:\.\w+)*(?:\([^'"`\n]*\))?\(\s*['"`]((?:\[[A-Z]+-\d+(?:, ?[A-Z]+-\d+)*\] ?)+)/g;
const ID = /[A-Z]+-\d+/g;

function familyOf(id: string): string {
  return id.slice(0, id.indexOf('-'));
}

/** Ids in test titles, each with the files that name it. */
function idsInTitles(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { name, text } of sourcesBelow('tests')) {
    if (name.startsWith('tests/tidy/')) continue;
    for (const [, ids = ''] of text.matchAll(TITLE)) {
      for (const [id] of ids.matchAll(ID)) found.set(id, [...(found.get(id) ?? []), name]);
    }
  }
  return found;
}

test('every id in a test title is one of the checklist', () => {
  const unknown = [...idsInTitles()].filter(
    ([id, files]) =>
      !KNOWN.has(id) &&
      (FAMILIES.has(familyOf(id)) || files.some((file) => file.startsWith('tests/conformance/'))),
  );
  expect(unknown).toEqual([]);
});

test('the checklist says what is covered and what is not yet', () => {
  const covered = new Set(idsInTitles().keys());
  const lines = [...FAMILIES].map((family) => {
    const ids = [...KNOWN].filter((id) => familyOf(id) === family);
    const missing = ids.filter((id) => !covered.has(id)).map((id) => id.slice(family.length + 1));
    const rest = missing.length === 0 ? '' : `, not yet ${missing.join(' ')}`;
    return `${family.padEnd(5)}${ids.length - missing.length} of ${ids.length}${rest}`;
  });
  const total = [...KNOWN].filter((id) => covered.has(id)).length;
  process.stdout.write(`conformance: ${total} of ${KNOWN.size} ids have a test\n${lines.join('\n')}\n`);
  expect(KNOWN.size).toBeGreaterThan(0);
});
