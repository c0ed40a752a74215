/** Console commands of a node: `cluster …` (momentum.md 7.6) and the generic ones of this process. */

import { renderBanner } from '../console/banner.ts';
import type { CommandSpec } from '../console/command-tree.ts';
import {
  type ClusterInfo,
  renderClusterInfo,
  renderClusterInfoXml,
  renderMembership,
  renderMembershipXml,
} from '../console/membership-text.ts';
import { done } from '../console/replies.ts';
import { memberLines, presentMembers } from './member-lines.ts';
import type { NodeCore } from './node-core.ts';

/** What a command of a node sees. */
export type NodeContext = {
  readonly node: NodeCore;
  readonly nowMs: number;
  readonly version: string;
  readonly nodeName: string;
  /** Address of the cluster listener, `10.80.116.201:4802`. */
  readonly address: string;
  /** The bus server in use, `host:port` (A16). */
  readonly daemon: string;
  readonly clusterGroup: string;
  readonly controlGroup: string;
  readonly logGroup: string | undefined;
};

type Spec = CommandSpec<NodeContext>;

/** CMD-16, A38; the words are ours. */
export const RESET_WARNING = [
  'Warning: for use on the advice of support only.',
  'This node leaves all groups, drops its bus connection, connects again and rejoins;',
  'ownership of DuraVIPs is negotiated anew.',
].join('\n');

export const NODE_COMMANDS: readonly Spec[] = [
  {
    words: 'cluster info',
    help: 'Show the current operating status and parameters',
    xml: 'own',
    run: ({ xml }, context) => done((xml ? renderClusterInfoXml : renderClusterInfo)(info(context))),
  },
  {
    words: 'cluster membership',
    help: 'Show the members of the cluster',
    xml: 'own',
    run: ({ xml }, { node }) => {
      if (!node.connected) return done(''); // CMD-12: nothing when disconnected
      const members = presentMembers(node.membership).map(memberLines);
      return done((xml ? renderMembershipXml : renderMembership)(members));
    },
  },
  {
    words: 'cluster nodename',
    help: 'Show the name of the local node',
    run: (_call, { nodeName }) => done(nodeName),
  },
  {
    words: 'cluster nodeaddr',
    help: 'Show the cluster protocol service address',
    run: (_call, { address }) => done(address),
  },
  {
    words: 'cluster reset',
    help: 'Leave the cluster and join it again (support use only)',
    run: (_call, { node, nowMs }) => {
      node.resetBus(nowMs);
      return done(RESET_WARNING);
    },
  },
  {
    words: 'version',
    help: 'Show version and copyright',
    run: (_call, { version }) => done(renderBanner({ program: 'ecelerity', version })),
  },
];

function info({ node, ...context }: NodeContext): ClusterInfo {
  const [mainName, sharedName] = node.connected ? node.privateNames : [];
  return {
    daemon: context.daemon,
    mainName,
    sharedName,
    controlGroup: context.controlGroup,
    clusterGroup: context.clusterGroup,
    leader: node.connected ? (node.membership.leader()?.facts?.nodeName ?? undefined) : undefined,
    loggerGroup: context.logGroup,
  };
}
