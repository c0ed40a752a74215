/**
 * Deliberate bugs as replacements in the sources of replication. Each names the invariants that are expected to notice it.
 */

import type { Mutant } from '../mutation.ts';

const edit = (file: string, from: string, to: string) => ({ file, from, to });

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a member that left leaves its share behind',
    edits: [edit('exchange.ts', '      object.store.depart(peer.owner, this.#heirOf(object));\n', '')],
    expected: ['R1', 'R2', 'R4', 'R9'],
  },
  {
    name: 'who comes after a partition gets no snapshot',
    edits: [
      edit('peers.ts', '      peer.fresh = !known.has(peer.member.name);', '      peer.fresh = false;'),
    ],
    expected: ['R1', 'R2', 'R5', 'R9'],
  },
  {
    name: 'a snapshot does not replace what was there',
    edits: [edit('snapshot-receiver.ts', '      object.store.clear(owner);\n', '')],
    expected: ['R1', 'R5', 'R9'],
  },
  {
    name: 'an empty share does not replace what was there',
    edits: [edit('exchange.ts', '        this.#heardObject(peer, name)?.store.clear(peer.owner);\n', '')],
    expected: ['R1', 'R5', 'R9'],
    rare: true,
  },
  {
    name: 'digests are not compared',
    edits: [edit('copy-watch.ts', '    if (agrees(object, owner, told)) {', '    if (owner > 0) {')],
    expected: ['R1', 'R5', 'R9'],
  },
  {
    name: 'claims are decided by what is counted here, not by what all agreed on',
    edits: [edit('claims.ts', 'one.store.agreedSum(one.key) < limit', 'one.store.sum(one.key) < limit')],
    expected: ['R1', 'R2', 'R3', 'R9'],
  },
  {
    name: 'claims are decided while members lack shares of others',
    edits: [edit('claims.ts', 'type === undefined || !this.#peers.isOpen(name)', 'type === undefined')],
    expected: ['R1', 'R2', 'R3', 'R9'],
  },
  {
    name: 'whoever hears a claim takes it for granted',
    edits: [
      edit(
        'claims.ts',
        "    if (!fits) return 'refused';\n",
        "    if (!fits && peer.owner === 0) return 'refused';\n",
      ),
    ],
    expected: ['R1', 'R2', 'R3', 'R9'],
  },
  {
    name: 'changes of a key are told while a claim of it is under way',
    edits: [edit('changes.ts', '    this.#held.set(entry, false);\n', '')],
    expected: ['R1', 'R2', 'R3', 'R9'],
  },
  {
    name: 'a claim does not say what was given back',
    edits: [edit('counted-store.ts', '    if (waited) this.writeChange(key, w);\n', '')],
    expected: ['R1', 'R2', 'R3', 'R5', 'R9'],
  },
  {
    name: 'the last chunk leaves waiting changes to others',
    edits: [edit('snapshot-sender.ts', '    if (last) tell(object);\n', '')],
    expected: ['R1', 'R2', 'R3', 'R6'],
    rare: true,
  },
  {
    name: 'acknowledgements are not counted',
    edits: [
      edit(
        'snapshot-sender.ts',
        'one.session === session && one.seq <= seq',
        'one.session === session && one.seq < 0',
      ),
    ],
    expected: ['R1', 'R2', 'R5', 'R6'],
  },
  {
    name: 'chunks do not wait for the window',
    edits: [
      edit(
        'snapshot-sender.ts',
        'while (this.#underWay.length < WINDOW)',
        'while (this.#underWay.length >= 0)',
      ),
    ],
    expected: ['R6'],
  },
  {
    name: 'a reload forgets to say what is shared',
    edits: [
      edit('exchange.ts', 'if (this.peers.connected && this.#planText() !== before) this.#sayHello();', ''),
    ],
    expected: ['R1', 'R2', 'R5', 'R8', 'R9', 'R10'],
  },
  {
    name: 'claims under way are forgotten when the bus is lost',
    edits: [edit('claims.ts', 'const lost = this.#underWay?.claims ?? [];', 'const lost: Waiting[] = [];')],
    expected: ['R7'],
  },
  {
    name: 'claims that nobody could decide are forgotten',
    edits: [
      edit(
        'claims.ts',
        "      if (verdict === 'void') again.push(claim);\n      else ",
        "      if (verdict !== 'void') ",
      ),
    ],
    expected: ['R7'],
  },
  {
    name: 'what is told while others do not listen is lost',
    edits: [
      edit('exchange.ts', '    for (const object of this.objects.values()) this.#teller.tell(object);\n', ''),
    ],
    expected: ['R1', 'R3', 'R5', 'R9'],
    rare: true,
  },
];
