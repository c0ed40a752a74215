/** `paniclog`: the last entries of each level, as momentum.md 7.5 shows them. Takes plain facts. */

import { printableLine } from './printable.ts';
import { renderXml } from './xml.ts';

export type PanicLineFacts = {
  readonly level: string;
  /** `Sun 30 Nov 2003 10:31:37`, in the time zone of the process. */
  readonly time: string;
  readonly text: string;
};

/** `[Sun 30 Nov 2003 10:31:37] [serious] text` */
export function renderPaniclog(entries: readonly PanicLineFacts[]): string {
  return entries.map(({ level, time, text }) => `[${time}] [${level}] ${printableLine(text)}`).join('\n');
}

export function renderPaniclogXml(entries: readonly PanicLineFacts[]): string {
  return renderXml({
    name: 'Paniclog',
    content: entries.map(({ level, time, text }) => ({
      name: 'Entry',
      attributes: { level, time },
      content: text,
    })),
  });
}
