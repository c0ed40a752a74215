/** Console commands that nodes and managers have in common: the process, its modules and its configuration. */

import type { LiveConfigurationApi } from '../conf/live-api.ts';
import type { CommandReply } from '../console/api.ts';
import type { CommandParameter, CommandSpec } from '../console/command-tree.ts';
import { renderModules, renderModulesXml } from '../console/module-text.ts';
import { renderPaniclog, renderPaniclogXml } from '../console/paniclog-text.ts';
import { printableLine } from '../console/printable.ts';
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
import type { ProcessLogs } from './process-logs.ts';
import { shutdownReply } from './shutdown-reply.ts';

export type ProcessContext = {
  readonly program: ModuleProgram;
  readonly version: string;
  readonly pid: number;
  readonly wallMs: number;
  readonly config: LiveConfigurationApi;
  readonly facts: () => ProcessFacts;
  readonly logs: ProcessLogs | undefined;
};

type Spec = CommandSpec<ProcessContext>;

const scope: CommandParameter = { name: 'scope_name', optional: true, rest: 'words' };
const option: CommandParameter = { name: 'option', rest: 'words' };
const path: CommandParameter = { name: 'path', optional: true };

/** Usage after `config`, as documented (momentum.md 7.5); its first word is the verb. */
const CONFIG_VERBS: readonly (readonly [string, readonly CommandParameter[], string])[] = [
  ['show [ scope_name ... ] [ option_name ]', [scope], 'Show options and scopes of a scope'],
  ['showrecurse [ scope_name ... ]', [scope], 'Show a scope with everything in it'],
  ['get [ scope_name ... ] { optname }', [option], 'Show an option that is set in exactly this scope'],
  ['eval [ scope_name ... ] { optname }', [option], 'Show the effective value of an option'],
  [
    'locate { scope_name } [ regex ]',
    [{ name: 'scope', rest: 'words' }],
    'Show where the scopes of a name stand',
  ],
  ['set [ scope_name ... ] { optname } { value }', [option], 'Set an option'],
  ['unset [ scope_name ... ] { optname }', [option], 'Clear an option or a scope'],
  [
    'begin [ from scratch ]',
    [{ name: 'from scratch', optional: true, rest: 'words' }],
    'Begin a transaction',
  ],
  ['commit', [], 'Make the changes of the transaction live'],
  ['rollback', [], 'Drop the transaction'],
  ['replay', [], 'Show the commands of the transaction'],
  ['reload [ /alternate/path ]', [path], 'Read the configuration files again'],
  ['writeback [ /alternate/path ]', [path], 'Save changes made on the console to the files'],
  ['help', [], 'Show the forms of config'],
];

export const PROCESS_COMMANDS: readonly Spec[] = [
  ...CONFIG_VERBS.map(([usage, parameters, help]): Spec => {
    const [verb = ''] = usage.split(' ', 1);
    return {
      words: `config ${verb}`,
      usage: `config ${usage}`,
      parameters,
      help,
      run: ({ args, source: { session, user } }, { config, wallMs }) => {
        const answer = config.command([verb, ...args], { session, user }, wallMs);
        return answer.ok ? done(answer.text) : failed(answer.text);
      },
    };
  }),
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
    words: 'paniclog',
    help: 'Show the last entries of each level that this process wrote to its paniclog',
    xml: 'own',
    run: ({ xml }, { logs }) =>
      done((xml ? renderPaniclogXml : renderPaniclog)(logs?.panics.entries() ?? [])),
  },
  {
    words: 'reopen logs',
    help: 'Close and reopen the log files of all loggers',
    run: (_call, context) => reopen(context),
  },
  ...['ec_logger', 'bounce_logger', 'custom_logger'].map(
    (kind): Spec => ({
      words: `${kind}: reopen logs`,
      help: 'Close and reopen the log files of one logger',
      run: ({ instance }, context) => reopen(context, { kind, instance }),
    }),
  ),
  {
    words: 'shutdown',
    help: 'Stop this process',
    run: () => shutdownReply(),
  },
];

function reopen(
  { logs }: ProcessContext,
  which?: { readonly kind: string; readonly instance: string | undefined },
): CommandReply {
  const reopened = logs?.reopen(which);
  if (reopened === undefined) {
    if (which === undefined) return done('No log is written here');
    return failed(`No logger ${which.kind}:${printableLine(which.instance ?? '')} is enabled`);
  }
  const { logs: count, problems } = reopened;
  if (problems.length > 0) return failed(problems.join('\n'));
  return done(`Reopened ${count} ${count === 1 ? 'log' : 'logs'}`);
}
