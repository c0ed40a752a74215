/** `cluster show logs`, laid out as momentum.md 7.6 shows it: a block for each published log. Takes plain facts. */

import { printableLine } from './printable.ts';
import { renderXml, textElement } from './xml.ts';

export type LogLines = {
  /** Name under which it is published. */
  readonly key: string;
  readonly onDiskBytes: number;
  readonly subscribers: readonly {
    readonly name: string;
    /** Of the checkpoint: segment and offset in it. */
    readonly segment: number;
    readonly offset: number;
  }[];
};

/** CMD-21; a log without subscriber has no such line (A9). */
export function renderLogs(logs: readonly LogLines[]): string {
  return logs
    .flatMap(({ key, onDiskBytes, subscribers }) => [
      printableLine(key),
      `\t[on disk: ${onDiskBytes} bytes]`,
      ...subscribers.map(
        ({ name, segment, offset }) =>
          `\t[subscriber: '${printableLine(name)}' @ ${position(segment, offset)}]`,
      ),
    ])
    .join('\n');
}

export function renderLogsXml(logs: readonly LogLines[]): string {
  return renderXml({
    name: 'Logs',
    content: logs.map(({ key, onDiskBytes, subscribers }) => ({
      name: 'Log',
      attributes: { name: key },
      content: [
        textElement('OnDiskBytes', String(onDiskBytes)),
        ...subscribers.map(({ name, segment, offset }) => ({
          name: 'Subscriber',
          attributes: { name, position: position(segment, offset) },
        })),
      ],
    })),
  });
}

/** `00000000:0000a43a` */
function position(segment: number, offset: number): string {
  return [segment, offset].map((part) => part.toString(16).padStart(8, '0')).join(':');
}
