/**
 * `cluster show logs`, laid out as momentum.md 7.6 shows it: a block for each published log; and `cluster logs
 * subscribers` (ours) in the same manner. Take plain facts.
 */

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

export type LogReaders = {
  readonly key: string;
  readonly state: string;
  /** What is wrong with the log; empty where all is well. */
  readonly text: string;
  readonly subscribers: readonly {
    readonly name: string;
    /** As printed; undefined where its checkpoint cannot be read. */
    readonly position: string | undefined;
    /** What it has not read; undefined where nobody knows, and `text` says why. */
    readonly lag:
      | { readonly records: number; readonly bytes: number; readonly oldestS: number | undefined }
      | undefined;
    readonly text: string;
    readonly job: number | undefined;
    readonly by: string | undefined;
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

/** One line for each subscriber; what is unknown is said in words. */
export function renderLogReaders(logs: readonly LogReaders[]): string {
  return logs
    .flatMap(({ key, state, text, subscribers }) => [
      printableLine(key),
      ...(state === 'ok' && text === '' ? [] : [`\t[${state}: ${printableLine(text)}]`]),
      ...(subscribers.length === 0 ? ['\t[no subscriber]'] : []),
      ...subscribers.map((one) => `\t[subscriber: '${printableLine(one.name)}' @ ${readerText(one)}]`),
    ])
    .join('\n');
}

export function renderLogReadersXml(logs: readonly LogReaders[]): string {
  return renderXml({
    name: 'Logs',
    content: logs.map(({ key, state, text, subscribers }) => ({
      name: 'Log',
      attributes: { name: key, state, text: text === '' ? undefined : text },
      content: subscribers.map(({ name, position: at, lag, text: why, job, by }) => ({
        name: 'Subscriber',
        attributes: {
          name,
          position: at,
          records: lag?.records,
          bytes: lag?.bytes,
          oldest: lag?.oldestS,
          job,
          by,
          text: why === '' ? undefined : why,
        },
      })),
    })),
  });
}

function readerText({ position: at, lag, text, job, by }: LogReaders['subscribers'][number]): string {
  const amount = lag === undefined ? 'lag unknown' : `${lag.records} records, ${lag.bytes} bytes unread`;
  const oldest = lag?.oldestS === undefined ? [] : [`oldest ${lag.oldestS} s`];
  const served = job === undefined ? [] : [`job ${job} of ${printableLine(by ?? '')}`];
  const why = text === '' ? [] : [printableLine(text)];
  return [at ?? 'unreadable', amount, ...oldest, ...served, ...why].join(', ');
}

/** `00000000:0000a43a` */
function position(segment: number, offset: number): string {
  return [segment, offset].map((part) => part.toString(16).padStart(8, '0')).join(':');
}
