/**
 * A program that writes numbered lines to a durable log until it dies: `log-writer DIRECTORY LIFE EVERY_MS BURST BYTES`.
 * For each batch it prints the number of the last line that was written: what is printed is acknowledged.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { DiskStore } from '../../server/adapters/file-store.ts';
import { openWriter } from '../../server/jlog/writer.ts';
import { numberedLine } from './numbered-line.ts';

const [directory = '', life = '', everyMs = '', burst = '', bytes = ''] = process.argv.slice(2);
const writer = openWriter(new DiskStore(), directory);
if (!writer.ok) throw writer.error;

let written = 0;
let due = performance.now();
for (;;) {
  const lines = Array.from({ length: Number(burst) }, (_, index) =>
    numberedLine(Number(life), written + index + 1, Number(bytes)),
  );
  const { messages, error } = writer.value.append(lines, Date.now() * 1_000);
  written += messages;
  process.stdout.write(`${written}\n`);
  if (error !== undefined) throw error;
  due = Math.max(due + Number(everyMs), performance.now() - 1_000);
  await wait(Math.max(0, due - performance.now()));
}
