/**
 * The history of views as all servers tell it: one entry for each view, with what they saw alike said once and what they
 * saw differently said by whom. Pure. After a split both sides saw the other one come back.
 */

import type { BusPicture, BusServer, ViewFigures } from './bus-picture.ts';

export type ViewPerspective = {
  /** Who saw it so. */
  readonly servers: readonly string[];
  readonly joined: readonly string[];
  readonly lost: ViewFigures['lost'];
};

export type ViewEntry = {
  readonly viewId: string;
  /** In agreed order; the first orders messages. */
  readonly members: readonly string[];
  /** When the first server installed it, in the gateway's clock. */
  readonly installedMs: number;
  /** Shortest and longest change that a server measured; null where none did. */
  readonly tookMs: readonly [number, number] | null;
  /** One where all saw the same. */
  readonly perspectives: readonly ViewPerspective[];
};

type Told = { readonly server: string; readonly view: ViewFigures };

/** Newest first. @param of one server's own history; null: everybody's. */
export function viewHistory(picture: Pick<BusPicture, 'servers'>, of: string | null): readonly ViewEntry[] {
  const told = new Map<string, Told[]>();
  for (const server of picture.servers) {
    if (of !== null && server.name !== of) continue;
    for (const { key, view } of viewsOf(server)) {
      told.set(key, [...(told.get(key) ?? []), { server: server.name, view }]);
    }
  }
  return [...told.values()].map(entryOf).sort((a, b) => b.installedMs - a.installedMs);
}

/** A view has one name everywhere; two with the same name and other members are two. */
function viewsOf({ figures }: BusServer): readonly { readonly key: string; readonly view: ViewFigures }[] {
  return figures.views.map((view) => ({ key: [view.viewId, ...view.members].join('\n'), view }));
}

function entryOf(told: readonly Told[]): ViewEntry {
  const views = told.map(({ view }) => view);
  const spans = views.map(({ tookMs }) => tookMs).filter((ms) => ms !== null);
  return {
    viewId: views[0]?.viewId ?? '',
    members: views[0]?.members ?? [],
    installedMs: Math.min(...views.map(({ installedMs }) => installedMs)),
    tookMs: spans.length === 0 ? null : [Math.min(...spans), Math.max(...spans)],
    perspectives: perspectivesOf(told),
  };
}

/** Nobody was lost: those who saw the same were together before, and all others came. */
export function metFromParts({ perspectives, members }: ViewEntry): boolean {
  return perspectives.every(
    ({ servers, joined, lost }) => lost.length === 0 && joined.length + servers.length === members.length,
  );
}

function perspectivesOf(told: readonly Told[]): readonly ViewPerspective[] {
  const seen = new Map<string, ViewPerspective>();
  for (const { server, view } of told) {
    const joined = [...view.joined].sort();
    const lost = [...view.lost].sort((a, b) => (a.node < b.node ? -1 : Number(a.node > b.node)));
    const key = JSON.stringify([joined, lost]);
    const known = seen.get(key);
    seen.set(key, { servers: [...(known?.servers ?? []), server], joined, lost });
  }
  return [...seen.values()].sort((a, b) => b.servers.length - a.servers.length);
}
