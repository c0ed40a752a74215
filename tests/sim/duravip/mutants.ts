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
    from: 249,
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
    from: 155,
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
      edit('wants.ts', 'vip.derived.broken || ', ''),
    ],
    expected: ['D12'],
  },
  {
    name: 'preferences in conflict count',
    edits: [
      edit('ownership.ts', 'preference: preferences.size === 1 ?', 'preference: preferences.size > 0 ?'),
    ],
    expected: ['D12'],
    from: 118,
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
    from: 721,
  },
  {
    name: 'a loss moves what was not lost',
    edits: [
      edit(
        'election.ts',
        'if (vip.owner !== undefined && !state.nodes.has(vip.owner)) orphan(',
        'if (vip.owner !== undefined && lost.length > 0) orphan(',
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
    name: 'a reload that takes addresses away is not heard',
    edits: [edit('rules.ts', '  if (!same) {\n', '  if (!same && next.size >= before.size) {\n')],
    expected: ['D15', 'D1', 'D5'],
  },
  {
    name: 'who lost a merge keeps the address',
    edits: [
      edit(
        'member.ts',
        "    if (mode === 'held') {",
        `    if (mode === 'table' && this.#replica.n === 1) for (const address of this.#wants.wanted) wanted.add(address);
    if (mode === 'held') {`,
      ),
    ],
    expected: ['D2', 'D1', 'D9'],
  },
  {
    name: 'a node that stood still goes on at once',
    edits: [edit('member.ts', 'this.#unconfirmed = this.#confirms;', 'this.#unconfirmed = undefined;')],
    expected: ['D13'],
  },
  {
    name: 'a node that stood still believes what was said before',
    edits: [
      edit(
        'member.ts',
        "said.type === 'confirm' && said.number === this.#unconfirmed",
        'this.#unconfirmed !== undefined',
      ),
    ],
    expected: ['D13'],
  },
  {
    name: 'an observer misses a message',
    edits: [
      edit(
        'observer.ts',
        "if (said !== undefined && said.type !== 'snapshotWanted') this",
        "if (said !== undefined && said.type !== 'snapshotWanted' && said.type !== 'released') this",
      ),
    ],
    expected: ['L2', 'D3'],
  },
  {
    name: 'an observer takes a table and forgets what came after it',
    edits: [
      edit(
        'observer.ts',
        'if (!loaded && this.#inbox',
        'if (loaded) break;\n      if (!loaded && this.#inbox',
      ),
    ],
    expected: ['L2', 'D3'],
  },
  {
    name: 'who won a merge tells nobody',
    edits: [
      edit('member.ts', 'if (won.length > 0) this', 'if (won.length < 0) this'),
      edit('retelling.ts', 'if (owned.has(address) && !doubled', 'if (false && !doubled'),
    ],
    expected: ['D9'],
  },
  {
    name: 'who was slow to lose a merge is not heard of',
    edits: [
      edit('retelling.ts', 'if (owned.has(address) && !doubled', 'if (false && !doubled'),
      edit(
        'retelling.ts',
        'for (const address of owned.keys()) if (offers.has(address)) this',
        'if (false) this',
      ),
    ],
    expected: ['D9'],
    from: 9_443,
  },
  {
    name: 'what members hold where histories meet does not count',
    edits: [edit('merge.ts', 'of.map((name) => [name, holds.get(name)])', '[]')],
    expected: ['D9'],
    from: 4_618,
  },
  {
    name: 'balance does not wait for a view to mature',
    edits: [
      edit('leader.ts', 'Math.max(youngestMs + policy.viewMatureMs, this.#balanceAtMs)', 'this.#balanceAtMs'),
    ],
    expected: ['D11'],
  },
  {
    name: 'all members of a history tell its table',
    edits: [
      edit('speaker.ts', 'speaksFor.indexOf(me) * SPEAK_AFTER_MS', '0'),
      edit('speaker.ts', 'if (owes.table && nowMs >= dueMs) {', 'if (nowMs >= dueMs) {'),
    ],
    expected: ['D16'],
  },
  {
    name: 'a clock decides who gets an address',
    edits: [
      edit(
        'replica.ts',
        '    if (whole) settle(this.#state);',
        '    if (whole && nowMs % 2 < 1) settle(this.#state);',
      ),
    ],
    expected: ['D4', 'D3'],
  },
  {
    name: 'drains are forgotten where histories meet',
    edits: [
      edit(
        'merge.ts',
        '    for (const [node, drain] of part.table.drains) {',
        '    for (const [node, drain] of [...part.table.drains].slice(0, 0)) {',
      ),
    ],
    expected: ['D5'],
  },
  {
    name: 'addresses that were let go of are not told of',
    edits: [
      edit('speaker.ts', 'if (items.length > 0) courier.publish(', 'if (items.length > 1) courier.publish('),
    ],
    expected: ['D1', 'D8', 'D10'],
  },
];
