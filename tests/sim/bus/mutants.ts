/**
 * Deliberate bugs (evs.md 2.7) as replacements in the sources of the bus. Each names the invariants that are expected to
 * notice it.
 */

import type { Mutant } from '../mutation.ts';

const flush = (from: string, to: string) => ({ file: 'flush.ts', from, to });
const views = (from: string, to: string) => ({ file: 'view-change.ts', from, to });
const order = (from: string, to: string) => ({ file: 'order.ts', from, to });
const mesh = (from: string, to: string) => ({ file: 'mesh.ts', from, to });

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'one member is not repaired',
    edits: [
      flush(
        'if (old === undefined || this.#order.recv !== old.cut) return;',
        'if (old === undefined) return;',
      ),
      flush("this.#host.send(node, { type: 'repair', att, view, gseq, batch });", ''),
      order("assert(this.#recv === old.cut, 'a view closes with everything up to the cut');", ''),
      order(
        'while (this.#delivered < old.cut) this.#deliverNext',
        'while (this.#delivered < this.#recv) this.#deliverNext',
      ),
      order(
        "while (this.#delivered + 1 < line) this.#deliverNext('regular');",
        "while (this.#delivered + 1 < line && this.#delivered < this.#recv) this.#deliverNext('regular');",
      ),
    ],
    expected: ['V3'],
    from: 40,
  },
  {
    name: 'the sequencer keeps ordering after it accepted a proposal',
    edits: [flush('    this.#order.freeze();\n', '')],
    expected: ['V3', 'O1', 'S1', 'assertion'],
  },
  {
    name: 'pending batches are delivered before TRANS',
    edits: [
      order(
        'this.#probe.transition?.(this.#view, old.together);',
        `for (const batch of pending) this.#probe.delivered?.(this.#view, batch, undefined, 'regular');
         this.#probe.transition?.(this.#view, old.together);`,
      ),
      order("this.#probe.delivered?.(this.#view, batch, undefined, 'transitional');", ''),
    ],
    expected: ['O1', 'O2', 'B3', 'B2'],
  },
  {
    name: 'pending batches are sent again although they were delivered',
    edits: [order('!settled.has(b)', 'settled.size >= 0')],
    expected: ['S2', 'S1', 'B2'],
  },
  {
    name: 'the sequencer is thought to be present',
    edits: [{ file: 'plan.ts', from: 'sequencerPresent ? state.obliged', to: 'true ? state.obliged' }],
    expected: ['B4', 'B2', 'S2', 'G1', 'B3'],
    from: 45,
  },
  {
    name: 'members of a whole view are skipped for not proposing',
    edits: [views(' && !(whole && hasProcess(members, one))', '')],
    expected: ['L3'],
    from: 34_146,
  },
  {
    name: 'the incarnation is not checked',
    edits: [
      views('this.#mesh.links.get(process.node)?.inc === process.inc', 'this.#mesh.links.has(process.node)'),
      views(
        'if (att.coord !== from || !hasProcess(members, this.#me)) return;',
        'if (att.coord !== from || !hasNode(members, this.#me.node)) return;',
      ),
      { file: 'mesh.ts', from: 'sees.process.inc !== link.inc', to: 'false' },
      {
        file: 'mesh.ts',
        from: 'sees.sees.some((one) => sameProcess(one, other))',
        to: 'sees.sees.some((one) => one.node === other.node)',
      },
      {
        file: 'mesh.ts',
        from: '?.sees.some((one) => sameProcess(one, process))',
        to: '?.sees.some((one) => one.node === process.node)',
      },
      { file: 'mesh.ts', from: 'this.#reach.delete(node);\n    this.#reachDue', to: 'this.#reachDue' },
    ],
    expected: ['V5', 'V1', 'L1', 'R2', 'assertion'],
    rare: true,
  },
  {
    name: 'frames of an older view are accepted',
    edits: [
      order(
        '!this.#open || !sameAttempt(frame.view, this.#view.id) || from !== this.sequencer',
        '!this.#open',
      ),
    ],
    expected: ['B4', 'O1', 'B1', 'R2', 'assertion'],
  },
  {
    name: 'the view is installed on PLAN instead of on INSTALL',
    edits: [
      views(
        'this.#flush.planned(from, frame.plan, nowMs);',
        `this.#flush.planned(from, frame.plan, nowMs);
         {
           const early = this.#flush.install(from, { type: 'install', att: frame.plan.att, groups: [] }, nowMs);
           if (early !== undefined) this.#installed(early);
         }`,
      ),
    ],
    expected: ['V3', 'V6', 'L1', 'L2', 'F1', 'F3', 'G1', 'G3', 'S1', 'S2', 'B3'],
  },
  {
    name: 'a batch is acknowledged before it is stored',
    edits: [
      order(
        "{ type: 'ack', view: this.#view.id, recv: this.#recv }",
        "{ type: 'ack', view: this.#view.id, recv: this.#recv + 1 }",
      ),
      order(
        "this.#host.condemn(from, 'closed', 'acknowledged what was not sent');\n      return;",
        'recv = this.#recv;',
      ),
    ],
    expected: ['F1', 'F2'],
    from: 34,
  },
  {
    name: 'the log is trimmed at what this member received',
    edits: [order('Math.min(this.#stable, this.#delivered)', 'this.#delivered')],
    expected: ['V3', 'R2'],
    from: 59,
  },
  {
    name: 'the holder is chosen by rank instead of by what it received',
    edits: [{ file: 'plan.ts', from: 'holder: lowest(holders)', to: 'holder: lowest(reporters)' }],
    expected: ['O3', 'S1', 'R2'],
    from: 59,
  },
  {
    name: 'everybody puts itself first in the new view',
    edits: [
      flush(
        'plan.members.map(({ node, inc }) => ({ node, inc }))',
        '[...plan.members].sort((a, b) => Number(b.node === this.#me.node) - Number(a.node === this.#me.node)).map(({ node, inc }) => ({ node, inc }))',
      ),
    ],
    expected: ['V0'],
  },
  {
    name: 'what READY promised is forgotten when the attempt fails',
    edits: [
      flush('for (const batch of pending) this.#obliged.set(refKey(batch), batch);', ''),
      flush('this.#obliged.set(refKey(ref), batch);', ''),
    ],
    expected: ['F3', 'V3', 'S1', 'G1', 'B2'],
    from: 881,
  },
  {
    name: 'the safe line moves while the view is frozen',
    edits: [
      order(
        '    if (!this.#open || !sameAttempt(view, this.#view.id) || from !== this.sequencer) return;\n    this.#raiseStable',
        '    if (!sameAttempt(view, this.#view.id) || from !== this.sequencer) return;\n    this.#raiseStable',
      ),
    ],
    expected: ['O2'],
    rare: true,
  },
  {
    name: 'a group is not told that its members do not share its history',
    edits: [
      {
        file: 'groups.ts',
        from: 'joined.length === 0 && lost.length === 0 && together',
        to: 'joined.length === 0 && lost.length === 0',
      },
    ],
    expected: ['G4'],
  },
  // Faults that were there once.
  {
    name: 'who sends PENDING is not obliged before it is ready itself',
    edits: [flush('this.#obliged.set(refKey(ref), batch);', '')],
    expected: ['B2', 'B4', 'S2'],
    rare: true,
  },
  {
    name: 'a view of everybody is left by a server that skips one of them',
    edits: [views('return sameMembers(everybody, members);', 'return everybody.length < 0;')],
    expected: ['L1'],
    rare: true,
  },
  {
    name: 'a link that is back within the debounce counts as never lost',
    edits: [views('if (hasProcess(members, process)) this.#order.tear(process.node);', '')],
    expected: ['O3', 'S1', 'B3', 'R2'],
    from: 363,
  },
  {
    name: 'a REPAIR that overtakes PLAN is taken at once',
    edits: [flush('accepted.repairs.push({ from, frame });', 'this.#order.repair(frame.gseq, frame.batch);')],
    expected: ['R2'],
    from: 320,
  },
  {
    name: 'frames of the mesh itself do not count against max_backlog',
    edits: [
      mesh(
        "if (connection.stuck(this.#options.maxBacklog)) this.condemn(node, 'backlog', 'max_backlog reached');\n    }\n    this.#closeCondemned",
        "if (connection.conn < 0) this.condemn(node, 'backlog', '');\n    }\n    this.#closeCondemned",
      ),
    ],
    expected: ['R1'],
    from: 119,
  },
];
