/** Deliberate bugs as replacements in the sources of DuraVIP. Each names the invariants that are expected to notice it. */

import type { Mutant } from '../mutation.ts';

const edit = (file: string, from: string, to: string) => ({ file, from, to });

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a new owner takes an address before the old one let go',
    edits: [
      edit(
        'election.ts',
        '  vip.moving = true;\n  vip.next = to;',
        `  if (to !== undefined) return give(state, vip, to, cause);
  vip.moving = true;
  vip.next = to;`,
      ),
    ],
    expected: ['D2'],
  },
  {
    name: 'the view of a message is not checked',
    edits: [edit('replica.ts', 'message.viewId !== this.#viewId || ', '')],
    expected: ['D14', 'D3'],
  },
  {
    name: 'the epoch of a proposal to balance is not checked',
    edits: [edit('rules.ts', 'said.leads && message.n === said.n &&', 'said.leads &&')],
    expected: ['D8', 'D10', 'D2', 'D11', 'D14'],
  },
  {
    name: 'the election does not care who drains',
    edits: [edit('election.ts', "  if (state.draining(node)) return 'draining';\n", '')],
    expected: ['D1', 'D5'],
  },
  {
    name: 'the election takes members that are not mature',
    edits: [edit('election.ts', "  if (!node.mature) return 'not mature';\n", '')],
    expected: ['D5'],
  },
  {
    name: 'a suspect may own',
    edits: [edit('election.ts', "  if (node.suspect) return 'suspect';\n", '')],
    expected: ['D5'],
  },
  {
    name: 'pins are forgotten by an election',
    edits: [edit('election.ts', 'named(lead.pin?.to) ?? named(', 'named(')],
    expected: ['D10'],
  },
  {
    name: 'pins are forgotten by balance',
    edits: [edit('balance.ts', "  if (pin !== undefined) return { to: pin, cause: 'operator' };\n", '')],
    expected: ['D10'],
  },
  {
    name: 'pins are lost where histories meet',
    edits: [edit('merge.ts', '    if (said.pin !== undefined) vip.pin = later(vip.pin, said.pin);\n', '')],
    expected: ['D10'],
  },
  {
    name: 'balance moves addresses away from where they are preferred',
    edits: [
      edit(
        'balance.ts',
        'const preferred = preference === undefined ?',
        'const preferred = preference !== undefined ?',
      ),
    ],
    expected: ['D8'],
  },
  {
    name: 'balance goes on although nothing becomes better',
    edits: [edit('balance.ts', 'let bestFall = 1;', 'let bestFall = 0;')],
    expected: ['D8'],
  },
  {
    name: 'a broken address is given to somebody',
    edits: [
      edit('election.ts', '  if (lead.derived.broken) return [];\n', ''),
      edit(
        'election.ts',
        ' || vip.failed.has(name) || vip.derived.broken) return false;',
        ' || vip.failed.has(name)) return false;',
      ),
    ],
    expected: ['D12', 'D5'],
  },
  {
    name: 'preferences in conflict count',
    edits: [
      edit('ownership.ts', 'preference: preferences.size === 1 ?', 'preference: preferences.size > 0 ?'),
    ],
    expected: ['D12'],
  },
  {
    name: 'a follower stays where it is',
    edits: [
      edit(
        'election.ts',
        '    for (const follower of state.followersOf(vip.address)) settleFollower(',
        '    for (const follower of state.followersOf(vip.address)) if (follower.owner === undefined) settleFollower(',
      ),
    ],
    expected: ['VIP-26', 'D1'],
  },
  {
    name: 'ties are broken by local data',
    edits: [
      edit(
        'replica.ts',
        'return this.#names.filter((name) => this.#mates.has(name));',
        'return [this.#self, ...this.#names].filter((name, at, all) => this.#mates.has(name) && all.indexOf(name) === at);',
      ),
    ],
    expected: ['D3'],
  },
  {
    name: 'an answer to an earlier move counts',
    edits: [edit('rules.ts', ' || vip.since !== since) continue;', ') continue;')],
    expected: ['D2'],
    rare: true,
  },
  {
    name: 'a loss moves what was not lost',
    edits: [
      edit(
        'replica.ts',
        '    if (whole) settle(this.#state);',
        '    if (whole) {\n      for (const vip of this.#state.vips.values()) orphan(this.#state, vip, causeOf(this.#self));\n      settle(this.#state);\n    }',
      ),
    ],
    expected: ['D6'],
  },
  {
    name: 'orphans wait',
    edits: [edit('replica.ts', '    if (whole) settle(this.#state);\n', '')],
    expected: ['D7'],
  },
  {
    name: 'a reload is forgotten where histories meet',
    edits: [
      edit(
        'rules.ts',
        "    state.deriveAll(touched, nowMs, 'config');",
        "    if (said.leads) state.deriveAll(touched, nowMs, 'config');",
      ),
    ],
    expected: ['D15', 'D12', 'D3'],
  },
];
