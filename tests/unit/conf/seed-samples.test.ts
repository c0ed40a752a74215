import { describe, expect, test } from 'vitest';
import { withoutPositions } from '../../../server/conf/ast.ts';
import { modernize } from '../../../server/conf/modernize.ts';
import { printItems } from '../../../server/conf/printer.ts';
import { parse, seedSamples } from '../../support/conf-samples.ts';

describe.each(seedSamples('conf'))('the sample %s', (_name, text) => {
  test('names its document in its first comment', () => {
    expect(text).toMatch(/^# Document: 00\d_[0-9a-f]{16} /);
  });

  test('parses without a diagnostic', () => {
    expect(parse(text).diagnostics).toEqual([]);
  });

  test('prints, and the print reads back to the same tree', () => {
    const { items } = parse(text);
    const again = parse(printItems(items));
    expect(again.diagnostics).toEqual([]);
    expect(withoutPositions(again.items)).toEqual(withoutPositions(items));
  });

  test('prints in the new form, which reads back to the same tree', () => {
    const items = modernize(parse(text).items);
    const again = parse(printItems(items));
    expect(again.diagnostics).toEqual([]);
    expect(withoutPositions(modernize(again.items))).toEqual(withoutPositions(items));
    expect(withoutPositions(again.items)).toEqual(withoutPositions(items));
  });
});
