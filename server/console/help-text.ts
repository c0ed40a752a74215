/** What `help` prints, and the same as XML: the grammar of a program, for completion and for generated pages. */

import type { CommandClass } from '../wire/http.ts';
import type { CommandParameter } from './command-tree.ts';
import { renderXml, textElement, type XmlElement } from './xml.ts';

export type HelpEntry = {
  readonly words: string;
  readonly usage: string;
  readonly help: string;
  readonly class: CommandClass;
  readonly parameters: readonly CommandParameter[];
};

/** Usages left-justified in one column; a longer one stands on a line of its own. */
export function renderHelp(entries: readonly Pick<HelpEntry, 'usage' | 'help'>[]): string {
  const width = Math.min(44, Math.max(...entries.map(({ usage }) => usage.length)));
  return entries
    .map(({ usage, help }) => {
      if (usage.length > width) return `${usage}\n${' '.repeat(width + 2)}${help}`;
      return `${usage.padEnd(width + 2)}${help}`;
    })
    .join('\n');
}

export function renderHelpXml(entries: readonly HelpEntry[]): string {
  return renderXml({ name: 'Commands', content: entries.map(commandElement) });
}

function commandElement({ words, usage, help, class: commandClass, parameters }: HelpEntry): XmlElement {
  return {
    name: 'Command',
    attributes: { words, class: commandClass, usage },
    content: [textElement('Help', help), ...parameters.map(parameterElement)],
  };
}

function parameterElement({ name, optional, choices, rest }: CommandParameter): XmlElement {
  return {
    name: 'Parameter',
    attributes: { name, optional: optional === true, rest },
    content: (choices ?? []).map((choice) => textElement('Choice', choice)),
  };
}
