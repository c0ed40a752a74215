/**
 * Commands of a node that show shared objects (momentum.md 7.6). This node has none of them yet: each prints what it
 * prints where there is nothing.
 */

import type { CommandSpec } from '../console/command-tree.ts';
import { printableLine } from '../console/printable.ts';
import { done, failed } from '../console/replies.ts';
import { renderSharedList, renderSharedListXml } from '../console/shared-text.ts';

export const NODE_READ_COMMANDS: readonly CommandSpec<unknown>[] = [
  {
    words: 'cluster shared list',
    help: 'Show the objects that are shared in the cluster',
    xml: 'own',
    run: ({ xml }) => done((xml ? renderSharedListXml : renderSharedList)([])),
  },
  {
    words: 'cluster shared show',
    parameters: [{ name: 'object' }, { name: 'from <node>', optional: true, rest: 'words' }],
    help: 'Show a shared object, of the whole cluster or as one node sees it',
    run: ({ args: [name = '', from, node, more] }) => {
      const complete = from === undefined || (from.toLowerCase() === 'from' && node !== undefined);
      if (!complete || more !== undefined) return failed('Usage: cluster shared show <object> [from <node>]');
      return failed(`Unknown shared object: ${printableLine(name)}`);
    },
  },
];
