/**
 * Is the mesh complete, in one view, and who is not in it: the answer on top of the Bus page. Pure. The most harmful
 * finding gives the word; the rest stands below it.
 */

import { disputedLinks } from '../members/member-flags.ts';
import { compareNames, lossWords } from '../members/member-words.ts';
import { type CellState, isOneWay } from '../members/who-sees-whom.ts';
import { plural } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import type { GlyphShape } from '../ui/status-glyph.tsx';
import {
  type BusPicture,
  type BusServer,
  FIGURES_OLD_MS,
  linkOf,
  tellingServers,
  viewOf,
} from './bus-picture.ts';
import { listed, serverStateWord, stateFor } from './bus-words.ts';

export type Finding = {
  readonly id: string;
  readonly shape: GlyphShape;
  readonly text: string;
};

/** A view that servers tell they are in. */
export type ToldView = {
  readonly viewId: string;
  /** In agreed order; the first orders messages. Empty where no server told them. */
  readonly members: readonly string[];
  /** When the first of them installed it; null where no server told. */
  readonly installedMs: number | null;
  readonly toldBy: readonly string[];
};

export type BusVerdict = {
  readonly shape: GlyphShape;
  readonly word: string;
  readonly findings: readonly Finding[];
  /** Most servers first. More than one while views change or the cluster is split. */
  readonly views: readonly ToldView[];
};

/** More are counted. */
const FINDINGS_MAX = 6;
/** A server tells its new view within this time: until then a difference is a change under way. */
const SETTLE_MS = FIGURES_OLD_MS;

export function busVerdict(picture: BusPicture): BusVerdict {
  const telling = tellingServers(picture);
  const views = toldViews(telling);
  const findings = [
    ...changeFindings(telling, views, picture),
    ...linkFindings(picture),
    ...outFindings(picture, telling),
    ...muteFindings(picture),
    ...slowFindings(telling),
  ];
  const [worst] = findings;
  const shared = { findings: boundedFindings(findings), views };
  if (telling.length === 0) return { ...shared, shape: 'unknown', word: 'No server tells its links now' };
  if (worst === undefined) return { ...shared, shape: 'ok', word: completeWord(telling) };
  return { ...shared, shape: worst.shape, word: wordOf(worst, picture, views, telling) };
}

function boundedFindings(findings: readonly Finding[]): readonly Finding[] {
  const more = findings.length - FINDINGS_MAX;
  if (more <= 0) return findings;
  return [...findings.slice(0, FINDINGS_MAX), { id: 'more', shape: 'none', text: `and ${more} more` }];
}

function completeWord(telling: readonly BusServer[]): string {
  const [only] = telling;
  if (telling.length === 1 && only !== undefined) return `${inertName(only.name)} is alone on the bus`;
  return `Mesh complete: ${telling.length} servers, one view`;
}

/** The finding that weighs most, said of the whole mesh. */
function wordOf(
  worst: Finding,
  picture: BusPicture,
  views: readonly ToldView[],
  telling: readonly BusServer[],
): string {
  const [kind] = worst.id.split(' ');
  switch (kind) {
    case 'change':
      return 'View changes under way';
    case 'split':
      return `Split: ${plural(views.length, 'view')}`;
    case 'link':
      return `${plural(disputedLinks(picture.matrix).length, 'link')} down`;
    case 'out':
      return `${plural(outNames(picture, telling).length, 'server')} out of the mesh`;
    case 'mute':
      return `${completeWord(telling)}; ${listed(muteNames(picture))} tells nothing`;
    default:
      return `${completeWord(telling)}; slow: ${listed(slowNames(telling))}`;
  }
}

function toldViews(telling: readonly BusServer[]): readonly ToldView[] {
  const views = new Map<string, ToldView>();
  for (const server of telling) {
    const { viewId } = server.figures;
    if (viewId === null) continue;
    const known = views.get(viewId);
    const view = viewOf(server);
    const moments = [known?.installedMs, view?.installedMs].filter((ms) => typeof ms === 'number');
    views.set(viewId, {
      viewId,
      members: known === undefined || known.members.length === 0 ? (view?.members ?? []) : known.members,
      installedMs: moments.length === 0 ? null : Math.min(...moments),
      toldBy: [...(known?.toldBy ?? []), server.name],
    });
  }
  return [...views.values()].sort(
    (a, b) => b.toldBy.length - a.toldBy.length || compareNames(a.viewId, b.viewId),
  );
}

function changeFindings(
  telling: readonly BusServer[],
  views: readonly ToldView[],
  { asOfMs }: BusPicture,
): readonly Finding[] {
  const changing = telling.filter(
    ({ figures }) => figures.state !== 'operational' || figures.viewId === null,
  );
  const newestMs = Math.max(0, ...views.map((view) => view.installedMs ?? 0));
  const differing = views.length > 1;
  if (differing && changing.length === 0 && asOfMs - newestMs > SETTLE_MS) {
    return views.map((view) => ({
      id: `split ${view.viewId}`,
      shape: 'critical',
      text: `${listed(view.toldBy)}: view ${inertName(view.viewId)} of ${plural(view.members.length, 'server')}`,
    }));
  }
  if (!differing && changing.length === 0) return [];
  if (changing.length === 0) {
    return [{ id: 'change', shape: 'moving', text: 'Not every server has told its new view yet' }];
  }
  return changing.map(({ name, figures }) => ({
    id: `change ${name}`,
    shape: 'moving',
    text: `${inertName(name)} is ${serverStateWord(figures.state)}`,
  }));
}

/** Between two servers that both tell; a pair whose both directions are missing is one finding. */
function linkFindings(picture: BusPicture): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const cell of disputedLinks(picture.matrix)) {
    const id = `link ${[cell.from, cell.to].sort().join(' ')}`;
    if (found.has(id)) continue;
    const link = linkOf(picture, cell.from, cell.to);
    const state = stateFor(cell.state, link?.sinceMs ?? null, picture.asOfMs);
    const oneWay = isOneWay(picture.matrix, cell) ? '; the other way is up' : '';
    found.set(id, {
      id,
      shape: cell.state === 'refused' ? 'critical' : 'disputed',
      text: `${inertName(cell.from)} → ${inertName(cell.to)}: ${state}${oneWay}`,
    });
  }
  return [...found.values()];
}

/**
 * Servers that nobody who tells has a link to, and those with links that are in no view with us: a cut that only some
 * notice. Not those that said goodbye, and not who came so lately that it told nothing yet.
 */
function outNames(picture: BusPicture, telling: readonly BusServer[]): readonly string[] {
  const { matrix } = picture;
  const told = new Set(telling.map(({ name }) => name));
  const mute = new Set(picture.servers.filter(({ old }) => old).map(({ name }) => name));
  const speakers = matrix.rows.filter((row) => row.current);
  return matrix.names.filter((name) => {
    if (told.has(name) || mute.has(name)) return false;
    const cells = speakers.flatMap((row) => row.cells.filter((cell) => cell.to === name));
    // Who left and comes back with another key is not welcome, and not gone.
    if (cells.some((cell) => cell.state === 'refused')) return true;
    if (lastLoss(telling, name)?.cause === 'leave') return false;
    if (cells.some((cell) => cell.state === 'up')) return picture.byName.get(name)?.figures.current === false;
    return cells.some((cell) => cell.state !== 'unknown');
  });
}

function outFindings(picture: BusPicture, telling: readonly BusServer[]): readonly Finding[] {
  return outNames(picture, telling).map((name): Finding => {
    const { shape, how } = outWords(picture, telling, name);
    return { id: `out ${name}`, shape, text: `${inertName(name)}: ${how}` };
  });
}

function outWords(
  picture: BusPicture,
  telling: readonly BusServer[],
  name: string,
): { readonly shape: GlyphShape; readonly how: string } {
  const inState = (state: CellState) =>
    picture.matrix.rows.find(
      (row) => row.current && row.cells.some((cell) => cell.to === name && cell.state === state),
    );
  const refused = inState('refused');
  if (refused !== undefined) {
    const why = inertText(linkOf(picture, refused.from, name)?.detail ?? '');
    return { shape: 'critical', how: `its handshake is refused${why === '' ? '' : ` (${why})`}` };
  }
  const loss = lastLoss(telling, name);
  if (inState('up') !== undefined) {
    const how = loss === undefined ? 'not in the view' : lossWords(loss.cause);
    return { shape: 'critical', how: `${how}; some still have a link to it` };
  }
  if (loss === undefined) return { shape: 'warning', how: 'nobody has a link to it' };
  return { shape: 'critical', how: lossWords(loss.cause) };
}

/** How it left the newest view that lost it, if it did not come back since. */
function lastLoss(telling: readonly BusServer[], name: string): { readonly cause: string } | undefined {
  const losses = telling.flatMap(({ figures }) =>
    figures.views.flatMap((view) =>
      view.lost.filter(({ node }) => node === name).map(({ cause }) => ({ cause, atMs: view.installedMs })),
    ),
  );
  return losses.sort((a, b) => b.atMs - a.atMs)[0];
}

function muteNames({ servers, asOfMs }: BusPicture): readonly string[] {
  return servers
    .filter(({ figures }) => figures.current && asOfMs - figures.toldMs > FIGURES_OLD_MS)
    .map(({ name }) => name);
}

function muteFindings(picture: BusPicture): readonly Finding[] {
  return muteNames(picture).map((name) => ({
    id: `mute ${name}`,
    shape: 'unknown',
    text: `${inertName(name)} is in the view and tells nothing of its links`,
  }));
}

function slowNames(telling: readonly BusServer[]): readonly string[] {
  const slow = telling.flatMap(({ figures }) => figures.links.filter((link) => link.slow !== null));
  return [...new Set(slow.map(({ to }) => to))].sort(compareNames);
}

function slowFindings(telling: readonly BusServer[]): readonly Finding[] {
  return telling.flatMap(({ name, figures }) =>
    figures.links
      .filter((link) => link.slow !== null)
      .map((link) => ({
        id: `slow ${name} ${link.to}`,
        shape: 'warning' as const,
        text: `${inertName(link.to)} is slow for ${inertName(name)}: ${inertText(link.slow ?? '')}`,
      })),
  );
}

/** Servers that take whoever reaches their port for a member (R5). */
export function openServers(picture: BusPicture): readonly string[] {
  return picture.servers.filter(({ figures }) => !figures.authenticated).map(({ name }) => name);
}
