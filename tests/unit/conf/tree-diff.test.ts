/** What is compared of two trees, and what they share. */

import { expect, test } from 'vitest';
import type { Position } from '../../../server/conf/diagnostics.ts';
import { withOption, withoutScope } from '../../../server/conf/scope-edit.ts';
import { type OptionNode, type ScopeNode, scopeNode, unshared } from '../../../server/conf/scope-tree.ts';
import { diffTrees } from '../../../server/conf/tree-diff.ts';

const at: Position = { file: '/main.conf', line: 1, column: 1 };
const option = (name: string, text: string): OptionNode => ({
  kind: 'option',
  name,
  value: { kind: 'scalar', text, quoted: true, at },
  at,
});
const scope = (name: string, instance: string, entries: ScopeNode['entries'] = []): ScopeNode =>
  scopeNode({ name, instance, at }, entries);
const step = (instance: string) => ({ name: 'Domain', instance });
const root = scopeNode(
  { name: '', instance: undefined, at },
  Array.from({ length: 1_000 }, (_, i) => scope('Domain', `d${i}`, [option('Max_Retries', '1')])),
);

test('where one of many scopes changes, only that one is left to look at', () => {
  const after = withOption(root, [step('d500')], option('Max_Retries', '2'));
  expect(unshared(after.entries, root.entries)).toEqual([after.entries[500]]);
  expect(unshared(root.entries, after.entries)).toEqual([root.entries[500]]);
  expect(unshared(root.entries, root.entries)).toEqual([]);
  expect(unshared(root.entries, [])).toBe(root.entries);
  expect(diffTrees(root, after)).toMatchObject([{ kind: 'option', steps: [step('d500')] }]);
});

test('a scope that goes or comes is told once, with the options inside it', () => {
  const after = withoutScope(root, [step('d7')]);
  expect(unshared(root.entries, after.entries)).toEqual([root.entries[7]]);
  expect(unshared(after.entries, root.entries)).toEqual([]);
  const gone = diffTrees(root, after);
  expect(gone).toMatchObject([
    { kind: 'scope', appeared: false },
    { kind: 'option', after: undefined },
  ]);
  expect(diffTrees(after, root)).toMatchObject([{ kind: 'scope', appeared: true }, { before: undefined }]);
});

test('what is written again without a change is no change, whatever stands around it', () => {
  const first = scopeNode(root, [option('a', '1'), ...root.entries, option('b', '1')]);
  const again = scopeNode(root, [option('b', '1'), ...root.entries, option('A', '1')]);
  expect(diffTrees(first, again)).toEqual([]);
  expect(diffTrees(first, root).map((change) => change.kind === 'option' && change.before?.name)).toEqual([
    'a',
    'b',
  ]);
});
