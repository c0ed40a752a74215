/** Which nodes a target means, by the rows of the live model. Pure; the observer decides again when it sends. */

import type { CommandTarget } from '../wire/http.ts';
import type { Row } from '../wire/live.ts';

type Members = Readonly<Record<string, Row<'members'>>>;

/** Ids of the nodes that are meant and can be asked, sorted; undefined if the target names something that is not there. */
export function nodesMeant(members: Members, target: CommandTarget): readonly string[] | undefined {
  const rows = rowsMeant(members, target);
  if (rows === undefined || rows.length === 0) return undefined;
  return [...new Set(rows.map(({ id }) => id))].sort();
}

/** True if every node that is meant, and would be by then, is in one of these subclusters; false if that is not known. */
export function staysWithin(
  members: Members,
  target: CommandTarget,
  subclusters: readonly string[],
): boolean {
  switch (target.kind) {
    case 'all':
      return false; // whoever joins next is meant as well
    case 'subcluster':
      return subclusters.includes(target.name);
    case 'nodes': {
      const rows = rowsMeant(members, target);
      return (
        rows?.every(({ subcluster }) => subcluster !== null && subclusters.includes(subcluster)) === true
      );
    }
  }
}

function rowsMeant(members: Members, target: CommandTarget): readonly Row<'members'>[] | undefined {
  const nodes = Object.values(members).filter((row) => row.role === 'node' && isAsked(row));
  switch (target.kind) {
    case 'all':
      return nodes;
    case 'subcluster':
      return nodes.filter(({ subcluster }) => subcluster === target.name);
    case 'nodes': {
      const meant = target.names.map((name) => nodes.filter((row) => isNamed(row, name)));
      return meant.some((rows) => rows.length === 0) ? undefined : meant.flat();
    }
  }
}

/** Present, or silent: it was never seen to leave. */
function isAsked({ state, cause }: Row<'members'>): boolean {
  return state !== 'departed' || cause === 'silence';
}

function isNamed({ id, nodeName, privateNames }: Row<'members'>, name: string): boolean {
  const wanted = name.trim().toLowerCase();
  return nodeName?.toLowerCase() === wanted || id === name || privateNames.includes(name);
}
