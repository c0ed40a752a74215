/**
 * One gross bug for each invariant that the subtle ones of mutants.ts do not prove: whoever checks it has to see it
 * soon. Together with those every checker was seen to catch something (P1 is not built: there is no primary flag).
 */

import type { Mutant } from '../mutation.ts';

const one = (name: string, invariant: string, file: string, from: string, to: string, seed = 1): Mutant => ({
  name,
  edits: [{ file, from, to }],
  expected: [invariant],
  from: seed,
});

export const CHECKER_PROOFS: readonly Mutant[] = [
  one(
    'a body changes on its way',
    'B1',
    'order.ts',
    'this.#probe.delivered?.(this.#view, batch, gseq, phase);',
    'this.#probe.delivered?.(this.#view, gseq % 7 === 0 ? { ...batch, body: batch.body.subarray(1) } : batch, gseq, phase);',
  ),
  one(
    'own batches that a view ends without are forgotten',
    'S1',
    'order.ts',
    'this.#queue = [...unsent.map(({ count, safe, body }) => ({ count, safe, body })), ...this.#queue];',
    '',
    87,
  ),
  one(
    'own batches that a view ends without are sent again last',
    'S2',
    'order.ts',
    '[...unsent.map(({ count, safe, body }) => ({ count, safe, body })), ...this.#queue]',
    '[...unsent.map(({ count, safe, body }) => ({ count, safe, body })).reverse(), ...this.#queue]',
  ),
  one(
    'now and then a batch of others is not delivered',
    'C1',
    'order.ts',
    'this.#probe.delivered?.(this.#view, batch, gseq, phase);',
    'if (gseq % 3 > 0 || batch.origin === this.#me) this.#probe.delivered?.(this.#view, batch, gseq, phase);',
  ),
  one(
    'messages pass a safe one that is not yet held by all',
    'F4',
    'order.ts',
    'if (this.#log.get(next)?.safe === true && next > this.#stable) break;',
    "if (this.#log.get(next)?.safe === true && next > this.#stable) { if (this.#me === 'n1') break; this.#delivered = next; continue; }",
  ),
  one(
    'safe messages are delivered like agreed ones',
    'F1',
    'order.ts',
    'if (this.#log.get(next)?.safe === true && next > this.#stable) break;',
    '',
  ),
  one(
    'safe messages do not wait for who has not installed the view',
    'F2',
    'order.ts',
    'if (this.#log.get(next)?.safe === true && next > this.#stable) break;',
    '',
    43,
  ),
  one(
    'a server leaves itself out of a view',
    'V1',
    'flush.ts',
    'members: plan.members.map(({ node, inc }) => ({ node, inc })) };',
    "members: plan.members.filter(({ node }) => node !== this.#me.node || node !== 'n1').map(({ node, inc }) => ({ node, inc })) };",
  ),
  one(
    'view ids stop to grow',
    'V2',
    'flush.ts',
    'const view: View = { id: att,',
    'const view: View = { id: { ...att, ctr: Math.min(att.ctr, 3) },',
  ),
  one(
    'the transitional set leaves somebody out',
    'V4',
    'order.ts',
    'this.#probe.transition?.(this.#view, old.together);',
    'this.#probe.transition?.(this.#view, old.together.slice(0, 2));',
  ),
  one(
    'a server goes along with what it did not accept',
    'V5',
    'flush.ts',
    'this.#probe.accepted?.(att);',
    'if (members.length !== 3) this.#probe.accepted?.(att);',
  ),
  one(
    'a server does not take INSTALL',
    'V6',
    'flush.ts',
    'const { plan, att, early } = accepted;',
    "if (this.#me.node === 'n2' && accepted.members.length > 1) return undefined;\n    const { plan, att, early } = accepted;",
  ),
  one(
    'servers list the members of a group differently',
    'G1',
    'fanout.ts',
    'members: change.members.map(({ name, capabilities }) => ({ name, capabilities })),',
    "members: (this.#me < 'n2' ? change.members : [...change.members].reverse()).map(({ name, capabilities }) => ({ name, capabilities })),",
  ),
  one(
    'a mailbox is left out of a message',
    'G2',
    'fanout.ts',
    'if (node !== this.#me || served?.has(cid)) continue;',
    'if (node !== this.#me || served?.has(cid) || cid === 2) continue;',
  ),
  one(
    'a joiner does not hear of its own join',
    'G3',
    'fanout.ts',
    'const hearers = this.#local([...change.members, ...leavers]);',
    'const hearers = this.#local([...change.members, ...leavers]).filter((entry) => !change.joined.includes(entry));',
  ),
  one(
    'clients of a lost server stay in their groups',
    'G5',
    'groups.ts',
    'const left = entries.filter((entry) => this.#incOf(entry.node) === entry.inc);',
    'const left = entries;',
  ),
  one(
    'a sender is named after the server that delivers',
    'G6',
    'fanout.ts',
    'const sender = privateName(op.session, origin);\n    const served',
    'const sender = privateName(op.session, this.#me);\n    const served',
  ),
  one(
    'groups are not joined again after a reconnect',
    'L2',
    'client.ts',
    'for (const joined of this.#joins.all) this.#sendJoin(joined, nowMs);',
    '',
  ),
  one(
    'anybody may propose, whoever is better ranked',
    'L3',
    'view-change.ts',
    'if (!own && best !== undefined && compareNodes(from, best.node) > 0) {',
    'if (best === undefined) {',
    96,
  ),
  one(
    'nothing that all hold is ever forgotten',
    'R1',
    'order.ts',
    'this.#trimmed < keepFrom; this.#trimmed += 1',
    'this.#trimmed < keepFrom - 1; this.#trimmed += 1',
  ),
];
