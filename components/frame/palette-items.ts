/**
 * What the palette offers and how it is found. Pure. Every entry is an address: choosing one goes there, a command only
 * arrives in the prompt of the console, and a move or a drain only in its preview. Nothing here can send anything.
 */

import type { CommandClass, CommandTarget } from '../../server/wire/http.ts';
import { consoleHref } from '../console/console-address.ts';
import { announceHref, drainHref, moveHref } from '../duravips/actions/action-address.ts';
import { vipHref } from '../duravips/duravip-address.ts';
import { lineId, logActionHref, logHref, tailHref } from '../logs/log-address.ts';
import { type Member, memberName } from '../members/member-words.ts';
import { objectHref } from '../objects/object-address.ts';
import { inertName, inertText } from '../ui/inert-text.ts';

export const PALETTE_SECTIONS = [
  'Pages',
  'Members',
  'DuraVIPs',
  'Logs',
  'Objects',
  'Saved commands',
  'Read',
  'Change',
  'Console',
] as const;
export type PaletteSection = (typeof PALETTE_SECTIONS)[number];

export type PaletteItem = {
  readonly id: string;
  readonly section: PaletteSection;
  readonly label: string;
  readonly note: string;
  /** Lower case, what a search looks through. */
  readonly text: string;
  readonly href: string;
};

/** Shown at once; more is found by typing. */
export const PALETTE_SHOWN_MAX = 40;
/** Of one section before anything is typed. */
const FIRST_SHOWN_MAX = 6;
export const PALETTE_QUERY_CHARACTERS_MAX = 500;

type PageOffer = { readonly href: string; readonly label: string; readonly words: string };
type CommandOffer = {
  readonly words: string;
  readonly usage: string;
  readonly help: string;
  readonly class: CommandClass;
};
type SavedOffer = {
  readonly id: string;
  readonly label: string;
  readonly command: string;
  readonly target: CommandTarget;
};

type VipOffer = {
  readonly address: string;
  readonly names: readonly string[];
  readonly owner: string | null;
};

/** `id` of the row: `node/log`. */
type LogOffer = {
  readonly id: string;
  readonly node: string;
  readonly log: string;
  readonly subscribers: readonly { readonly name: string }[];
};

type ObjectOffer = { readonly id: string; readonly kind: string };

export type PaletteOffers = {
  readonly objects: readonly ObjectOffer[];
  readonly logs: readonly LogOffer[];
  readonly vips: readonly VipOffer[];
  /** Nodes that own addresses or could. */
  readonly vipNodes: readonly string[];
  readonly pages: readonly PageOffer[];
  readonly members: readonly Member[];
  readonly saved: readonly SavedOffer[];
  readonly commands: readonly CommandOffer[];
};

function item(
  section: PaletteSection,
  key: string,
  parts: { readonly label: string; readonly note: string; readonly more?: string; readonly href: string },
): PaletteItem {
  const text = `${parts.label} ${parts.note} ${parts.more ?? ''}`.toLowerCase();
  return { id: `${section}:${key}`, section, label: parts.label, note: parts.note, text, href: parts.href };
}

export function paletteItems(offers: PaletteOffers): readonly PaletteItem[] {
  const { pages, members, saved, commands } = offers;
  return [
    ...pages.map((page) =>
      item('Pages', page.href, { label: page.label, note: '', more: page.words, href: page.href }),
    ),
    ...members.map((member) =>
      item('Members', member.id, {
        label: memberName(member),
        note: [member.role, member.subcluster ?? '', member.state === 'present' ? '' : member.state]
          .filter((part) => part !== '')
          .map(inertName)
          .join(' · '),
        more: member.address ?? '',
        href: `/members?node=${encodeURIComponent(member.id)}`,
      }),
    ),
    ...vipItems(offers),
    ...offers.logs.flatMap(logItems),
    ...offers.objects.map(objectItem),
    ...saved.flatMap((each) => savedItem(each, members)),
    ...commands.map((command) =>
      item(command.class === 'R' ? 'Read' : 'Change', command.words, {
        label: command.words,
        note: command.class === 'R' ? command.help : `${command.class} · ${command.help}`,
        more: command.usage,
        href: consoleHref({ command: command.words }),
      }),
    ),
  ];
}

/** Each opens a page or the preview of a write; addresses come last, because there may be ten thousand. */
function vipItems({ vips, vipNodes }: PaletteOffers): readonly PaletteItem[] {
  if (vips.length === 0) return [];
  const announce = { label: 'Announce view…', note: 'W2 · opens its preview', href: announceHref() };
  return [
    item('DuraVIPs', 'announce', { ...announce, more: 'cluster duravip announce view' }),
    ...vipNodes.map((node) =>
      item('DuraVIPs', `drain ${node}`, {
        label: `Drain ${inertName(node)}…`,
        note: 'W2 · opens its preview',
        href: drainHref(node),
      }),
    ),
    ...vips.flatMap(({ address, names, owner }) => {
      const label = inertName(address);
      const note = `${owner === null ? 'nobody owns it' : inertName(owner)} · ${inertName(names[0] ?? '')}`;
      const more = names.join(' ');
      return [
        item('DuraVIPs', address, { label, note, more, href: vipHref(address) }),
        item('DuraVIPs', `move ${address}`, {
          label: `Move ${label}…`,
          note: `W1 · ${note}`,
          more,
          href: moveHref(address),
        }),
      ];
    }),
  ];
}

/** Each opens a reader, the preview of a write to it, or the lines of the log. */
function logItems({ id, node, log, subscribers }: LogOffer): readonly PaletteItem[] {
  const place = `${inertName(log)} on ${inertName(node)}`;
  return [
    item('Logs', `tail ${id}`, {
      label: `Live tail of ${place}`,
      note: 'follows each second',
      href: tailHref(id),
    }),
    ...subscribers.flatMap(({ name }) => {
      const line = lineId(id, name);
      const label = `${inertName(name)} of ${place}`;
      return [
        item('Logs', line, {
          label,
          note: 'how far behind, and why',
          more: 'lag subscriber',
          href: logHref(line),
        }),
        item('Logs', `offset ${line}`, {
          label: `Change the offset of ${label}…`,
          note: 'W3 · opens its preview',
          more: 'rewind skip reset',
          href: logActionHref('offset', line),
        }),
        item('Logs', `remove ${line}`, {
          label: `Remove ${label}…`,
          note: 'W3 · opens its preview',
          more: 'decommission',
          href: logActionHref('remove', line),
        }),
      ];
    }),
  ];
}

function objectItem({ id, kind }: ObjectOffer): PaletteItem {
  const parts = {
    label: inertName(id),
    note: `${inertName(kind)}, as each node sees it`,
    href: objectHref(id),
  };
  return item('Objects', id, { ...parts, more: 'replicated shared' });
}

/** An address names nodes only: a saved subcluster becomes its nodes, and is left out where it has none. */
function savedItem(saved: SavedOffer, members: readonly Member[]): readonly PaletteItem[] {
  const nodes = targetNodes(saved.target, members);
  if (nodes === null) return [];
  const href = consoleHref({ command: saved.command, nodes });
  return [
    item('Saved commands', saved.id, { label: inertName(saved.label), note: inertText(saved.command), href }),
  ];
}

function targetNodes(target: CommandTarget, members: readonly Member[]): readonly string[] | null {
  if (target.kind === 'all') return [];
  if (target.kind === 'nodes') return target.names;
  const names = members.flatMap(({ role, subcluster, nodeName, state }) =>
    role === 'node' && state === 'present' && subcluster === target.name && nodeName !== null
      ? [nodeName]
      : [],
  );
  return names.length === 0 ? null : names;
}

/** In sections, best first; what begins with the query goes before what only holds its words. */
export function findItems(items: readonly PaletteItem[], typed: string): readonly PaletteItem[] {
  const query = typed.trim().toLowerCase();
  if (query === '') {
    return PALETTE_SECTIONS.flatMap((section) =>
      items.filter((each) => each.section === section).slice(0, FIRST_SHOWN_MAX),
    );
  }
  const words = query.split(/\s+/);
  const found = items.filter(({ text }) => words.every((word) => text.includes(word)));
  const begins = (each: PaletteItem): number => (each.label.toLowerCase().startsWith(query) ? 0 : 1);
  const best = [...found].sort((a, b) => begins(a) - begins(b)).slice(0, PALETTE_SHOWN_MAX);
  const inOrder = PALETTE_SECTIONS.flatMap((section) => best.filter((each) => each.section === section));
  return [...inOrder, typedItem(typed.trim())];
}

/** Whatever was typed may be a command with its arguments. */
function typedItem(command: string): PaletteItem {
  return item('Console', 'typed', {
    label: command,
    note: 'write this into the prompt',
    href: consoleHref({ command }),
  });
}
