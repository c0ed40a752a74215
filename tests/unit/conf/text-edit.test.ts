/** Changes in the text of a file: what is changed, and that nothing else is. */

import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import type { Item } from '../../../server/conf/ast.ts';
import { modernize } from '../../../server/conf/modernize.ts';
import { buildScopeTree, type ScopeNode } from '../../../server/conf/scope-tree.ts';
import { TextEdit } from '../../../server/conf/text-edit.ts';
import { sameTree } from '../../../server/conf/tree-diff.ts';
import { parse, seedSamples } from '../../support/conf-samples.ts';

const START = { file: 'a.conf', line: 1, column: 1 };

/** Line and column of the first occurrence. */
function placeOf(text: string, what: string): { file: string; line: number; column: number } {
  const before = text.slice(0, text.indexOf(what)).split('\n');
  return { file: 'a.conf', line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

function replaced(text: string, option: string, ...lines: readonly string[]): string | false {
  const edit = new TextEdit('a.conf', text);
  return edit.replaceValue(placeOf(text, option), option, lines) && edit.result();
}

function removed(text: string, option: string): string | false {
  const edit = new TextEdit('a.conf', text);
  return edit.removeOption(placeOf(text, option), option) && edit.result();
}

function inserted(text: string, scope: string, ...lines: readonly string[]): string | false {
  const edit = new TextEdit('a.conf', text);
  return edit.insertInScope(placeOf(text, scope), lines) && edit.result();
}

describe('a value is replaced', () => {
  test.each([
    ['a = 1 # b\n', 'a = 2 # b\n'],
    ['a=1}', 'a=2}'],
    ['a="x"b=1', 'a=2 b=1'],
    ['a =\n  "x y" /* c */ d = 1\n', 'a =\n  2 /* c */ d = 1\n'],
    ['a = ( 1 # one\n 2 )\nb = 3', 'a = 2\nb = 3'],
    ['a = [ b = [ ] ] c = 1', 'a = 2 c = 1'],
    ['a [ b = c ]', 'a = 2'],
  ])('%j', (text, expected) => {
    expect(replaced(text, 'a', '2')).toBe(expected);
  });

  test('by several lines, in the indentation of its own', () => {
    expect(replaced('x {\n    a = 1\n}\n', 'a', '(', '  "b"', ')')).toBe(
      'x {\n    a = (\n      "b"\n    )\n}\n',
    );
  });

  test('in an attribute of 2.2', () => {
    expect(replaced('b <a="1"> { }', 'a', '2')).toBe('b <a=2> { }');
  });

  test.each(['a', 'b { a }', 'a { }', '( a )'])('but not in %j, where there is none', (text) => {
    expect(replaced(text, 'a', '2')).toBe(false);
  });
});

describe('an option is removed', () => {
  test.each([
    ['a = 1\nb = 2\n', 'b = 2\n'],
    ['b = 2\n  a = (\n 1 )\n', 'b = 2\n'],
    ['a = 1 # why\nb = 2\n', ' # why\nb = 2\n'],
    ['b = 2 a = 1', 'b = 2 '],
    ['x {\n  a\n}\n', 'x {\n}\n'],
  ])('%j', (text, expected) => {
    expect(removed(text, 'a')).toBe(expected);
  });

  test('and a name that does not stand there is not', () => {
    expect(new TextEdit('a.conf', 'b = 1').removeOption(START, 'a')).toBe(false);
    expect(new TextEdit('a.conf', '').removeScope(START)).toBe(false);
  });
});

describe('lines are added to a scope', () => {
  test.each([
    ['x { }', 'x {\n  b = 1\n}'],
    ['x {}\n', 'x {\n  b = 1\n}\n'],
    ['x {\n  a = 1 # one\n}\n', 'x {\n  a = 1 # one\n  b = 1\n}\n'],
    ['  x "y" { a = 1 }', '  x "y" { a = 1\n    b = 1\n  }'],
    ['x l/m z { }', 'x l/m z {\n  b = 1\n}'],
    ['x y <c="d"> { }', 'x y <c="d"> {\n  b = 1\n}'],
    ['x { y { }\n /* } */ }', 'x { y { }\n /* } */\n   b = 1\n }'],
  ])('%j', (text, expected) => {
    expect(inserted(text, 'x', 'b = 1')).toBe(expected);
  });

  test('but not to a section of 2.2, which has no braces', () => {
    expect(inserted('x [ a = 1 ]', 'x', 'b = 1')).toBe(false);
    expect(inserted('x = ( 1 )', 'x', 'b = 1')).toBe(false);
  });
});

test('a byte order mark and carriage returns stay', () => {
  expect(replaced('\ufeffa = 1\r\nb = 2\r\n', 'a', '3')).toBe('\ufeffa = 3\r\nb = 2\r\n');
});

test('lines are added at the end of a text that does not end with one', () => {
  const edit = new TextEdit('a.conf', 'a = 1');
  edit.append(['b = 2']);
  expect(edit.result()).toBe('a = 1\nb = 2\n');
});

describe.each(seedSamples('conf'))('in %s', (_name, sample) => {
  const text = sample.replace(/^#.*\n/, '');

  function treeOf(items: readonly Item[]): ScopeNode {
    return buildScopeTree(modernize(items), START);
  }

  /** Every option and scope of the text as it is written, the nested ones too. */
  function places(items: readonly Item[]): readonly Item[] {
    return items.flatMap((item) => (item.kind === 'scope' ? [item, ...places(item.items)] : [item]));
  }

  test('each option and each scope can be taken away, and the rest means what it meant', () => {
    const { items } = parse(text);
    for (const place of places(items)) {
      const edit = new TextEdit('a.conf', text);
      if (place.kind === 'include') continue;
      const done =
        place.kind === 'scope' ? edit.removeScope(place.at) : edit.removeOption(place.at, place.name);
      expect(done).toBe(true);
      const without = (all: readonly Item[]): readonly Item[] =>
        all.flatMap((item): Item[] => {
          if (item.at.line === place.at.line && item.at.column === place.at.column) return [];
          return [item.kind === 'scope' ? { ...item, items: without(item.items) } : item];
        });
      const again = parse(edit.result());
      expect(again.diagnostics).toEqual([]);
      expect(sameTree(treeOf(again.items), treeOf(without(items)))).toBe(true);
    }
  });

  test('random edits together leave a text without errors, with all its comments', () => {
    const prng = new Prng(20_260_501);
    const { items } = parse(text);
    for (let round = 0; round < 20; round += 1) {
      const edit = new TextEdit('a.conf', text);
      for (const place of places(items)) {
        if (place.kind === 'scope' && prng.below(2) === 0) edit.insertInScope(place.at, ['zz = "1"']);
        if (place.kind === 'option' && prng.below(2) === 0) {
          edit.replaceValue(place.at, place.name, prng.pick([['5'], ['"a b"'], ['(', '  "x"', ')'], ['[]']]));
        }
      }
      const result = edit.result();
      expect(parse(result).diagnostics, result).toEqual([]);
      for (const comment of text.match(/^\s*#.*$/gm) ?? []) expect(result).toContain(comment.trim());
    }
  });
});
