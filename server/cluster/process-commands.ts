/** Console commands that nodes and managers have in common: `pid`, `shutdown` and the reading `config` commands. */

import type { Generation } from '../conf/generation.ts';
import { answerConfigQuery } from '../conf/queries.ts';
import type { CommandSpec } from '../console/command-tree.ts';
import { done, failed } from '../console/replies.ts';
import { shutdownReply } from './shutdown-reply.ts';

export type ProcessContext = {
  readonly pid: number;
  /** The configuration that is live. */
  readonly generation: Generation;
};

const scope = { name: 'scope_name', optional: true, rest: 'words' } as const;

const CONFIG_QUERIES = [
  ['show', scope, 'Show options and scopes of a scope'],
  ['showrecurse', scope, 'Show a scope with everything in it'],
  ['get', { name: 'option', rest: 'words' }, 'Show an option that is set in exactly this scope'],
  ['eval', { name: 'option', rest: 'words' }, 'Show the effective value of an option'],
  ['locate', { name: 'scope', rest: 'words' }, 'Show where the scopes of a name stand'],
] as const;

export const PROCESS_COMMANDS: readonly CommandSpec<ProcessContext>[] = [
  ...CONFIG_QUERIES.map(
    ([verb, parameter, help]): CommandSpec<ProcessContext> => ({
      words: `config ${verb}`,
      parameters: [parameter],
      help,
      run: ({ args }, { generation }) => {
        const answer = answerConfigQuery(generation, [verb, ...args]);
        if (answer === undefined) return failed(`config ${verb} is not available`);
        return answer.ok ? done(answer.text) : failed(answer.text);
      },
    }),
  ),
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
