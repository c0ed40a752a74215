import { describe, expect, test } from 'vitest';
import type { CommandSource } from '../../../server/console/api.ts';
import { CommandTree } from '../../../server/console/command-tree.ts';
import { isFailureText } from '../../../server/console/replies.ts';

const source: CommandSource = { user: 'ana', via: 'unix', session: 'ana', roles: [] };

type Facts = { readonly nodename: string };

function tree(): CommandTree<Facts> {
  const echo =
    (name: string) =>
    ({ args, instance }: { args: readonly string[]; instance?: string | undefined }) => ({
      ok: true,
      text: [name, ...(instance === undefined ? [] : [`:${instance}`]), ...args].join('|'),
    });
  return new CommandTree<Facts>()
    .register({
      words: 'cluster nodename',
      help: 'Show the name of the local node',
      run: (_, facts) => ({ ok: true, text: facts.nodename }),
    })
    .register({ words: 'cluster info', help: 'Show the operating status', run: echo('info') })
    .register({
      words: 'cluster abort',
      parameters: [{ name: 'id' }],
      help: 'Abort a job',
      run: () => ({ ok: false, text: 'there is no such job' }),
    })
    .register({
      words: 'cluster duravip debug',
      parameters: [{ name: 'state', choices: ['on', 'off'] }],
      help: 'Debugging',
      run: echo('debug'),
    })
    .register({
      words: 'config show',
      parameters: [{ name: 'scope', optional: true, rest: 'words' }],
      help: 'Show options',
      run: echo('show'),
    })
    .register({
      words: 'unicast',
      parameters: [{ name: 'node' }, { name: 'command', rest: 'line' }],
      help: 'Send a command to one node',
      run: echo('unicast'),
    })
    .register({ words: 'sieve: flush cache', help: 'Flush the cache', run: echo('flush') })
    .register({
      words: 'xmlish',
      help: 'Own XML',
      xml: 'own',
      run: ({ xml }) => ({ ok: true, text: xml ? '<Own/>' : 'own' }),
    });
}

const say = (line: string) => tree().dispatch(line, source, { nodename: 'pono' });

describe('dispatch', () => {
  test('a command sees its facts, whatever blanks and case it is typed with', () => {
    expect(say('  Cluster \t NODENAME ')).toEqual({ ok: true, text: 'pono' });
  });

  test('an empty line is answered with an empty text', () => {
    expect(say('   ')).toEqual({ ok: true, text: '' });
  });

  test('[CON-14] words in double quotes keep their blanks', () => {
    expect(say('config show "a b" "say \\"x\\""').text).toBe('show|a b|say "x"');
  });

  test('a quote that is never closed shows the usage', () => {
    expect(say('config show "a b')).toEqual({ ok: false, text: 'Usage: config show [<scope>]' });
  });

  test('a command that is passed on keeps its blanks and quotes', () => {
    expect(say('unicast pono  config show  "a b"').text).toBe('unicast|pono|config show  "a b"');
    expect(say('unicast pono config show "open').text).toBe('unicast|pono|config show "open');
    expect(say('unicast pono "cluster info"').text).toBe('unicast|pono|cluster info');
  });

  test('too few, too many and wrong words show the usage', () => {
    expect(say('cluster abort').text).toBe('Usage: cluster abort <id>');
    expect(say('cluster abort 1 2').text).toBe('Usage: cluster abort <id>');
    expect(say('unicast pono').text).toBe('Usage: unicast <node> <command>');
    expect(say('cluster duravip debug perhaps').text).toBe('Usage: cluster duravip debug { on | off }');
    expect(say('cluster duravip debug ON').text).toBe('debug|ON');
  });

  test('[CON-15] a module command names its instance after a colon', () => {
    expect(say('sieve:sieve1 flush cache').text).toBe('flush|:sieve1');
    expect(say('sieve: flush cache').ok).toBe(false);
  });

  test('a failed reply has a text that a client can recognise', () => {
    const reply = say('cluster abort 7');
    expect(reply).toEqual({ ok: false, text: 'Error: there is no such job' });
    expect(isFailureText(reply.text)).toBe(true);
  });
});

describe('what is not known', () => {
  test('names the nearest command with its usage', () => {
    expect(say('clutser info')).toEqual({
      ok: false,
      text: 'Unknown command: clutser info\nNearest match: cluster info',
    });
    expect(say('cluster abrt 7').text).toBe(
      'Unknown command: cluster abrt 7\nNearest match: cluster abort <id>',
    );
    expect(say('unicst pono version').text).toContain('Nearest match: unicast <node> <command>');
  });

  test('names nothing when nothing is near', () => {
    expect(say('frobnicate')).toEqual({ ok: false, text: 'Unknown command: frobnicate' });
  });

  test('lists what a beginning could become', () => {
    expect(say('cluster duravip')).toEqual({
      ok: false,
      text: 'Unknown command: cluster duravip\nCommands that begin with it:\n  cluster duravip debug { on | off }',
    });
  });

  test('shows control characters instead of sending them back', () => {
    expect(say('\u001b[2J').text).toBe('Unknown command: \\x1b[2J');
  });
});

describe('help', () => {
  test('[CON-25] lists every command with its usage and one line, sorted', () => {
    const lines = say('help').text.split('\n');
    expect(lines.map((line) => line.split(/ {2,}/)[0])).toEqual([
      'cluster abort <id>',
      'cluster duravip debug { on | off }',
      'cluster info',
      'cluster nodename',
      'config show [<scope>]',
      'help [<command>]',
      'sieve: flush cache',
      'unicast <node> <command>',
      'xmlish',
    ]);
    expect(new Set(lines.map((line) => line.length - line.trimStart().length))).toEqual(new Set([0]));
  });

  test('[CMD-10] `cluster help` lists the cluster commands and no others', () => {
    const reply = say('cluster help');
    expect(reply.ok).toBe(true);
    expect(reply.text.split('\n')).toHaveLength(4);
    expect(reply.text).not.toContain('unicast');
    expect(say('help cluster').text).toBe(reply.text);
  });

  test('`help` of one command shows that command, of an unknown one the nearest', () => {
    expect(say('help cluster info').text).toBe('cluster info  Show the operating status');
    expect(say('help clustr').text).toBe('Unknown command: clustr\nNearest match: cluster');
  });
});

describe('xml', () => {
  test('[CON-11] wraps a text, passes on what a command renders itself', () => {
    expect(say('xml cluster nodename').text).toBe(
      '<Reply command="cluster nodename">\n  <Line>pono</Line>\n</Reply>',
    );
    expect(say('xml xmlish').text).toBe('<Own/>');
    expect(say('xmlish').text).toBe('own');
  });

  test('a failure is an Error element that still counts as a failure', () => {
    const reply = say('xml nonsense<1>');
    expect(reply.ok).toBe(false);
    expect(reply.text).toBe(
      '<Error command="nonsense&lt;1&gt;">\n  <Line>Unknown command: nonsense&lt;1&gt;</Line>\n</Error>',
    );
    expect(isFailureText(reply.text)).toBe(true);
  });

  test('[CON-11] a bare `xml` shows its usage', () => {
    expect(say('xml ')).toEqual({ ok: false, text: 'Usage: xml <command>' });
  });
});

test('the list of commands carries usage and class for completion and pages', () => {
  const list = tree().list();
  expect(list.find(({ words }) => words === 'cluster abort')).toMatchObject({
    usage: 'cluster abort <id>',
    class: 'W4',
  });
  const classes = Object.fromEntries(list.map(({ words, class: commandClass }) => [words, commandClass]));
  expect(classes).toMatchObject({ 'cluster info': 'R', 'cluster duravip debug': 'W1', unicast: 'W4' });
});

test('a command registered twice is a bug', () => {
  expect(() =>
    tree().register({ words: 'cluster info', help: '', run: () => ({ ok: true, text: '' }) }),
  ).toThrow('registered once');
});
