/** The complete command trees of a node, of a manager and of a dedicated server. */

import { AUTHZ_COMMANDS, type AuthzContext } from '../console/authz-commands.ts';
import { renderBanner } from '../console/banner.ts';
import { CommandTree } from '../console/command-tree.ts';
import { done } from '../console/replies.ts';
import { BUS_COMMANDS, type BusContext } from './bus-commands.ts';
import { MANAGER_COMMANDS, type ManagerContext } from './manager-commands.ts';
import { NODE_COMMANDS, type NodeContext } from './node-commands.ts';
import { type JobContext, NODE_JOB_COMMANDS } from './node-job-commands.ts';
import { type LogContext, NODE_LOG_COMMANDS } from './node-log-commands.ts';
import { type MailContext, NODE_MAIL_COMMANDS } from './node-mail-commands.ts';
import { NODE_SHARED_COMMANDS, type SharedContext } from './node-shared-commands.ts';
import { NODE_VIP_COMMANDS, type VipContext } from './node-vip-commands.ts';
import { PROCESS_COMMANDS, type ProcessContext } from './process-commands.ts';

export type NodeCommandContext = NodeContext &
  VipContext &
  JobContext &
  LogContext &
  SharedContext &
  MailContext &
  ProcessContext &
  AuthzContext &
  BusContext;
export type ManagerCommandContext = ManagerContext & ProcessContext & AuthzContext & BusContext;
export type DedicatedCommandContext = ProcessContext & AuthzContext & BusContext;

/** What every process with a console and a bus server has. */
const EVERYWHERE = [...PROCESS_COMMANDS, ...AUTHZ_COMMANDS, ...BUS_COMMANDS];

export function nodeCommandTree(): CommandTree<NodeCommandContext> {
  const tree = new CommandTree<NodeCommandContext>();
  for (const spec of [
    ...EVERYWHERE,
    ...NODE_COMMANDS,
    ...NODE_VIP_COMMANDS,
    ...NODE_JOB_COMMANDS,
    ...NODE_LOG_COMMANDS,
    ...NODE_MAIL_COMMANDS,
    ...NODE_SHARED_COMMANDS,
  ])
    tree.register(spec);
  return tree;
}

export function managerCommandTree(): CommandTree<ManagerCommandContext> {
  const tree = new CommandTree<ManagerCommandContext>();
  for (const spec of [...EVERYWHERE, ...MANAGER_COMMANDS]) tree.register(spec);
  return tree;
}

/** No cluster commands: that module belongs to nodes. */
export function dedicatedCommandTree(): CommandTree<DedicatedCommandContext> {
  const tree = new CommandTree<DedicatedCommandContext>();
  for (const spec of EVERYWHERE) tree.register(spec);
  tree.register({
    words: 'version',
    help: 'Show version and copyright',
    run: (_call, { program, version }) => done(renderBanner({ program, version })),
  });
  return tree;
}
