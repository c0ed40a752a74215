/** What a request's target means now against then. Pure. */

import type { Approval } from '../../server/wire/http.ts';

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
