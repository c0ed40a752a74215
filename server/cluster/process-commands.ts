/** Console commands that nodes and managers have in common: the process, its modules and its configuration. */

import type { LiveConfigurationApi } from '../conf/live-api.ts';
import type { CommandParameter, CommandSpec } from '../console/command-tree.ts';
import { renderModules, renderModulesXml } from '../console/module-text.ts';
import { done, failed } from '../console/replies.ts';
import {
  MEMORY_TYPES,
  renderMemory,
  renderMemoryXml,
  renderSysinfo,
  renderSysinfoXml,
} from '../console/system-text.ts';
import { type ModuleProgram, modulesOf } from './modules.ts';
import type { ProcessFacts } from './process-facts.ts';
import { shutdownReply } from './shutdown-reply.ts';

export type ProcessContext = {
  readonly program: ModuleProgram;
  readonly version: string;
  readonly pid: number;
  readonly wallMs: number;
  readonly config: LiveConfigurationApi;
  readonly facts: () => ProcessFacts;
};

type Spec = CommandSpec<ProcessContext>;

const scope: CommandParameter = { name: 'scope_name', optional: true, rest: 'words' };
const option: CommandParameter = { name: 'option', rest: 'words' };
const path: CommandParameter = { name: 'path', optional: true };

const CONFIG_VERBS: readonly (readonly [string, readonly CommandParameter[], string])[] = [
  ['show', [scope], 'Show options and scopes of a scope'],
  ['showrecurse', [scope], 'Show a scope with everything in it'],
  ['get', [option], 'Show an option that is set in exactly this scope'],
  ['eval', [option], 'Show the effective value of an option'],
  ['locate', [{ name: 'scope', rest: 'words' }], 'Show where the scopes of a name stand'],
  ['set', [option], 'Set an option'],
  ['unset', [option], 'Clear an option or a scope'],
  ['begin', [{ name: 'from scratch', optional: true, rest: 'words' }], 'Begin a transaction'],
  ['commit', [], 'Make the changes of the transaction live'],
  ['rollback', [], 'Drop the transaction'],
  ['replay', [], 'Show the commands of the transaction'],
  ['reload', [path], 'Read the configuration files again'],
  ['writeback', [path], 'Save changes made on the console to the files'],
  ['help', [], 'Show the forms of config'],
];

export const PROCESS_COMMANDS: readonly Spec[] = [
  ...CONFIG_VERBS.map(
    ([verb, parameters, help]): Spec => ({
      words: `config ${verb}`,
      parameters,
      help,
      run: ({ args, source: { session, user } }, { config, wallMs }) => {
        const answer = config.command([verb, ...args], { session, user }, wallMs);
        return answer.ok ? done(answer.text) : failed(answer.text);
      },
    }),
  ),
  {
    words: 'module list',
    help: 'Show the modules of this process',
    xml: 'own',
    run: ({ xml }, { program }) => done((xml ? renderModulesXml : renderModules)(modulesOf(program))),
  },
  {
    words: 'sysinfo',
    help: 'Show version and operating system',
    xml: 'own',
    run: ({ xml }, { version, facts }) =>
      done((xml ? renderSysinfoXml : renderSysinfo)({ ...facts().system, productVersion: version })),
  },
  {
    words: 'memory',
    parameters: [{ name: 'type', optional: true, choices: MEMORY_TYPES }],
    help: 'Show the memory that this process uses',
    xml: 'own',
    run: ({ args: [type], xml }, { facts }) =>
      done((xml ? renderMemoryXml : renderMemory)(facts().memory, type?.toLowerCase())),
  },
  {
    words: 'pid',
    help: 'Show the process id',
    run: (_call, { pid }) => done(String(pid)),
  },
  {
    words: 'shutdown',
    help: 'Stop this process',
    run: () => shutdownReply(),
  },
];
