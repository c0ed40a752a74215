/**
 * Decides whether a pattern occurs in a text. All ways through the pattern are followed at once, so that no pattern
 * and no text take longer than their lengths multiplied; a matcher that tries one way after the other can be kept busy
 * for ever by a text made for it.
 */

import { unreachable } from '../base/assert.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type PcreAssertion, type PcreNode, parsePcre } from './pcre-parser.ts';
import { type CharSet, isIn, isWordCharacter } from './pcre-sets.ts';

/** Steps of one pattern after `{n,m}` is written out. */
export const PCRE_STEPS_MAX = 4_096;

export type Pcre = {
  readonly source: string;
  /** True when the pattern occurs anywhere in the text; `^` and `$` tie it to the ends. */
  readonly test: (text: string) => boolean;
};

/** The error says what of the pattern is not understood. */
export function compilePcre(source: string): Result<Pcre, string> {
  const tree = parsePcre(source);
  if (!tree.ok) return tree;
  const program = new Program();
  const start = program.add(tree.value, program.match());
  if (program.overfull) return err(`it repeats too much: more than ${PCRE_STEPS_MAX} steps`);
  const steps = program.steps;
  return ok({ source, test: (text) => run(steps, start, text) });
}

type Step =
  | { readonly op: 'set'; readonly set: CharSet; readonly next: number }
  | { readonly op: 'assertion'; readonly assertion: PcreAssertion; readonly next: number }
  | { readonly op: 'split'; readonly nexts: number[] }
  | { readonly op: 'match' };

/** Built from the end: each part knows where to go on. */
class Program {
  readonly steps: Step[] = [];
  overfull = false;

  match(): number {
    return this.#push({ op: 'match' });
  }

  /** @returns where the node begins. */
  add(node: PcreNode, next: number): number {
    if (this.overfull) return next;
    switch (node.kind) {
      case 'set':
        return this.#push({ op: 'set', set: node.set, next });
      case 'assertion':
        return this.#push({ op: 'assertion', assertion: node.assertion, next });
      case 'sequence':
        return node.nodes.reduceRight((after, part) => this.add(part, after), next);
      case 'choice':
        return this.#push({ op: 'split', nexts: node.branches.map((branch) => this.add(branch, next)) });
      case 'repeat':
        return this.#repeat(node, next);
      default:
        return unreachable(node);
    }
  }

  #repeat({ node, min, max }: Extract<PcreNode, { kind: 'repeat' }>, next: number): number {
    let start = next;
    if (max === undefined) {
      const nexts: number[] = [next];
      start = this.#push({ op: 'split', nexts });
      nexts.push(this.add(node, start));
    } else {
      for (let i = min; i < max && !this.overfull; i += 1) {
        start = this.#push({ op: 'split', nexts: [next, this.add(node, start)] });
      }
    }
    for (let i = 0; i < min && !this.overfull; i += 1) start = this.add(node, start);
    return start;
  }

  #push(step: Step): number {
    if (this.steps.length >= PCRE_STEPS_MAX) this.overfull = true;
    else this.steps.push(step);
    return this.steps.length - 1;
  }
}

function run(steps: readonly Step[], start: number, text: string): boolean {
  const codes = Array.from(text, (c) => c.codePointAt(0) ?? 0);
  const seenAt = new Int32Array(steps.length).fill(-1);
  let current: number[] = [];
  for (let at = 0; at <= codes.length; at += 1) {
    // A new beginning at every place: the pattern may occur anywhere.
    const reached = follow(steps, [...current, start], codes, at, seenAt);
    if (reached === 'match') return true;
    const code = codes[at];
    current = [];
    if (code === undefined) break;
    for (const index of reached) {
      const step = steps[index];
      if (step?.op === 'set' && isIn(code, step.set)) current.push(step.next);
    }
  }
  return false;
}

/** The characters that are waited for at a place, or that the whole pattern has been passed. */
function follow(
  steps: readonly Step[],
  from: number[],
  codes: readonly number[],
  at: number,
  seenAt: Int32Array,
): readonly number[] | 'match' {
  const waiting: number[] = [];
  for (let index = from.pop(); index !== undefined; index = from.pop()) {
    if (seenAt[index] === at) continue;
    seenAt[index] = at;
    const step = steps[index];
    if (step === undefined || step.op === 'match') return 'match';
    if (step.op === 'set') waiting.push(index);
    else if (step.op === 'split') from.push(...step.nexts);
    else if (holds(step.assertion, codes, at)) from.push(step.next);
  }
  return waiting;
}

function holds(assertion: PcreAssertion, codes: readonly number[], at: number): boolean {
  const last = codes.length;
  switch (assertion) {
    case 'textStart':
      return at === 0;
    case 'textEnd':
      return at === last;
    case 'nearTextEnd':
      return at === last || (at === last - 1 && codes[at] === 10);
    case 'lineStart':
      return at === 0 || (codes[at - 1] === 10 && at < last);
    case 'lineEnd':
      return at === last || codes[at] === 10;
    case 'edge':
      return isWordCharacter(codes[at - 1]) !== isWordCharacter(codes[at]);
    case 'noEdge':
      return isWordCharacter(codes[at - 1]) === isWordCharacter(codes[at]);
    default:
      return unreachable(assertion);
  }
}
