/** Live configurations over files in memory, for tests of what runs on them. */

import { LiveConfiguration } from '../../server/conf/live-configuration.ts';
import { loadConfiguration } from '../../server/conf/load-configuration.ts';
import { MemoryFiles } from '../../server/memory/memory-files.ts';
import { REGISTRY } from './conf-samples.ts';

export const MAIN_FILE = '/main.conf';

/** `files.put(MAIN_FILE, …)` and then `config reload` changes it. */
export function liveConfiguration(
  text: string,
  nowWallMs = 0,
): { readonly config: LiveConfiguration; readonly files: MemoryFiles } {
  const files = new MemoryFiles({ [MAIN_FILE]: text });
  const request = {
    files,
    searchPath: ['/'],
    mainFile: MAIN_FILE,
    registry: REGISTRY,
    nodename: 'node1',
    subcluster: 'default',
  };
  const { generation, diagnostics } = loadConfiguration(request);
  if (generation === undefined) throw new Error(JSON.stringify(diagnostics));
  return { config: new LiveConfiguration(generation, { request, writer: files }, nowWallMs), files };
}
