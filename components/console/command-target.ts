/** Whom a command would reach, and how that is said. Pure. */

import type { CommandTarget } from '../../server/wire/http.ts';
import { compareNames, type Member } from '../members/member-words.ts';
import { plural } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';

export type TargetKind = CommandTarget['kind'];

export type TargetChoice = {
  readonly kind: TargetKind;
  readonly subcluster: string | null;
  readonly nodes: readonly string[];
};

/** Nodes that can be asked: they are in the view, silent or not. */
export function askableNodes(members: Readonly<Record<string, Member>>): readonly Member[] {
  return Object.values(members)
    .filter((member) => member.role === 'node' && member.state !== 'departed' && member.nodeName !== null)
    .sort((a, b) => compareNames(a.nodeName ?? '', b.nodeName ?? ''));
}

export function subclustersOf(nodes: readonly Member[]): readonly string[] {
  const names = nodes.map((node) => node.subcluster).filter((name) => name !== null);
  return [...new Set(names)].sort(compareNames);
}

export function targetNodes(choice: TargetChoice, nodes: readonly Member[]): readonly string[] {
  const names = (list: readonly Member[]): string[] => list.map((node) => node.nodeName ?? node.id);
  switch (choice.kind) {
    case 'all':
      return names(nodes);
    case 'subcluster':
      return names(nodes.filter((node) => node.subcluster === choice.subcluster));
    case 'nodes':
      return choice.nodes;
  }
}

/** The nodes that a sent target means now. */
export function nodesOfTarget(target: CommandTarget, nodes: readonly Member[]): readonly string[] {
  return targetNodes(choiceOfTarget(target), nodes);
}

export function choiceOfTarget(target: CommandTarget): TargetChoice {
  return {
    kind: target.kind,
    subcluster: target.kind === 'subcluster' ? target.name : null,
    nodes: target.kind === 'nodes' ? target.names : [],
  };
}

/** What goes to the gateway; undefined while the choice is not complete. */
export function commandTargetOf(choice: TargetChoice): CommandTarget | undefined {
  switch (choice.kind) {
    case 'all':
      return { kind: 'all' };
    case 'subcluster':
      return choice.subcluster === null ? undefined : { kind: 'subcluster', name: choice.subcluster };
    case 'nodes':
      return choice.nodes.length === 0 ? undefined : { kind: 'nodes', names: [...choice.nodes] };
  }
}

export function targetText(target: CommandTarget): string {
  switch (target.kind) {
    case 'all':
      return 'all nodes';
    case 'subcluster':
      return `subcluster ${inertName(target.name)}`;
    case 'nodes':
      return target.names.length <= 3
        ? target.names.map(inertName).join(', ')
        : plural(target.names.length, 'node');
  }
}
