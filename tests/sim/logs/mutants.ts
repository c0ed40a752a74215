/** Deliberate bugs as replacements in the sources of the logs. Each names the invariants that are expected to notice it. */

import type { Mutant } from '../mutation.ts';

const edit = (file: string, from: string, to: string) => ({ file, from, to });

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a node hears of a position before the commit',
    edits: [
      edit(
        'aggregator.ts',
        '    for (const { stream } of batch.taken) stream.inCommit = true;\n',
        `    for (const { stream, mark } of batch.taken) {
      stream.inCommit = true;
      this.#nodes.get(stream.node as NodeName)?.committed(stream, mark.durable, this.#nowMs);
    }
`,
      ),
    ],
    expected: ['L5', 'L1'],
  },
  {
    name: 'nothing is cut at the start',
    edits: [
      edit(
        'aggregation-writer.ts',
        '    const files = [...this.#journal.state.files.values()];',
        '    const files: FileMark[] = [];',
      ),
    ],
    expected: ['L2', 'L4'],
  },
  {
    name: 'what the journal knows is not told to the node',
    edits: [edit('pull-node.ts', 'this.#parts.mark(node, log, first)', 'undefined')],
    expected: ['L2'],
  },
  {
    name: 'a new file is not in the journal before its first byte',
    edits: [
      edit(
        'aggregation-writer.ts',
        '    if (files.length === 0) this.#append();',
        '    if (files.length >= 0) this.#append();',
      ),
    ],
    expected: ['L2', 'L4'],
  },
  {
    name: 'what was appended is not taken back when the disk is full',
    edits: [
      edit(
        'aggregation-writer.ts',
        'if (error !== undefined) return this.#undo(error);',
        'if (error !== undefined) return this.#giveUp(error, []);',
      ),
    ],
    expected: ['L2', 'L4'],
  },
  {
    name: 'a node begins at its checkpoint, whatever is known',
    edits: [
      edit('open-decision.ts', 'start: known.durable, followed: true', 'start: checkpoint, followed: true'),
    ],
    expected: ['L2'],
  },
  {
    name: 'a journal whose end is not known is appended to',
    edits: [
      edit(
        'journal-keeper.ts',
        'this.#replace(then));\n      this.#bytes += frame.length;',
        'this.write(entry, then));\n      this.#bytes += frame.length;',
      ),
    ],
    expected: ['L6'],
  },
];
