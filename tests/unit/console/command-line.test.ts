import { expect, test } from 'vitest';
import {
  COMMAND_WORDS_MAX,
  quoteWord,
  readCommandLine,
  tailAfter,
} from '../../../server/console/command-line.ts';

const words = (line: string) => readCommandLine(line).words.map(({ text }) => text);

test('words are separated by any blanks', () => {
  expect(words('  config\tset  a\r\n')).toEqual(['config', 'set', 'a']);
  expect(words('')).toEqual([]);
});

test('a quote inside a word is a character, a quote at its beginning opens it', () => {
  expect(words('a"b "c d" ""')).toEqual(['a"b', 'c d', '']);
});

test('only quotes and backslashes are escaped inside quotes', () => {
  expect(words('"say \\"x\\" \\\\ \\d"')).toEqual(['say "x" \\ \\d']);
});

test('a quote that is never closed is told, and its word reaches to the end', () => {
  const line = readCommandLine('set "a b');
  expect(line.unterminated).toBe(true);
  expect(line.words.at(-1)?.text).toBe('a b');
});

test('quoting a word and reading it gives the word', () => {
  for (const word of ['', 'plain', 'a b', '"', '\\', 'a\\"b', 'tab\there']) {
    expect(words(`x ${quoteWord(word)} y`)).toEqual(['x', word, 'y']);
  }
});

test('the tail is what was typed, without outer blanks', () => {
  const line = readCommandLine('  broadcast   sieve:sieve1  flush "a  b" ');
  expect(tailAfter(line, 1)).toBe('sieve:sieve1  flush "a  b"');
  expect(tailAfter(line, 9)).toBe('');
  expect(tailAfter(readCommandLine('broadcast "cluster info"'), 1)).toBe('cluster info');
  expect(tailAfter(readCommandLine('broadcast "cluster" info'), 1)).toBe('"cluster" info');
});

test('a line of too many words is read up to the bound', () => {
  expect(readCommandLine('w '.repeat(COMMAND_WORDS_MAX + 10)).words).toHaveLength(COMMAND_WORDS_MAX);
});
