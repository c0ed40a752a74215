import { describe, expect, test } from 'vitest';
import { withoutPositions } from '../../../server/conf/ast.ts';
import { NESTING_MAX } from '../../../server/conf/brackets.ts';
import { DIAGNOSTICS_MAX, DiagnosticSink } from '../../../server/conf/diagnostics.ts';
import { FILE_CHARACTERS_MAX, TOKENS_MAX } from '../../../server/conf/lexer.ts';
import { parseText } from '../../../server/conf/parser.ts';
import { printItems } from '../../../server/conf/printer.ts';
import { parse } from '../../support/conf-samples.ts';

/** `line:column code` of every diagnostic. */
function codes(text: string): readonly string[] {
  return parse(text).diagnostics.map((d) => `${d.line}:${d.column} ${d.code}`);
}

function tree(text: string): unknown {
  const { items, diagnostics } = parse(text);
  expect(diagnostics).toEqual([]);
  return withoutPositions(items);
}

describe('what is read', () => {
  test('positions count lines and columns from one', () => {
    const [scope] = parse('\n  a {\n    b = "c"\n  }').items;
    expect(scope).toMatchObject({
      at: { file: 'a.conf', line: 2, column: 3 },
      items: [{ at: { line: 3, column: 5 }, value: { at: { line: 3, column: 9 } } }],
    });
  });

  test.each([
    '/tmp/2025',
    '10.10.10.0/24',
    'digest:///path',
    '*:4802',
    ':4809',
    'cap+ep',
    '[v6]'.slice(1, 3),
    '10.0.0.1:25,200',
    'a;b',
  ])('the bare word %s is one value', (word) => {
    expect(tree(`a = ${word}`)).toEqual([
      { kind: 'option', name: 'a', attributes: [], value: { kind: 'scalar', text: word, quoted: false } },
    ]);
  });

  test('a text keeps every backslash but those before a quote or a backslash', () => {
    const [option] = parse(String.raw`a = "x\.y \"q\" \\ z"`).items;
    expect(option).toMatchObject({ value: { text: String.raw`x\.y "q" \ z` } });
  });

  test('a text may span lines', () => {
    const [option] = parse('a = "x\n  y"\nb = 1').items;
    expect(option).toMatchObject({ value: { text: 'x\n  y' } });
  });

  test('commas may separate what stands in an array or dictionary', () => {
    expect(tree('a = ( "x", "y" )')).toEqual(tree('a = ( "x" "y" )'));
    expect(tree('a = [ b = 1, c = 2 ]')).toEqual(tree('a = [ b = 1 c = 2 ]'));
  });

  test('a flag on its own line does not become the name of the scope after it', () => {
    expect(tree('continue\nfoo {\n}')).toMatchObject([
      { kind: 'flag', name: 'continue' },
      { kind: 'scope', name: 'foo' },
    ]);
  });

  test('carriage returns, tabs and a byte order mark are blanks', () => {
    expect(tree('\ufeffa\t=\r\n1\r\nb = 2')).toEqual(tree('a = 1\nb = 2'));
  });

  test('several options may share a line', () => {
    expect(tree('a { b = 1 c = 2 d "e" {} f { } }')).toMatchObject([{ items: [{}, {}, {}, {}] }]);
  });
});

describe('what is printed', () => {
  test.each([
    String.raw`a = "x\.y \"q\" \\\\ z\\"`,
    'a = "x\n  y"',
    'a = ""',
    '"odd name" = 1',
    'a = ( b [ c = 1 ] d = 2 e <f="g"> "h i" )',
    'a <b="c"> [ d = 1 ]',
    'Logger x/y z <a="b"> { include "f" flag }',
    'a = ( )\nb = [ ]\nc { }',
    '"odd scope" { a = 1 }',
    'a = "#"\nb = "/*"\nc = "x,"\nd = "=>"',
  ])('%j reads back to the same tree', (text) => {
    const { items, diagnostics } = parse(text);
    expect(diagnostics).toEqual([]);
    expect(tree(printItems(items))).toEqual(withoutPositions(items));
  });
});

describe('mistakes', () => {
  test.each([
    ['a = 1;\n', '1:6 CONF_SEMICOLON'],
    ['a b\nc = 1', '1:3 CONF_MISSING_EQUALS'],
    ['a =\nb = 1', '1:3 CONF_MISSING_VALUE'],
    ['a = }', '1:3 CONF_MISSING_VALUE'],
    ["a = 'b'", '1:5 CONF_SINGLE_QUOTE'],
    ['a = "b\nc = 1', '1:5 CONF_UNTERMINATED_STRING'],
    ['a = "b\nc = "d"', '1:5 CONF_UNTERMINATED_STRING'],
    ['/* a\nb = 1', '1:1 CONF_UNTERMINATED_COMMENT'],
    ['a = b c', '1:7 CONF_UNEXPECTED_VALUE'],
    ['a = b = c', '1:7 CONF_UNEXPECTED_TOKEN'],
    ['a = { b = 1 }', '1:5 CONF_SCOPE_EQUALS'],
    ['a "b" [ c = 1 ]', '1:7 CONF_SCOPE_BRACKETS'],
    ['a b = 1', '1:1 CONF_UNEXPECTED_VALUE'],
    ['}', '1:1 CONF_UNEXPECTED_CLOSER'],
    ['a {\n b = 1', '1:3 CONF_UNCLOSED'],
    ['a = ( 1\nb { }', '1:5 CONF_UNCLOSED'],
    ['a <b> { }', '1:4 CONF_BAD_ATTRIBUTES'],
    ['a <b="c"> d', '1:11 CONF_BAD_ATTRIBUTES'],
    ['include\n', '1:1 CONF_INCLUDE_PATH'],
    ['Logger */ x { }', '1:8 CONF_MISSING_EQUALS'],
    ['= 1', '1:1 CONF_UNEXPECTED_TOKEN'],
    ['{ a = 1 }', '1:1 CONF_UNEXPECTED_TOKEN'],
    ['"a"', '1:1 CONF_UNEXPECTED_VALUE'],
    ['a = ( ( 1 ) )', '1:7 CONF_UNEXPECTED_TOKEN'],
    ['a = b\u0000', '1:6 CONF_BAD_CHARACTER'],
  ])('%j', (text, first) => {
    expect(codes(text)[0]).toBe(first);
  });

  test('reading goes on after each of them', () => {
    const text = 'a = 1;\nb c\nd = "x\ne { f g }\nh = i j\n';
    expect(codes(text)).toEqual([
      '1:6 CONF_SEMICOLON',
      '2:3 CONF_MISSING_EQUALS',
      '3:5 CONF_UNTERMINATED_STRING',
      '4:7 CONF_MISSING_EQUALS',
      '5:7 CONF_UNEXPECTED_VALUE',
    ]);
    expect(parse(text).items.map((item) => item.kind !== 'include' && item.name)).toEqual([
      'a',
      'b',
      'd',
      'e',
      'h',
    ]);
  });

  test('carry the documented text and a hint', () => {
    expect(parse('nodename "x"').diagnostics[0]).toEqual({
      severity: 'error',
      code: 'CONF_MISSING_EQUALS',
      message: "Syntax error in a.conf at line 1 near 'x': missing '=' after 'nodename'",
      hint: 'write nodename = "x"',
      file: 'a.conf',
      line: 1,
      column: 10,
    });
  });

  test('a missing brace is said to be missing where the text leaves the scope', () => {
    const text = 'cluster {\n  Topology "10.0.0.0/8" {\n    interface = "eth1"\n\nmsgc_server {\n}\n}\n';
    expect(parse(text).diagnostics[0]).toMatchObject({
      code: 'CONF_UNCLOSED',
      line: 2,
      hint: "a '}' is missing before line 5, where 'msgc_server' stands",
    });
    const inner = 'cluster {\n  Replicate "a" {\n    type = b\n}\nmsgc_server {\n}\n';
    expect(parse(inner).diagnostics[0]).toMatchObject({
      line: 2,
      hint: "a '}' is missing before line 4, where '}' stands",
    });
  });

  test('a control character never reaches a message', () => {
    const [first] = parse('a = b \u001b[31m').diagnostics;
    expect(first?.message).not.toContain('\u001b');
  });
});

describe('bounds', () => {
  test('brackets nest to the limit and not beyond', () => {
    const nested = (depth: number): string => `${'a { '.repeat(depth)}${'} '.repeat(depth)}`;
    expect(codes(nested(NESTING_MAX))).toEqual([]);
    expect(codes(nested(NESTING_MAX + 1)).map((code) => code.split(' ')[1])).toEqual(['CONF_TOO_DEEP']);
    expect(codes(nested(100_000)).map((code) => code.split(' ')[1])).toEqual(['CONF_TOO_DEEP']);
  });

  test('a file has a size', () => {
    expect(codes(' '.repeat(FILE_CHARACTERS_MAX))).toEqual([]);
    expect(codes(' '.repeat(FILE_CHARACTERS_MAX + 1))).toEqual(['1:1 CONF_FILE_TOO_LARGE']);
  });

  test('a file has a number of tokens', () => {
    const sink = new DiagnosticSink();
    parseText('a.conf', 'a\n'.repeat(TOKENS_MAX + 1), sink);
    expect(sink.list().diagnostics.map((d) => d.code)).toEqual(['CONF_TOO_MANY_TOKENS']);
  });

  test('diagnostics are kept to the limit and counted beyond', () => {
    const sink = new DiagnosticSink();
    for (let i = 0; i < DIAGNOSTICS_MAX + 5; i += 1) {
      sink.add('CONF_BAD_VALUE', { file: 'f', line: i + 1, column: 1 }, 'm');
    }
    expect(sink.list().diagnostics).toHaveLength(DIAGNOSTICS_MAX);
    expect(sink.list().errors).toBe(DIAGNOSTICS_MAX + 5);
  });

  test.each([
    ['unclosed texts', '"\\"\n'],
    ['unclosed comments', '/* a\n'],
    ['texts that seem unclosed', 'a "\n'],
    ['attributes', 'a <b="c"\n'],
    ['scopes on one line', 'a{b{}}'],
  ])('many %s are read in bounded time', (_what, piece) => {
    const text = piece.repeat(Math.floor(300_000 / piece.length));
    parse(text);
  });
});
