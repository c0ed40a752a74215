/**
 * Console commands of the manager (momentum.md 7.7). The cluster module belongs to nodes, so there are no `cluster`
 * commands here (A1): what is broadcast is passed on as typed and executed by the nodes.
 */

import type { CommandReply } from '../console/api.ts';
import { renderBanner } from '../console/banner.ts';
import type { CommandSpec } from '../console/command-tree.ts';
import {
  type ClusterInfo,
  renderClusterInfoXml,
  renderManagerInfo,
  renderMembershipXml,
} from '../console/membership-text.ts';
import { done, noResults, unknownNode, unknownSubcluster, withWarnings } from '../console/replies.ts';
import { type CollectedReplies, renderCollected, renderCollectedXml } from '../console/results-text.ts';
import type { CommandTarget } from '../wire/http.ts';
import type { ManagerCore, ManagerCoreEffect } from './manager-core.ts';
import { memberLines, presentMembers } from './member-lines.ts';
import { historyName, roleOf } from './member-record.ts';

/** What a command of the manager sees; effects it causes are added to `effects`. */
export type ManagerContext = {
  readonly manager: ManagerCore;
  readonly nowMs: number;
  readonly wallMs: number;
  readonly version: string;
  /** The bus server in use, `host:port`. */
  readonly daemon: string;
  readonly clusterGroup: string;
  readonly controlGroup: string;
  readonly effects: ManagerCoreEffect[];
};

type Spec = CommandSpec<ManagerContext>;
const command = { name: 'command', rest: 'line' } as const;
const node = { name: 'node' } as const;
const subcluster = { name: 'subcluster' } as const;

export const MANAGER_COMMANDS: readonly Spec[] = [
  {
    words: 'broadcast',
    parameters: [command],
    help: 'Send a command to all nodes',
    run: ({ args: [text = ''] }, context) => send(text, { kind: 'all' }, context),
  },
  {
    words: 'subcluster broadcast',
    parameters: [subcluster, command],
    help: 'Send a command to the nodes of a subcluster',
    run: ({ args: [name = '', text = ''] }, context) =>
      withWarnings(send(text, { kind: 'subcluster', name: name.toLowerCase() }, context), readAs(name)),
  },
  {
    words: 'unicast',
    parameters: [node, command],
    help: 'Send a command to one node',
    run: ({ args: [name = '', text = ''] }, context) =>
      withWarnings(send(text, { kind: 'nodes', names: [name.toLowerCase()] }, context), readAs(name)),
  },
  {
    words: 'retrieve',
    parameters: [command],
    help: 'Show the responses to a broadcast command',
    xml: 'own',
    run: ({ args: [text = ''], xml }, { manager, wallMs }) =>
      shown(text, manager.results.retrieve(text, wallMs), xml),
  },
  {
    words: 'subcluster retrieve',
    parameters: [subcluster, command],
    help: 'Show the responses from a subcluster',
    xml: 'own',
    run: ({ args: [name = '', text = ''], xml }, context) => {
      const wanted = name.toLowerCase();
      const found = context.manager.results.retrieveSubcluster(wanted, text, context.wallMs);
      const empty = found === undefined || found.replies.length + found.missing.length === 0;
      if (empty && !hasSubcluster(wanted, context)) return unknownSubcluster(name);
      return shown(text, empty ? undefined : found, xml);
    },
  },
  {
    words: 'retrieve_node',
    parameters: [node, command],
    help: 'Show the response of one node',
    xml: 'own',
    run: ({ args: [name = '', text = ''], xml }, context) => {
      const wanted = name.toLowerCase();
      const found = context.manager.results.retrieveNode(wanted, text, context.wallMs);
      if (found === undefined && !hasNode(wanted, context)) return unknownNode(name);
      return shown(text, found, xml);
    },
  },
  {
    words: 'flush control cache',
    help: 'Forget all responses',
    run: (_call, { manager, effects }) => {
      const flushed = manager.flush();
      effects.push(...flushed.effects);
      return done(`Control cache flushed: ${flushed.count} ${flushed.count === 1 ? 'command' : 'commands'}`);
    },
  },
  {
    words: 'show cluster membership',
    help: 'Show the members of the cluster and their roles',
    xml: 'own',
    run: (_call, { manager }) =>
      done(manager.connected ? renderMembershipXml(presentMembers(manager.membership).map(memberLines)) : ''),
  },
  {
    words: 'info',
    help: 'Show the cluster group and the nodes',
    xml: 'own',
    run: ({ xml }, context) => {
      const nodes = presentMembers(context.manager.membership)
        .filter((record) => roleOf(record) === 'node')
        .map(memberLines);
      return done((xml ? renderClusterInfoXml : renderManagerInfo)(info(context), nodes));
    },
  },
  {
    words: 'version',
    help: 'Show version and copyright',
    run: (_call, { version }) => done(renderBanner({ program: 'eccmgr', version })),
  },
];

/** MSG-33: names of any case are taken, and the sender is told which one was meant. */
function readAs(typed: string): readonly string[] {
  const used = typed.toLowerCase();
  return used === typed ? [] : [`'${typed}' is read as '${used}'`];
}

function send(text: string, target: CommandTarget, context: ManagerContext): CommandReply {
  const sent = context.manager.send(text, target, context.nowMs);
  context.effects.push(...sent.effects);
  return sent.reply;
}

function shown(text: string, collected: CollectedReplies | undefined, xml: boolean): CommandReply {
  if (collected === undefined) return noResults(text);
  return (xml ? renderCollectedXml : renderCollected)(collected);
}

function hasSubcluster(name: string, { manager }: ManagerContext): boolean {
  return presentMembers(manager.membership).some((record) => record.facts?.subcluster === name);
}

function hasNode(name: string, { manager }: ManagerContext): boolean {
  return manager.membership
    .records()
    .some((record) => roleOf(record) === 'node' && historyName(record) === name);
}

function info(context: ManagerContext): ClusterInfo {
  const { manager } = context;
  return {
    daemon: context.daemon,
    mainName: manager.connected ? manager.privateName : undefined,
    sharedName: undefined,
    controlGroup: context.controlGroup,
    clusterGroup: context.clusterGroup,
    leader: manager.connected ? (manager.membership.leader()?.facts?.nodeName ?? undefined) : undefined,
    loggerGroup: undefined,
  };
}
