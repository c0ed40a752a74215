/** `muster import-mbus`: an old `mbus.conf` in, the `msgc_server.conf` that takes its place out. Starts nothing. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { DiskConfigFiles } from '../adapters/config-files.ts';
import { formatDiagnostics } from '../conf/diagnostics.ts';
import { FILE_CHARACTERS_MAX } from '../conf/lexer.ts';
import { importMbus } from '../conf/mbus-import.ts';

export type ImportOutcome = {
  /** 0 done, 1 a file cannot be read or written, 2 the file has errors. */
  readonly exitCode: 0 | 1 | 2;
  /** The configuration, where no file was asked for. */
  readonly output: string;
  /** Diagnostics, and what became of the file. */
  readonly said: string;
};

/** UTF-8 takes at most so many bytes for one character of the bound. */
const BYTES_PER_CHARACTER_MAX = 3;

/**
 * @param request.target written as a whole or not at all; one that exists is not replaced.
 * @param request.port of the new bus.
 */
export function importMbusFile(request: {
  readonly source: string;
  readonly target: string | undefined;
  readonly port: number;
}): ImportOutcome {
  const { source, target, port } = request;
  const files = new DiskConfigFiles();
  const refused = (said: string): ImportOutcome => ({ exitCode: 1, output: '', said });
  if (target !== undefined && existsSync(target)) {
    return refused(`${target} exists and is left as it is: name another file or remove it`);
  }
  const read = files.read(path.resolve(source), FILE_CHARACTERS_MAX * BYTES_PER_CHARACTER_MAX);
  if (!read.ok) return refused(`${source} cannot be read: ${read.error}`);
  const { text, ...list } = importMbus(source, read.value, port);
  const diagnostics = formatDiagnostics(list);
  if (text === undefined) return { exitCode: 2, output: '', said: `${diagnostics}\nNothing was written.` };
  if (target === undefined) return { exitCode: 0, output: text, said: diagnostics };
  const written = files.write(path.resolve(target), text);
  if (!written.ok) return refused(`${target} cannot be written: ${written.error}`);
  return { exitCode: 0, output: '', said: lines(diagnostics, `Wrote ${target}.`) };
}

function lines(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n');
}
