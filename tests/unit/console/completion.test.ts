import { describe, expect, test } from 'vitest';
import { CommandTree } from '../../../server/console/command-tree.ts';
import {
  COMPLETIONS_MAX,
  completeConfig,
  completeLine,
  configPathOf,
  GRAMMAR_COMMANDS_MAX,
  readGrammar,
} from '../../../server/console/completion.ts';

const run = () => ({ ok: true, text: '' });
const source = { user: 'tom', via: 'unix', session: 'unix 1', roles: [] } as const;
const tree = new CommandTree<null>()
  .register({ words: 'cluster info', help: 'a < b & "c"', run })
  .register({ words: 'cluster membership', help: '', run })
  .register({
    words: 'cluster duravip debug',
    parameters: [{ name: 'state', choices: ['on', 'off'] }],
    help: '',
    run,
  })
  .register({ words: 'sieve: flush cache', help: '', run });
const xml = tree.dispatch('xml help', source, null).text;
const grammar = readGrammar(xml);
const complete = (line: string) => completeLine(line, grammar, ['history', 'quit']);

test('xml help gives words, class, usage, help and parameters of each command', () => {
  expect(xml).toContain(
    `  <Command words="cluster duravip debug" class="W1" usage="cluster duravip debug { on | off }">
    <Help/>
    <Parameter name="state" optional="false">
      <Choice>on</Choice>
      <Choice>off</Choice>
    </Parameter>
  </Command>`,
  );
  expect(xml).toContain('<Help>a &lt; b &amp; &quot;c&quot;</Help>');
  expect(xml).toContain('<Parameter name="command" optional="true" rest="words"/>');
});

describe('completion', () => {
  test.each([
    ['', ['cluster', 'help', 'history', 'quit', 'sieve:', 'xml'], ''],
    ['cl', ['cluster'], 'cl'],
    ['CL', ['cluster'], 'CL'],
    ['cluster ', ['duravip', 'info', 'membership'], ''],
    ['cluster m', ['membership'], 'm'],
    ['xml cluster i', ['info'], 'i'],
    ['help clus', ['cluster'], 'clus'],
    ['cluster duravip debug ', ['off', 'on'], ''],
    ['cluster duravip debug on ', [], ''],
    ['sieve:sieve1 fl', ['flush'], 'fl'],
    ['nonsense ', [], ''],
    ['cluster info x', [], 'x'],
  ])('of %j', (line, words, fragment) => {
    expect(complete(line)).toEqual({ words, fragment });
  });

  test('a document of somebody else gives nothing, hostile words are left out', () => {
    expect(readGrammar('Unknown command: xml help')).toEqual([]);
    expect(readGrammar('<Commands><Command words="a\u001b[2J b"/><Command words="ok"/></Commands>')).toEqual([
      { path: ['ok'], choices: [] },
    ]);
  });

  test('commands and candidates are bounded', () => {
    const many = Array.from({ length: GRAMMAR_COMMANDS_MAX + 1 }, (_, i) => `<Command words="c${i}"/>`);
    const read = readGrammar(`<Commands>${many.join('')}</Commands>`);
    expect(read).toHaveLength(GRAMMAR_COMMANDS_MAX);
    expect(completeLine('c', read, []).words).toHaveLength(COMPLETIONS_MAX);
  });
});

describe('completion of config', () => {
  const shown =
    'Blackhole = 0\nRelay_Hosts = (\n  "10.0.0.1"\n)\nListen "*:2025" { ... }\nListen "a b" { ... }';

  test('the path that is written so far is asked for', () => {
    expect(configPathOf('config set Control_Listener Li')).toEqual(['Control_Listener']);
    expect(configPathOf('xml config show ')).toEqual([]);
    expect(configPathOf('config se')).toBeUndefined();
    expect(configPathOf('config reload x')).toBeUndefined();
  });

  test('options, scopes and instances are taken from what config show prints', () => {
    expect(completeConfig('config get ', shown, undefined).words).toEqual([
      'Blackhole',
      'Listen',
      'Relay_Hosts',
    ]);
    expect(completeConfig('config get bl', shown, undefined)).toEqual({
      words: ['Blackhole'],
      fragment: 'bl',
    });
    expect(completeConfig('config get listen ', shown, 'listen').words).toEqual(['*:2025']);
    expect(completeConfig('config get ', "'x' is not a valid scope name", undefined).words).toEqual([]);
  });
});
