/** The `environment` file as a shell would read it, without a shell. */

import { describe, expect, test } from 'vitest';
import {
  ENVIRONMENT_CHARACTERS_MAX,
  ENVIRONMENT_VALUE_MAX,
  ENVIRONMENT_VARIABLES_MAX,
  parseEnvironmentFile,
} from '../../../server/conf/environment-file.ts';

function variables(text: string): Readonly<Record<string, string>> {
  const { variables: read, problems } = parseEnvironmentFile(text, { HOME: '/h' });
  expect(problems).toEqual([]);
  return Object.fromEntries(read);
}

describe('assignments', () => {
  test.each([
    ['A=b', { A: 'b' }],
    ['export A=b', { A: 'b' }],
    ['A=b; export A', { A: 'b' }],
    ['export A=1 B=2 C', { A: '1', B: '2' }],
    ['A=', { A: '' }],
    ['A="b c" # why', { A: 'b c' }],
    ["A='b $c'", { A: 'b $c' }],
    ['A=b"c"\'d\'e', { A: 'bcde' }],
    ['A=b#c', { A: 'b#c' }],
    ['A="\\"b\\" \\$c \\d"', { A: '"b" $c \\d' }],
    ['A=b\\ c', { A: 'b c' }],
    ['A=one\\\ntwo', { A: 'onetwo' }],
    [['A=/x\nB=$A/y\nC="$', '{A}z"'].join(''), { A: '/x', B: '/x/y', C: '/xz' }],
    ['A=$HOME/x', { A: '/h/x' }],
    [['A=$', '{NONE:-fall}'].join(''), { A: 'fall' }],
    ['A=$', { A: '$' }],
    ['A=1\nA=2', { A: '2' }],
    ['# only a comment\n\n  \t\n', {}],
    ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
  ])('%j', (text, expected) => {
    expect(variables(text)).toEqual(expected);
  });
});

describe('what only a shell can answer', () => {
  test.each([
    ['A=$(hostname)', "'$(hostname)' needs a shell: write the value itself"],
    ['A=`hostname`', "'`' needs a shell: put the value in single quotes"],
    ['A="x `id`"', "'`' needs a shell: put the value in single quotes"],
    ['A=$1', "'$1' needs a shell: write the value itself"],
    ['A="open', 'a double quote is not closed'],
    ["A='open", 'a single quote is not closed'],
    ['if [ -f x ]', "'if [ -f x ]' is not an assignment: write NAME=value"],
    ['A b', "'A b' is not an assignment: write NAME=value"],
    ['rm -rf /', "'rm -rf /' is not an assignment: write NAME=value"],
    ['A=a|b', "'|' needs a shell: put the value in single quotes"],
  ])('%j is a problem, and the lines around it are read', (text, message) => {
    const { variables: read, problems } = parseEnvironmentFile(`B=1\n${text}\nC=2`);
    expect(problems[0]?.line).toBe(2);
    if (!text.includes('open')) {
      expect(problems.map((problem) => problem.message)).toEqual([message]);
      expect([...read]).toEqual([
        ['B', '1'],
        ['C', '2'],
      ]);
    }
  });

  test('names of objects are not variables', () => {
    expect([...parseEnvironmentFile('A=$constructor$toString').variables]).toEqual([['A', '']]);
  });
});

describe('bounds', () => {
  test('a file has a length', () => {
    const full = `A=1\n${'#'.repeat(ENVIRONMENT_CHARACTERS_MAX - 4)}`;
    expect(parseEnvironmentFile(full).problems).toEqual([]);
    expect(parseEnvironmentFile(`${full}#`).problems).toHaveLength(1);
  });

  test('a file has a number of variables', () => {
    const full = Array.from({ length: ENVIRONMENT_VARIABLES_MAX }, (_, i) => `V${i}=1\n`).join('');
    expect(parseEnvironmentFile(full).problems).toEqual([]);
    expect(parseEnvironmentFile(`${full}X=1`).problems[0]?.line).toBe(ENVIRONMENT_VARIABLES_MAX + 1);
    expect(parseEnvironmentFile(`${full}V0=2`).problems).toEqual([]);
  });

  test('values that double one another end', () => {
    const lines = Array.from({ length: 40 }, (_, i) => `V${i + 1}="$V${i}$V${i}"`);
    const { variables: read, problems } = parseEnvironmentFile(['V0=0123456789', ...lines].join('\n'));
    expect(problems.length).toBeGreaterThan(0);
    for (const value of read.values()) expect(value.length).toBeLessThanOrEqual(ENVIRONMENT_VALUE_MAX);
  });
});
