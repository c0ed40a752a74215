/** Deliberate bugs as replacements in the sources of durable logs. */

import type { Mutant } from './mutation.ts';

const edit = (file: string, from: string, to: string) => ({ file, from, to });

export const JLOG_MUTANTS: readonly Mutant[] = [
  {
    name: 'a torn end is not cut',
    edits: [
      edit('writer.ts', "if (tail.advice === 'cut' || tail.advice === 'cut-and-leave') {", 'if (false) {'),
    ],
    expected: ['J1', 'J3', 'J5'],
  },
  {
    name: 'a write that failed leaves its beginning',
    edits: [edit('writer.ts', 'if (written > 0 || !part.ok) this.#cutBack(current, before);', '')],
    expected: ['J1', 'J4', 'J5'],
  },
  {
    name: 'a segment that is needed is deleted',
    edits: [
      edit(
        'checkpoints.ts',
        'if (segment < from || segment >= lowest) return false;',
        'if (segment < from || segment > lowest) return false;',
      ),
    ],
    expected: ['J1', 'J5'],
  },
  {
    name: 'other subscribers do not count',
    edits: [
      edit(
        'checkpoints.ts',
        'Math.min(to, view.current, ...needed',
        'Math.min(to, view.current); void ((...all: number[]) => all)(...needed',
      ),
    ],
    expected: ['J1', 'J5'],
  },
  {
    name: 'another writer is let in',
    edits: [edit('writer-lock.ts', 'if (alive !== undefined) {', 'if (false) {')],
    expected: ['J6'],
  },
  {
    name: 'names of files are not synced',
    edits: [
      edit(
        'syncer.ts',
        'if (names) this.#store.syncDirectory(this.#directory, one);',
        'if (names) one(undefined);',
      ),
    ],
    expected: ['J1'],
  },
  {
    name: 'a flush does not wait for segments that were left',
    edits: [
      edit(
        'syncer.ts',
        'if (closes) file.close();\n        one(error);',
        'if (closes) file.close();\n        else one(error);\n      });\n      if (closes) one(undefined); else void (() => {',
      ),
    ],
    expected: ['J1'],
  },
  {
    name: 'reading goes on one record too far',
    edits: [
      edit(
        'read-from.ts',
        'const position = { segment, marker: walk.marker };',
        'const position = { segment, marker: walk.marker + 1 };',
      ),
    ],
    expected: ['J1', 'J5'],
  },
  {
    name: 'after a gap the same record comes again',
    edits: [
      edit(
        'read-from.ts',
        'this.#take(position);',
        'if (this.#records.length % 7 !== 6) this.#take(position);',
      ),
    ],
    expected: ['J2', 'J8'],
  },
];
