/** `xml <command>` for every command that a node and a manager have, and the grammar that `xml help` gives. */

import { describe, expect, test } from 'vitest';
import { managerCommandTree, nodeCommandTree } from '../../server/cluster/command-trees.ts';
import type { CommandReply } from '../../server/console/api.ts';
import type { CommandInfo } from '../../server/console/command-tree.ts';
import { readGrammar } from '../../server/console/completion.ts';
import { managerConsole, nodeConsole } from '../unit/cluster/consoles.ts';
import { FakeBus } from '../unit/cluster/fake-bus.ts';

type Program = {
  readonly name: string;
  readonly commands: readonly CommandInfo[];
  readonly type: (command: string) => CommandReply;
};

function programs(): readonly Program[] {
  const bus = new FakeBus();
  const pono = nodeConsole(bus, 'pono', { pid: 20_768 });
  const barca = managerConsole(bus, 'barca');
  for (const { client } of [pono, barca]) bus.start(client);
  return [
    { name: 'a node', commands: nodeCommandTree().list(), type: pono.type },
    { name: 'a manager', commands: managerCommandTree().list(), type: barca.type },
  ];
}

/** With the fewest and with all parameters. */
function linesOf({ words, parameters }: CommandInfo): readonly string[] {
  const given = (all: boolean): string =>
    parameters
      .filter(({ optional }) => all || optional !== true)
      .map(({ choices }) => choices?.[0] ?? 'x')
      .join(' ');
  const line = words.replace(/:(?= |$)/, ':x');
  return [`${line} ${given(false)}`, `${line} ${given(true)}`];
}

/** The names of the root elements; undefined for what is no XML. */
function roots(xml: string): readonly string[] | undefined {
  const open: string[] = [];
  const found: string[] = [];
  let rest = xml;
  while (rest !== '') {
    const tag = /^<(\/?)([A-Za-z_][\w.-]*)((?: [\w.-]+="[^"<]*")*)(\/?)>/.exec(rest);
    const text = tag === null ? /^(?:[^<&]|&(?:amp|lt|gt|quot|apos|#\d+);)+/.exec(rest) : null;
    if (tag !== null) {
      const [, closing, name = '', , empty] = tag;
      if (closing === '/' && open.pop() !== name) return undefined;
      if (closing === '' && open.length === 0) found.push(name);
      if (closing === '' && empty === '') open.push(name);
    } else if (text === null || (open.length === 0 && text[0].trim() !== '')) return undefined;
    rest = rest.slice((tag ?? text)?.[0].length);
  }
  return open.length === 0 ? found : undefined;
}

describe.each(programs().map((program) => [program.name, program] as const))('%s', (_name, program) => {
  test('[CON-11] answers every command in XML with one root element', () => {
    const wrong = program.commands.flatMap((command) =>
      linesOf(command)
        .map((line) => ({ line, text: program.type(`xml ${line}`).text }))
        .filter(({ text }) => roots(text)?.length !== 1)
        .map(({ line, text }) => `${line}: ${text.slice(0, 80)}`),
    );
    expect(wrong).toEqual([]);
  });

  test('[CON-11] answers XML for what it does not know, and a usage for nothing', () => {
    expect(roots(program.type('xml frobnicate <x>&"').text)).toEqual(['Error']);
    expect(program.type('xml').text).toBe('Usage: xml <command>');
    expect(program.type('xml ').text).toBe('Usage: xml <command>');
    expect(roots(program.type('xml xml').text)).toEqual(['Error']);
  });

  test('[CON-13] [CON-25] help lists all commands, xml help gives the whole grammar', () => {
    const text = program.type('help').text;
    const xml = program.type('xml help').text;
    expect(roots(xml)).toEqual(['Commands']);
    expect(readGrammar(xml).map(({ path }) => path.join(' '))).toEqual(
      program.commands.map(({ words }) => words),
    );
    for (const { usage, class: commandClass } of program.commands) {
      expect(text).toContain(usage);
      expect(xml).toContain(`class="${commandClass}"`);
    }
    expect(xml).toContain('usage="version"');
  });
});
