/** The modules of a process as `module list` shows them: which of its parts stand for a documented module. */

import type { ModuleFacts } from '../console/module-text.ts';

/** Only a node has the cluster module (momentum.md 3). */
export type ModuleProgram = 'ecelerity' | 'eccmgr' | 'msgcd';

const BUS: readonly (readonly [string, string])[] = [
  ['msgc_client', 'connection to a server of the messaging bus'],
  ['msgc_server', 'server of the messaging bus'],
];
const MODULES: Readonly<Record<ModuleProgram, readonly (readonly [string, string])[]>> = {
  ecelerity: [['cluster', 'membership and commands of the cluster'], ...BUS],
  eccmgr: BUS,
  msgcd: BUS,
};

export function modulesOf(program: ModuleProgram): readonly ModuleFacts[] {
  return MODULES[program].map(([name, description]) => ({
    scope: name,
    instance: undefined,
    enabled: true,
    api: 'Singleton',
    name,
    description,
  }));
}
