/** `muster import-mbus`: an old `mbus.conf` in, the `msgc_server.conf` that takes its place out. Starts nothing. */

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { newKeyFile, readBusKeys } from '../adapters/bus-keys.ts';
import { DiskConfigFiles } from '../adapters/config-files.ts';
import { err, ok, type Result } from '../base/result.ts';
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

export type ImportRequest = {
  readonly source: string;
  /** Written as a whole or not at all; one that exists is not replaced. Undefined for standard output. */
  readonly target: string | undefined;
  /** Of the new bus. */
  readonly port: number;
  /**
   * The key of the new bus, `msgc.key` beside the target where nothing is said; made where it does not exist.
   * `none` for a bus without authentication, as standard output is one.
   */
  readonly key: { readonly file: string } | 'beside' | 'none';
};

export function importMbusFile(request: ImportRequest): ImportOutcome {
  const { source, target, port } = request;
  const files = new DiskConfigFiles();
  const refused = (said: string): ImportOutcome => ({ exitCode: 1, output: '', said });
  if (target !== undefined && existsSync(target)) {
    return refused(`${target} exists and is left as it is: name another file or remove it`);
  }
  const read = files.read(path.resolve(source), FILE_CHARACTERS_MAX * BYTES_PER_CHARACTER_MAX);
  if (!read.ok) return refused(`${source} cannot be read: ${read.error}`);
  const keyFile = keyPlace(request);
  const { text, ...list } = importMbus(source, read.value, { port, keyFile });
  const diagnostics = formatDiagnostics(list);
  if (text === undefined) return { exitCode: 2, output: '', said: `${diagnostics}\nNothing was written.` };
  const key = keyFile === undefined ? NO_KEY : ensureKey(keyFile);
  if (!key.ok) return refused(key.error);
  if (target === undefined) return { exitCode: 0, output: text, said: lines(diagnostics, key.value.said) };
  const written = files.write(path.resolve(target), text);
  if (written.ok)
    return { exitCode: 0, output: '', said: lines(diagnostics, `Wrote ${target}.`, key.value.said) };
  if (keyFile !== undefined && key.value.made) rmSync(keyFile, { force: true });
  return refused(`${target} cannot be written: ${written.error}`);
}

const NO_KEY = ok({
  made: false,
  said: 'The new bus has no key: whoever reaches its port is taken for a member.',
});

function keyPlace({ target, key }: ImportRequest): string | undefined {
  if (key === 'none') return undefined;
  if (key !== 'beside') return path.resolve(key.file);
  return target === undefined ? undefined : path.join(path.dirname(path.resolve(target)), 'msgc.key');
}

/** A key that is there is used; a new one is private from its first byte. */
function ensureKey(file: string): Result<{ readonly made: boolean; readonly said: string }, string> {
  if (existsSync(file)) {
    const keys = readBusKeys(file);
    return keys.ok ? ok({ made: false, said: `The key of the bus is ${file}.` }) : err(keys.error);
  }
  try {
    writeFileSync(file, newKeyFile(), { flag: 'wx', mode: 0o600, flush: true });
  } catch (cause) {
    return err(`${file} cannot be written: ${(cause as Error).message}`);
  }
  return ok({
    made: true,
    said: `Made the key of the bus, ${file}: every machine needs it under this path.`,
  });
}

function lines(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n');
}
