/**
 * One address in words: what is so, what is wrong with it, and the cure. Pure. Intent and fact differ: an address that
 * moves has no owner to be sure of until the table says so.
 */

import type { OwnerCause } from '../../server/wire/duravip.ts';
import type { Row } from '../../server/wire/live.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import type { GlyphShape, Tone } from '../ui/status-glyph.tsx';

export type Vip = Row<'vips'>;
export type VipNode = Row<'vipNodes'>;

/** What the column of owners shows; each address is exactly one of them. */
export type OwnerFact = 'unmanaged' | 'disputed' | 'moving' | 'unowned' | 'owned' | 'unknown';

export function ownerFact({ phase, claims, owner }: Vip): OwnerFact {
  if (phase === 'broken') return 'unmanaged';
  if (claims.length > 0) return 'disputed';
  if (phase === 'moving') return 'moving';
  if (phase === 'unowned' || (phase === 'owned' && owner === null)) return 'unowned';
  return phase === 'owned' ? 'owned' : 'unknown';
}

/** What is wrong with an address, the most harmful first. */
export const PROBLEMS = [
  'twoOwners',
  'unowned',
  'failed',
  'broken',
  'disagree',
  'unsafe',
  'conflict',
  'unknown',
] as const;
export type Problem = (typeof PROBLEMS)[number];

export function problemsOf(vip: Vip): readonly Problem[] {
  if (isWell(vip)) return NO_PROBLEMS;
  const fact = ownerFact(vip);
  const holds: Readonly<Record<Problem, boolean>> = {
    twoOwners: fact === 'disputed',
    unowned: fact === 'unowned',
    failed: vip.state === 'failed',
    broken: fact === 'unmanaged' || vip.flags.includes('broken'),
    // While it moves, the nodes hear of it one after the other.
    disagree:
      fact !== 'disputed' && fact !== 'unmanaged' && vip.phase !== 'moving' && vip.disagree.length > 0,
    unsafe: vip.flags.includes('unsafe'),
    conflict: vip.flags.includes('conflict'),
    unknown: fact === 'unknown',
  };
  return PROBLEMS.filter((problem) => holds[problem]);
}

const NO_PROBLEMS: readonly Problem[] = [];

/** Nearly all of ten thousand addresses are, each time that one changes. */
function isWell({ phase, owner, claims, disagree, flags, state }: Vip): boolean {
  const whole = phase === 'owned' && owner !== null && state !== 'failed';
  return whole && claims.length === 0 && disagree.length === 0 && flags.length === 0;
}

/** Words of the filter token `state:`; an address can be several of them. */
export const VIP_STATES = [
  'owned',
  'moving',
  'unowned',
  'disputed',
  'failed',
  'coming',
  'unmanaged',
  'unknown',
] as const;
export type VipState = (typeof VIP_STATES)[number];

/** The first is what the row is; the others hold as well. `disputed`: two owners, or a node whose table differs. */
export function vipStates(vip: Vip): readonly VipState[] {
  const states: VipState[] = [ownerFact(vip)];
  if (problemsOf(vip).includes('disagree')) states.push('disputed');
  if (vip.state === 'failed' || vip.state === 'coming') states.push(vip.state);
  // Owned, and the owner has not said whether it is up: that is not known to be served.
  if (vip.state === 'unknown' && states[0] === 'owned') states.push('unknown');
  return states;
}

export const STATE_SHAPES: Readonly<Record<VipState, GlyphShape>> = {
  owned: 'ok',
  moving: 'moving',
  unowned: 'unowned',
  disputed: 'disputed',
  failed: 'critical',
  coming: 'moving',
  unmanaged: 'unmanaged',
  unknown: 'unknown',
};

export type Agreement = {
  /** Nodes whose table is this one. */
  readonly agree: number;
  readonly of: number;
  /** Participants that have not said what they think. */
  readonly unheard: number;
};

export function agreementOf(vip: Vip): Agreement {
  const of = Math.max(vip.participants.length, vip.known);
  const agree = Math.max(0, vip.known - dissentersOf(vip).length);
  return { agree, of, unheard: Math.max(0, of - vip.known) };
}

/** Nodes that say something else than the table. Who claims an address says so, whatever was last heard of its table. */
export function dissentersOf({ disagree, claims }: Pick<Vip, 'disagree' | 'claims'>): Vip['disagree'] {
  const told = new Set(disagree.map(({ node }) => node));
  return [...disagree, ...claims.filter((node) => !told.has(node)).map((node) => ({ node, owner: node }))];
}

/** `labrat-3 says labrat-2`. */
export function sayingWords({ node, owner }: Vip['disagree'][number]): string {
  return `${inertName(node)} says ${owner === null ? 'nobody' : inertName(owner)}`;
}

export function candidatesOf({ participants }: Vip): readonly string[] {
  return participants.filter(({ obstacle }) => obstacle === null).map(({ node }) => node);
}

export type Flag = Vip['flags'][number];
export type FlagWords = {
  readonly shape: GlyphShape;
  readonly tone?: Tone;
  readonly word: string;
  readonly cause: string;
};

/** As the field writes them: two in capitals, one not. */
export const FLAG_WORDS: Readonly<Record<Flag, FlagWords>> = {
  broken: { shape: 'unmanaged', word: 'BROKEN', cause: 'the nodes give it different binding names' },
  unsafe: { shape: 'warning', word: 'UNSAFE', cause: 'the nodes run different services on it' },
  conflict: {
    shape: 'disputed',
    tone: 'warning',
    word: 'conflict',
    cause: 'the nodes prefer different nodes',
  },
};

export type Cure = {
  readonly problem: Problem;
  readonly shape: GlyphShape;
  readonly tone?: Tone;
  /** What is so, as a sentence. */
  readonly title: string;
  readonly cause: string;
  readonly cure: string;
};

const RELOAD = 'then config reload on each, then announce view';

export function curesOf(vip: Vip): readonly Cure[] {
  return problemsOf(vip).map((problem) => ({ problem, ...CURES[problem](vip) }));
}

type CureWords = Omit<Cure, 'problem'>;

const CURES: Readonly<Record<Problem, (vip: Vip) => CureWords>> = {
  twoOwners: (vip) => ({
    shape: 'disputed',
    title: 'Two owners',
    cause: `${namesOf([...(vip.owner === null ? [] : [vip.owner]), ...vip.claims])} each say that they own it.`,
    cure: 'Announce view: the nodes tell each other again what they own, and all but one let it go. If it comes back, the network between them is cut: see the Bus.',
  }),
  unowned: unownedCure,
  failed: (vip) => ({
    shape: 'critical',
    title: 'Plumb failed',
    cause: `${vip.owner === null ? 'The owner' : inertName(vip.owner)} could not put it on its host: ${vip.text === '' ? 'no reason was given' : inertText(vip.text)}.`,
    cure: 'Repair the host by that text. The node gives the address up after bounded retries, and another candidate takes it; or move it now.',
  }),
  broken: (vip) => ({
    shape: 'unmanaged',
    title: 'BROKEN: unmanaged, names differ',
    cause: `The nodes give this address different binding names: ${namesOf(vip.names)}. Nobody may own it.`,
    cure: `Give the binding one name on every node, ${RELOAD}.`,
  }),
  disagree: (vip) => ({
    shape: 'disputed',
    title: 'Nodes disagree',
    cause: `${vip.disagree.map(sayingWords).join('; ')}; the table says ${vip.owner === null ? 'nobody' : inertName(vip.owner)}.`,
    cure: 'Announce view: every node tells its view again and takes over the common one.',
  }),
  unsafe: (vip) => ({
    shape: 'warning',
    title: 'UNSAFE: services differ',
    cause: `${servicesWords(vip)}. It is served as usual, but not the same way everywhere.`,
    cure: `Configure the same listeners on every node that has it, ${RELOAD}.`,
  }),
  conflict: () => ({
    shape: 'disputed',
    tone: 'warning',
    title: 'Conflict: preferences differ',
    cause:
      'The nodes name different preferred nodes for it; no preference counts, the election is the ordinary one.',
    cure: `Write one Duravip_Preference for it on every node, ${RELOAD}.`,
  }),
  unknown: () => ({
    shape: 'unknown',
    title: 'Not known who owns it',
    cause: 'No synchronised view of the nodes has been seen yet.',
    cure: 'Wait for the view. If it stays so, announce view.',
  }),
};

function unownedCure(vip: Vip): CureWords {
  const candidates = candidatesOf(vip);
  const shared = { shape: 'unowned', title: 'Unowned: nobody serves it' } as const;
  if (candidates.length > 0) {
    return {
      ...shared,
      cause: `${namesOf(candidates)} could have it, and ${candidates.length === 1 ? 'has' : 'have'} not taken it.`,
      cure: 'Move it to a candidate, or announce view so that the nodes elect again.',
    };
  }
  if (vip.participants.length === 0) {
    return {
      ...shared,
      cause: 'No node that is present has it configured.',
      cure: 'Start a node that has it, or give its binding to one.',
    };
  }
  const obstacles = vip.participants.map(
    ({ node, obstacle }) => `${inertName(node)}: ${inertText(obstacle ?? '')}`,
  );
  return {
    ...shared,
    cause: `No candidate is left. ${obstacles.join('; ')}.`,
    cure: 'Remove one of these obstacles; it is taken at once then.',
  };
}

/** `labrat-1: smtp; labrat-2: nothing`. */
function servicesWords({ participants }: Vip): string {
  if (participants.length === 0) return 'The nodes run different services on it';
  return participants
    .map(
      ({ node, services }) => `${inertName(node)}: ${services.length === 0 ? 'nothing' : namesOf(services)}`,
    )
    .join('; ');
}

/** `a`, `a and b`, `a, b and c`. */
export function namesOf(names: readonly string[]): string {
  const shown = names.map(inertName);
  if (shown.length < 2) return shown.join('');
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

const CAUSES: Readonly<Record<OwnerCause, string>> = {
  elected: 'elected',
  failure: 'the owner before it was lost',
  leave: 'the owner before it left',
  balance: 'balanced',
  preference: 'it is the preferred node',
  operator: 'moved by an operator',
  drain: 'the owner before it drains',
  config: 'the configuration changed',
  plumbFailed: 'the owner before it could not put it up',
  merge: 'two parts of the cluster met again',
  suspect: 'the owner before it was suspect',
};

export function ownerCauseWords(cause: OwnerCause): string {
  return CAUSES[cause];
}

/** Whether the owner has it on its host. */
export function plumbWords({ state, text }: Vip): string {
  if (state === 'failed') return text === '' ? 'plumb failed' : `plumb failed: ${inertText(text)}`;
  return state === 'coming' ? 'coming up' : state;
}
