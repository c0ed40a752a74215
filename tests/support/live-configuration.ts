/** A live configuration over files in memory, and short ways to talk to it. */

import type { Generation } from '../../server/conf/generation.ts';
import { LiveConfiguration } from '../../server/conf/live-configuration.ts';
import { type LoadedConfiguration, loadConfiguration } from '../../server/conf/load-configuration.ts';
import { MemoryFiles } from '../../server/memory/memory-files.ts';
import { REGISTRY } from './conf-samples.ts';

export type LiveWorld = {
  readonly files: MemoryFiles;
  readonly live: LiveConfiguration;
  /** What the console prints; words are separated by blanks, a word in double quotes may hold blanks. */
  readonly say: (command: string, session?: string) => string;
  readonly ok: (command: string, session?: string) => boolean;
  readonly textOf: (path: string) => string;
  /** What a process that starts now would read. */
  readonly fresh: () => LoadedConfiguration;
  /** The console commands of the next calls are given so much later. */
  readonly pass: (ms: number) => void;
};

export const START_WALL_MS = 1_000_000;

/** @param texts by absolute path; `/main.conf` is the main file. */
export function liveWorld(texts: Readonly<Record<string, string>>): LiveWorld {
  const files = new MemoryFiles(texts);
  const request = {
    files,
    searchPath: ['/'],
    mainFile: '/main.conf',
    registry: REGISTRY,
    nodename: 'node1',
    subcluster: 'default',
  };
  let nowWallMs = START_WALL_MS;
  const fresh = (): LoadedConfiguration => loadConfiguration(request);
  const live = new LiveConfiguration(valid(fresh()), { request, writer: files }, nowWallMs);
  const answer = (command: string, session = 'one'): { readonly ok: boolean; readonly text: string } =>
    live.command(wordsOf(command), { session, user: `user-${session}` }, nowWallMs);
  return {
    files,
    live,
    say: (command, session) => answer(command, session).text,
    ok: (command, session) => answer(command, session).ok,
    textOf: (path) => {
      const text = files.read(path, 1_000_000);
      return text.ok ? text.value : `(${text.error})`;
    },
    fresh,
    pass: (ms) => {
      nowWallMs += ms;
    },
  };
}

function valid({ generation, diagnostics }: LoadedConfiguration): Generation {
  if (generation === undefined) throw new Error(JSON.stringify(diagnostics));
  return generation;
}

function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
}
