/** Patterns of PCRE: what they match, what is refused, and that no text keeps them busy. */

import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import { compilePcre, PCRE_CHARACTERS_MAX } from '../../../server/conf/pcre.ts';

function matches(pattern: string, text: string): boolean | string {
  const compiled = compilePcre(pattern);
  return compiled.ok ? compiled.value.test(text) : compiled.error;
}

describe('matching', () => {
  test.each([
    ['.*', '', true],
    ['^cluster ', 'cluster membership', true],
    ['^cluster ', 'broadcast cluster membership', false],
    ['membership', 'cluster membership', true],
    ['^(show|config (get|eval))( .*)?$', 'config get cluster nodename', true],
    ['^(show|config (get|eval))( .*)?$', 'config set cluster nodename x', false],
    ['^\\w+ \\d{1,3}$', 'active 100', true],
    ['^\\w+ \\d{1,3}$', 'active 1000', false],
    ['^a{2,}$', 'aaaa', true],
    ['^a{2,}$', 'a', false],
    ['^a{2}$', 'aaa', false],
    ['a{,2}', 'a{,2}', true],
    ['^(?i)CONFIG show', 'config SHOW', true],
    ['^(?i)CONFIG SHOW', 'config show', true],
    ['^(?i:config) show', 'CONFIG show', true],
    ['^(?i:config) show', 'CONFIG SHOW', false],
    ['^[^ ]+$', 'one two', false],
    ['^[a-c\\d-]+$', 'a-1', true],
    ['^[[:alpha:]]+$', 'abC', true],
    ['^[[:^alpha:]]+$', '12', true],
    ['^[]x]+$', ']x', true],
    ['^\\Qa.b*\\E$', 'a.b*', true],
    ['^\\Qa.b*\\E$', 'aXbb', false],
    ['\\bset\\b', 'config set x', true],
    ['\\bset\\b', 'config unset x', false],
    ['^a.c$', 'a\nc', false],
    ['(?s)^a.c$', 'a\nc', true],
    ['\\Aa\\z', 'a\n', false],
    ['(?m)^b$', 'a\nb\nc', true],
    ['^(?<verb>show|get) (?P<what>\\S+)$', 'get x', true],
    ['^\\x41\\x{42}\\103?$'.replace('\\103', 'C'), 'AB', true],
    ['^(a*)*$', 'aaaa', true],
    ['é', 'café', true],
  ])('%s in %j: %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  test('decides as the engine of the language does, for what both understand', () => {
    const prng = new Prng(7);
    const parts = ['a', 'b', '.', 'a*', 'b+', '(a|b)', '(ab)*', '[^a]', 'a{1,2}', '(?:ba)?', '^', '$', '\\w'];
    for (let i = 0; i < 3_000; i += 1) {
      const pattern = Array.from({ length: 1 + prng.below(4) }, () => prng.pick(parts)).join('');
      const text = Array.from({ length: prng.below(7) }, () => prng.pick(['a', 'b', 'c'])).join('');
      expect(matches(pattern, text), `${pattern} in '${text}'`).toBe(new RegExp(pattern).test(text));
    }
  });

  test('a text made to keep a matcher busy is decided like any other', () => {
    expect(matches('^(a+)+$', `${'a'.repeat(20_000)}b`)).toBe(false);
    expect(matches('.*a.*b.*c.*d$', 'abc'.repeat(5_000))).toBe(false);
  });
});

describe('what is refused', () => {
  test.each([
    ['(a)\\1', 'invalid escape sequence: `\\1`'],
    ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
    ['a++', 'invalid nested repetition operator: `++`'],
    ['(?>a)', 'invalid or unsupported Perl syntax: `(?>`'],
    ['(a', 'missing closing ): `(a`'],
    ['a)', 'unexpected ): `a)`'],
    ['[a', 'missing closing ]: `[a`'],
    ['[b-a]', 'invalid character class range: `b-a`'],
    ['*', 'missing argument to repetition operator: `*`'],
    ['(a{255}){17}', 'invalid repeat count: `{17}`'],
    ['a\\', 'trailing backslash at end of expression'],
  ])('%s: %s', (pattern, reason) => {
    expect(matches(pattern, '')).toBe(reason);
  });

  test('a pattern beyond its bound', () => {
    expect(matches('a'.repeat(PCRE_CHARACTERS_MAX), '')).toBe(false);
    expect(matches('a'.repeat(PCRE_CHARACTERS_MAX + 1), '')).toContain('more than');
  });
});
