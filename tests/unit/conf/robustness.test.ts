/** Whatever is thrown at the reader: it ends, it does not throw, and what it accepts it can print and read again. */

import { expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import { withoutPositions } from '../../../server/conf/ast.ts';
import { DiagnosticSink } from '../../../server/conf/diagnostics.ts';
import { parseMbus } from '../../../server/conf/mbus.ts';
import { modernize } from '../../../server/conf/modernize.ts';
import { printItems } from '../../../server/conf/printer.ts';
import { answerConfigQuery } from '../../../server/conf/queries.ts';
import { load, parse, seedSamples } from '../../support/conf-samples.ts';

const SEED = 20_260_401;
const MUTANTS_PER_SAMPLE = 150;
const FRAGMENTS = [
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '=',
  '"',
  "'",
  '<',
  '>',
  ',',
  ';',
  '#',
  '/*',
  '*/',
  '\n',
  ' ',
  '\u0000',
  '\\',
  '\\"',
  'include ',
  'a',
  '1',
  'cluster',
  'Listen',
  '\ufeff',
  '\ud800',
  '=>',
  ' = ',
];

function mutate(text: string, prng: Prng): string {
  let mutant = text;
  for (let edits = 1 + prng.below(6); edits > 0; edits -= 1) {
    const at = prng.below(mutant.length + 1);
    const length = prng.below(12);
    const before = mutant.slice(0, at);
    const cut = mutant.slice(at, at + length);
    const after = mutant.slice(at + length);
    const insert = prng.pick(FRAGMENTS);
    mutant = prng.pick([
      before + after,
      before + insert + cut + after,
      before + cut + cut + after,
      before + insert + after,
      before,
    ]);
  }
  return mutant;
}

test.each([...seedSamples('conf'), ...seedSamples('mbus')])(
  'mutants of %s are read to their end',
  (_name, text) => {
    const prng = new Prng(SEED);
    for (let i = 0; i < MUTANTS_PER_SAMPLE; i += 1) {
      const mutant = mutate(text, prng);
      const { items, diagnostics } = parse(mutant);
      for (const { line, column, message } of diagnostics) {
        expect(line > 0 && column > 0 && message.length > 0 && !message.includes('\n')).toBe(true);
      }
      if (diagnostics.length === 0) {
        const again = parse(printItems(items));
        expect(again.diagnostics, mutant).toEqual([]);
        expect(withoutPositions(again.items), mutant).toEqual(withoutPositions(items));
        const modern = modernize(items);
        const modernAgain = parse(printItems(modern));
        expect(modernAgain.diagnostics, mutant).toEqual([]);
        expect(withoutPositions(modernAgain.items), mutant).toEqual(withoutPositions(modern));
      }
      const { generation } = load(mutant);
      if (generation !== undefined) answerConfigQuery(generation, ['showrecurse']);
      parseMbus('mbus.conf', mutant, new DiagnosticSink());
    }
  },
);

const WORDS = [
  ...FRAGMENTS,
  'b',
  '10.0.0.0/8',
  'ESMTP_Listener',
  'Logger',
  'x/y',
  '"q r"',
  '"s\nt"',
  'type',
  'a,5~3',
  ':25',
  'continue',
  'personality',
  '\r\n',
  'duravip',
  ' = "v" ',
  ' { } ',
  ' <a="b"> ',
  ' ( c ) ',
  ' [ d = e ] ',
  'replicate',
];

test('texts of random words that are accepted print and read back, in both forms', () => {
  const prng = new Prng(SEED);
  let accepted = 0;
  for (let i = 0; i < 20_000; i += 1) {
    const text = Array.from(
      { length: 1 + prng.below(12) },
      () => `${prng.pick(WORDS)}${prng.chance(0.7) ? ' ' : ''}`,
    ).join('');
    const { items, diagnostics } = parse(text);
    if (diagnostics.length > 0) continue;
    accepted += 1;
    for (const tree of [items, modernize(items)]) {
      const again = parse(printItems(tree));
      expect(again.diagnostics, text).toEqual([]);
      expect(withoutPositions(again.items), text).toEqual(withoutPositions(tree));
    }
  }
  expect(accepted).toBeGreaterThan(500);
});
