/**
 * Console commands of a node on DuraVIP (momentum.md 5.6, 5.7, 7.6): literally as documented, and ours (`drain`, `undrain`,
 * `unpin`, `whatif`). Says what was asked and what came of it; the decision is the member's.
 */

import type { CommandReply, CommandSource } from '../console/api.ts';
import { renderArp, renderArpXml } from '../console/arp-text.ts';
import type { CommandParameter, CommandSpec } from '../console/command-tree.ts';
import { renderDuravips, renderDuravipsXml, renderDuravipTables } from '../console/duravip-text.ts';
import { done, failed, unknownNode } from '../console/replies.ts';
import { renderWhatIf, renderWhatIfXml } from '../console/whatif-text.ts';
import type {
  Neighbour,
  VipAnswer,
  VipAsker,
  VipOrder,
  VipTable,
  WhatIf,
  WhatIfChange,
} from '../duravip/api.ts';
import type { NodeName } from '../model/names.ts';
import { vipLines, vipTableEntries } from './vip-lines.ts';

/** DuraVIP as the console of its node sees it. */
export interface VipConsole {
  readonly table: VipTable;
  /** The merged neighbour table, by address. */
  neighbours(nowMs: number): readonly Neighbour[];
  order(order: VipOrder, asker: VipAsker, nowMs: number): VipAnswer;
  /** Undefined without a synchronised view. */
  whatIf(change: WhatIfChange): WhatIf | undefined;
  setDebug(on: boolean): void;
}

export type VipContext = { readonly vips: VipConsole; readonly nowMs: number };

type Spec = CommandSpec<VipContext>;

const node: CommandParameter = { name: 'node' };

export const NODE_VIP_COMMANDS: readonly Spec[] = [
  {
    words: 'cluster arp show',
    help: 'Show the hardware addresses of the hosts of the cluster',
    xml: 'own',
    run: ({ xml }, { vips, nowMs }) => done((xml ? renderArpXml : renderArp)(vips.neighbours(nowMs))),
  },
  {
    words: 'cluster duravip show',
    help: 'Show the DuraVIPs, their owners and participants',
    xml: 'own',
    run: ({ xml }, { vips, nowMs }) =>
      done((xml ? renderDuravipsXml : renderDuravips)(vipLines(vips.table, nowMs))),
  },
  {
    words: 'cluster duravip show tables',
    help: 'Show the state tables of the DuraVIPs, as XML',
    xml: 'own',
    run: (_call, { vips, nowMs }) => done(renderDuravipTables(vipTableEntries(vips.table, nowMs))),
  },
  {
    words: 'cluster duravip move',
    parameters: [{ name: 'from_host' }, { name: 'to_host', rest: 'words' }],
    usage: 'cluster duravip move <from_host> [to] <to_host>',
    help: 'Move an address, a binding or all addresses of a node to a node; only safe as a broadcast',
    run: ({ args, source }, context) => move(args, source, context),
  },
  {
    words: 'cluster duravip announce view',
    help: 'Announce the view of this node; broadcast it after a reload that touched DuraVIPs',
    run: ({ source }, context) => order({ type: 'announceView' }, source, context),
  },
  {
    words: 'cluster duravip debug',
    parameters: [{ name: 'switch', choices: ['on', 'off'] }],
    help: 'Switch lines about DuraVIP in the log of this process on or off',
    run: ({ args: [word = ''] }, { vips }) => {
      const on = word.toLowerCase() === 'on';
      vips.setDebug(on);
      return done(`DuraVIP debugging is ${on ? 'on' : 'off'}`);
    },
  },
  {
    words: 'cluster duravip drain',
    parameters: [node],
    help: 'Move all addresses away from a node and give it none',
    run: ({ args: [name = ''], source }, context) => order({ type: 'drain', node: name }, source, context),
  },
  {
    words: 'cluster duravip undrain',
    parameters: [node],
    help: 'Let a drained node have addresses again',
    run: ({ args: [name = ''], source }, context) => order({ type: 'undrain', node: name }, source, context),
  },
  {
    words: 'cluster duravip unpin',
    parameters: [{ name: 'what' }],
    help: 'Let a moved address be balanced again',
    run: ({ args: [what = ''], source }, context) => order({ type: 'unpin', what }, source, context),
  },
  {
    words: 'cluster duravip whatif',
    parameters: [node, { name: 'node', optional: true, rest: 'words' }],
    usage: 'cluster duravip whatif <node> [<node>] ...',
    help: 'Show who would have which addresses if nodes left; changes nothing',
    xml: 'own',
    run: ({ args, xml }, context) => whatIf(args, xml, context),
  },
];

function move(args: readonly string[], source: CommandSource, context: VipContext): CommandReply {
  const [what = '', first = '', second, ...more] = args;
  const literal = second !== undefined && first.toLowerCase() === 'to';
  if (more.length > 0 || (second !== undefined && !literal)) {
    return failed('Usage: cluster duravip move <from_host> [to] <to_host>');
  }
  return order({ type: 'move', what, to: second ?? first }, source, context);
}

function order(what: VipOrder, source: CommandSource, { vips, nowMs }: VipContext): CommandReply {
  const asker = { user: source.user, broadcast: source.broadcast === true };
  const { ok, text } = vips.order(what, asker, nowMs);
  return ok ? done(text) : failed(text);
}

function whatIf(names: readonly string[], xml: boolean, { vips }: VipContext): CommandReply {
  const known = new Map(vips.table.nodes().map(({ node: one }) => [one as string, one]));
  const without: NodeName[] = [];
  for (const name of names) {
    const found = known.get(name.toLowerCase());
    if (found === undefined) return unknownNode(name);
    without.push(found);
  }
  const answer = vips.whatIf({ without, drained: [] });
  if (answer === undefined) return failed('the nodes have not agreed on a table yet: nothing can be said');
  return done((xml ? renderWhatIfXml : renderWhatIf)({ ...answer, without }));
}
