/** Served? How many addresses have one owner that has them on its host. Pure; every count leads to its rows. */

import { vipsHref } from '../duravips/duravip-address.ts';
import { COUNT_FILTERS, type Counted } from '../duravips/vip-counts.ts';
import type { VipPicture } from '../duravips/vip-picture.ts';
import { inertName } from '../ui/inert-text.ts';
import type { GlyphShape } from '../ui/status-glyph.tsx';
import type { Picture } from './picture.ts';
import { type Fact, HARM, type Verdict, waiting, worst } from './verdicts.ts';

const SOURCE = 'the table of the nodes, as the gateway follows it';

const FACTS: readonly { readonly id: Counted; readonly text: string; readonly shape: GlyphShape }[] = [
  { id: 'unowned', text: 'unowned: nobody serves them', shape: 'unowned' },
  { id: 'disputed', text: 'disputed: nodes do not say the same', shape: 'disputed' },
  { id: 'failed', text: 'not on the host of their owner', shape: 'critical' },
  { id: 'unmanaged', text: 'unmanaged: names differ', shape: 'unmanaged' },
  { id: 'unknown', text: 'not known to be up', shape: 'unknown' },
  { id: 'moving', text: 'moving now', shape: 'moving' },
  { id: 'coming', text: 'coming up on the new owner', shape: 'moving' },
  { id: 'flagged', text: 'flagged: configurations differ', shape: 'warning' },
];

export function servedVerdict(picture: Picture): Verdict {
  if (!picture.loaded) return waiting(SOURCE);
  const { duravip, counts } = picture.vips;
  if (counts.all === 0) return nothingToServe(duravip !== undefined);
  const facts: readonly Fact[] = FACTS.map(({ id, text, shape }) => ({
    id,
    count: counts[id],
    text,
    shape,
    href: vipsHref(COUNT_FILTERS[id]),
  }));
  const known = duravip?.synced === true;
  return {
    state: 'known',
    shape: known ? worst(facts, ['unowned', ...HARM, 'unmanaged']) : 'moving',
    word: `${counts.served} of ${counts.all} served`,
    facts,
    notes: notesOf(picture.vips),
    source: SOURCE,
    ageMs: picture.freshness.bus.ageMs,
  };
}

function notesOf({ duravip }: VipPicture): readonly string[] {
  if (duravip === undefined) return [];
  if (!duravip.synced) return ['The nodes are agreeing on a view: owners are as they were before.'];
  return duravip.leader === null ? [] : [`leader ${inertName(duravip.leader)}`];
}

/** Nothing said and nothing configured: there is nothing to count in either case, and no 0 to show. */
function nothingToServe(told: boolean): Verdict {
  return {
    state: 'absent',
    shape: 'none',
    word: told ? 'No VIPs configured' : 'No VIPs known',
    facts: [],
    notes: [
      told
        ? 'They come from the configuration: a binding or listener with Enable_Duravip.'
        : 'No node has said anything of its addresses yet.',
    ],
    source: SOURCE,
    ageMs: null,
  };
}
