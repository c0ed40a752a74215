/** The option tables as data for a page. */

import { expect, test } from 'vitest';
import { optionReference } from '../../../server/conf/option-reference.ts';
import { REGISTRY } from '../../support/conf-samples.ts';

const SCOPES = optionReference(REGISTRY);

test('every option of every table is there, the global scope first', () => {
  expect(SCOPES[0]?.path).toBe('');
  for (const table of REGISTRY.tables()) {
    const scope = SCOPES.find(({ names }) => names.join('\n') === table.path.join('\n'));
    const names = new Set(scope?.options.map(({ name }) => name));
    expect(table.options.every(({ name }) => names.has(name))).toBe(true);
  }
});

test('an option carries type, unit, bounds, default and source', () => {
  const cluster = SCOPES.find(({ path }) => path === 'cluster');
  expect(cluster?.options.find(({ name }) => name === 'heartbeats_per_sec')).toEqual({
    name: 'heartbeats_per_sec',
    type: 'number',
    unit: '1/s',
    default: ['1'],
    min: 0.01,
    max: 100,
    values: [],
    dynamic: true,
    secret: false,
    kept: false,
    deprecated: null,
    aliasOf: null,
    source: 'momentum.md 3.2',
  });
  expect(cluster?.options.find(({ name }) => name === 'unconditional_rebinding')).toMatchObject({
    aliasOf: 'unconditional_rebind',
    deprecated: 'write unconditional_rebind',
  });
});

test('a scope says whether it carries a name, and whether anything acts on it', () => {
  expect(SCOPES.find(({ path }) => path === 'cluster Topology "name"')).toMatchObject({
    instance: 'required',
    instanceType: 'cidr',
    kept: false,
  });
  expect(SCOPES.find(({ path }) => path === 'Binding "name" Domain "name"')).toMatchObject({
    kept: true,
    open: true,
  });
});

test('scopes and options stand in order, each once', () => {
  for (const names of [
    SCOPES.map(({ path }) => path),
    ...SCOPES.map(({ options }) => options.map(({ name }) => name)),
  ]) {
    expect(new Set(names).size).toBe(names.length);
    expect([...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))).toEqual(names);
  }
});
