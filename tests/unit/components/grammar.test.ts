import { describe, expect, test } from 'vitest';
import {
  type GrammarCommand,
  grammarDifference,
  SUGGESTIONS_MAX,
  sharedBeginning,
  suggestionsFor,
} from '../../../components/console/grammar.ts';
import { GRAMMARS_ASKED_MAX, grammarNodes } from '../../../components/console/grammar-queries.ts';
import { memberRowOf } from './rows.ts';

function command(words: string, ...parameters: GrammarCommand['parameters']): GrammarCommand {
  const usage = [words, ...parameters.map(({ name }) => `<${name}>`)].join(' ');
  return { words, usage, help: `about ${words}`, class: 'R', parameters };
}

const state = { name: 'state', optional: false, choices: ['on', 'off'] };
const GRAMMAR: readonly GrammarCommand[] = [
  command('cluster info'),
  command('cluster duravip debug', state),
  command('cluster duravip move', { name: 'ip', optional: false, choices: [] }),
  command('sieve: flush cache'),
  command('version'),
];

function texts(line: string): readonly string[] {
  return suggestionsFor(line, GRAMMAR).list.map(({ text }) => text);
}

describe('what may follow', () => {
  test('the beginning of a word completes whole commands, and keeps what was typed', () => {
    expect(texts('ver')).toEqual(['version']);
    expect(texts('CLUSTER i')).toEqual(['CLUSTER info']);
    expect(texts('cluster duravip ')).toEqual(['cluster duravip debug ', 'cluster duravip move ']);
    expect(texts('cluster x')).toEqual([]);
  });

  test('nothing typed: everything', () => {
    expect(texts('')).toHaveLength(GRAMMAR.length);
  });

  test('xml stays in front', () => {
    expect(texts('xml cluster i')).toEqual(['xml cluster info']);
  });

  test('a command with an instance stops at its colon, and goes on behind one', () => {
    expect(texts('si')).toEqual(['sieve:']);
    expect(texts('sieve:one')).toEqual(['sieve:one flush cache']);
    expect(texts('sieve:one fl')).toEqual(['sieve:one flush cache']);
    expect(texts('sieve: fl')).toEqual([]);
  });

  test('a parameter offers its choices, or only its name', () => {
    expect(texts('cluster duravip debug o')).toEqual([
      'cluster duravip debug on',
      'cluster duravip debug off',
    ]);
    expect(texts('cluster duravip move 10.')).toEqual([]);
    expect(suggestionsFor('cluster duravip move 10.', GRAMMAR).hint?.parameter?.name).toBe('ip');
    expect(suggestionsFor('cluster duravip move 10.1.1.1 ', GRAMMAR).hint?.parameter).toBeNull();
    expect(suggestionsFor('cluster dur', GRAMMAR).hint).toBeNull();
  });

  test('a long list is cut and counted', () => {
    const many = Array.from({ length: SUGGESTIONS_MAX + 3 }, (_, index) => command(`show n${index}`));
    const { list, omitted } = suggestionsFor('show', many);
    expect(list).toHaveLength(SUGGESTIONS_MAX);
    expect(omitted).toBe(3);
  });
});

test('what is certain is what all suggestions begin with', () => {
  const shared = (line: string): string => sharedBeginning(line, suggestionsFor(line, GRAMMAR).list);
  expect(shared('clu')).toBe('cluster ');
  expect(shared('cluster d')).toBe('cluster duravip ');
  expect(shared('cluster duravip ')).toBe('cluster duravip ');
  expect(shared('nothing')).toBe('nothing');
});

test('another usage is another command', () => {
  const theirs = [...GRAMMAR.slice(1, 4), { ...command('version'), usage: 'version [full]' }, command('pid')];
  expect(grammarDifference(GRAMMAR, theirs)).toEqual({
    missing: ['cluster info', 'version'],
    more: ['version', 'pid'],
  });
});

test('one node of each version is asked first, silent ones are not', () => {
  const node = (id: string, version: string, present = true) =>
    memberRowOf(id, { version, state: present ? 'present' : 'suspect' });
  const nodes = [
    node('n1', '3', false),
    node('n2', '3'),
    node('n3', '3'),
    node('n4', '4'),
    node('n5', '3'),
    node('n6', '3'),
  ];
  expect(grammarNodes(nodes).map(({ id }) => id)).toEqual(['n2', 'n4', 'n3', 'n5']);
  expect(grammarNodes(nodes)).toHaveLength(GRAMMARS_ASKED_MAX);
});
