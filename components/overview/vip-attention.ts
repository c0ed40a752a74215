/** What of the addresses needs somebody: one by one while they are few, counted where they are many. Pure. */

import { vipHref, vipsHref } from '../duravips/duravip-address.ts';
import { TROUBLES, type Trouble, type VipPicture } from '../duravips/vip-picture.ts';
import { curesOf, FLAG_WORDS, type Flag, namesOf, type Vip } from '../duravips/vip-words.ts';
import { plural } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import type { Attention, AttentionKind } from './attention.ts';

/** More of one kind are one item. */
export const VIPS_SINGLE_MAX = 4;

const KINDS: Readonly<Record<Trouble, AttentionKind>> = {
  twoOwners: 'vipTwoOwners',
  unowned: 'vipUnowned',
  failed: 'vipFailed',
  disagree: 'vipDisagree',
};
const WORDS: Readonly<
  Record<Trouble, { readonly is: string; readonly are: string; readonly filter: string }>
> = {
  twoOwners: { is: 'has two owners', are: 'have two owners', filter: 'state:disputed' },
  unowned: { is: 'is unowned', are: 'are unowned', filter: 'state:unowned' },
  failed: {
    is: 'is not on the host of its owner',
    are: 'are not on the host of their owner',
    filter: 'state:failed',
  },
  disagree: { is: 'is not agreed', are: 'are not agreed', filter: 'disagree:any' },
};

export function vipItems({ troubles, flags, duravip }: VipPicture): readonly Attention[] {
  return [
    ...TROUBLES.flatMap((trouble) => troubleItems(trouble, troubles[trouble])),
    ...(Object.keys(flags) as Flag[]).flatMap((flag) => flagItems(flag, flags[flag])),
    ...(duravip === undefined ? [] : tableItems(duravip)),
  ];
}

function troubleItems(trouble: Trouble, vips: readonly Vip[]): readonly Attention[] {
  const { is, are, filter } = WORDS[trouble];
  const kind = KINDS[trouble];
  if (vips.length <= VIPS_SINGLE_MAX) {
    return vips.map((vip) => {
      const cure = curesOf(vip).find(({ problem }) => problem === trouble);
      return {
        id: `${kind} ${vip.address}`,
        kind,
        shape: cure?.shape ?? 'critical',
        sigil: null,
        title: `${inertName(vip.address)} ${is}`,
        cause: cure?.cause ?? '',
        sinceMs: trouble === 'unowned' ? vip.ownerSinceMs : null,
        next: { label: 'See the cure', href: vipHref(vip.address) },
      };
    });
  }
  const [first] = vips;
  const shape =
    first === undefined ? undefined : curesOf(first).find(({ problem }) => problem === trouble)?.shape;
  return [
    {
      id: kind,
      kind,
      shape: shape ?? 'critical',
      sigil: null,
      title: `${plural(vips.length, 'address', 'addresses')} ${are}`,
      cause: `${namesOf(vips.slice(0, 2).map(({ address }) => address))} and others`,
      sinceMs: trouble === 'unowned' ? earliest(vips) : null,
      next: { label: 'See them', href: vipsHref(filter) },
    },
  ];
}

function earliest(vips: readonly Vip[]): number | null {
  const known = vips.flatMap(({ ownerSinceMs }) => ownerSinceMs ?? []);
  return known.length === 0 ? null : Math.min(...known);
}

const FLAG_KINDS: Readonly<Record<Flag, AttentionKind>> = {
  broken: 'vipBroken',
  unsafe: 'vipUnsafe',
  conflict: 'vipConflict',
};

function flagItems(flag: Flag, count: number): readonly Attention[] {
  if (count === 0) return [];
  const { word, cause, shape } = FLAG_WORDS[flag];
  return [
    {
      id: FLAG_KINDS[flag],
      kind: FLAG_KINDS[flag],
      shape: flag === 'broken' ? shape : 'warning',
      sigil: null,
      title: `${plural(count, 'address is', 'addresses are')} ${flag === 'conflict' ? 'in conflict' : word}`,
      cause,
      sinceMs: null,
      next: { label: count === 1 ? 'See it' : 'See them', href: vipsHref(`flag:${flag}`) },
    },
  ];
}

function tableItems({
  announceDue,
  setSizesDiffer,
}: NonNullable<VipPicture['duravip']>): readonly Attention[] {
  const shared = { shape: 'warning', sigil: null } as const;
  const items: Attention[] = [];
  if (announceDue !== null) {
    items.push({
      ...shared,
      id: 'announceDue',
      kind: 'announceDue',
      title: 'Announce view',
      cause: `${namesOf(announceDue.nodes)} reloaded bindings of addresses; the nodes can disagree until then`,
      sinceMs: announceDue.sinceMs,
      next: { label: 'Look and announce', href: vipsHref() },
    });
  }
  if (setSizesDiffer.length > 0) {
    items.push({
      ...shared,
      id: 'setSizes',
      kind: 'setSizes',
      title: 'Set sizes differ',
      cause: `duravip_balance_set_size is not that of the leader on ${namesOf(setSizesDiffer.map(({ node }) => node))}`,
      sinceMs: null,
      next: { label: 'See where', href: vipsHref() },
    });
  }
  return items;
}
