import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withoutPositions } from '../../../server/conf/ast.ts';
import { printItems } from '../../../server/conf/printer.ts';
import { load, parse } from '../../support/conf-samples.ts';

const TEXT = readFileSync(new URL('../../fixtures/wider-installation.conf', import.meta.url), 'utf8');

test('the files of a grown installation load, and what is not run here is kept with warnings', () => {
  const { generation, diagnostics, errors } = load(TEXT);
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  expect(errors).toBe(0);
  expect(new Set(diagnostics.map((d) => d.code))).toEqual(
    new Set(['CONF_UNKNOWN_SCOPE', 'CONF_KEPT_OPTION']),
  );
  const binding = [
    { name: 'Binding_Group', instance: 'customers' },
    { name: 'Binding', instance: 'customer-a' },
  ];
  expect(generation?.getBoolean(binding, 'Enable_Duravip')).toBe(true);
});

test('it prints and reads back to the same tree', () => {
  const { items } = parse(TEXT);
  expect(withoutPositions(parse(printItems(items)).items)).toEqual(withoutPositions(items));
});

test('ten thousand bindings load, and every one is found', () => {
  const bindings = Array.from(
    { length: 10_000 },
    (_, i) =>
      `Binding "b${i}" {\n  Bind_Address = 10.0.${Math.floor(i / 256)}.${i % 256}\n  Enable_Duravip = true\n}`,
  );
  const { generation } = load(bindings.join('\n'));
  expect(generation?.instances([], 'Binding')).toHaveLength(10_000);
  expect(generation?.getString([{ name: 'Binding', instance: 'b9999' }], 'Bind_Address')).toBe('10.0.39.15');
});
