/** What a request's target means now against then. Pure. */

import type { Approval } from '../../server/wire/http.ts';
import { inertName } from '../ui/inert-text.ts';

export type NodeChanges = { readonly gone: readonly string[]; readonly come: readonly string[] };

/** Null while nobody can say what the target means now. */
export function nodeChanges({
  nodesThen,
  nodesNow,
}: Pick<Approval, 'nodesThen' | 'nodesNow'>): NodeChanges | null {
  if (nodesNow === null) return null;
  return {
    gone: nodesThen.filter((name) => !nodesNow.includes(name)),
    come: nodesNow.filter((name) => !nodesThen.includes(name)),
  };
}

/**
 * A target of which one named node is gone reaches nobody: the gateway sends to all of it or to none, and then says
 * that it means no node. The others may well be there, so they are not called gone.
 */
export function changeWords(
  { nodesThen, nodesNow }: Pick<Approval, 'nodesThen' | 'nodesNow'>,
  { gone, come }: NodeChanges,
): string {
  if (nodesNow?.length === 0) {
    return `it would reach nobody now; when it was asked for it meant ${nodesThen.map(inertName).join(', ')}`;
  }
  const parts = [
    ...(gone.length === 0 ? [] : [`without ${gone.map(inertName).join(', ')}`]),
    ...(come.length === 0 ? [] : [`with ${come.map(inertName).join(', ')}`]),
  ];
  return `other nodes than when it was asked for: ${parts.join(', ')}`;
}
