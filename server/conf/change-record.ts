/** What changed between two generations, for modules, and for the session whose commit came too late. */

import { keptText, restartText } from './config-texts.ts';
import { shown } from './diagnostics.ts';
import type { Generation } from './generation.ts';
import type { GenerationChange, OptionChange } from './live-api.ts';
import { spelledOption, spelledPath } from './queries.ts';
import type { ScopeStep } from './scope-path.ts';
import { diffTrees } from './tree-diff.ts';

/** Changes that `config commit` can name; of older ones only the number is known. */
export const CHANGE_NOTES_MAX = 64;
/** Options that one of them names. */
export const NOTE_OPTIONS_MAX = 20;
/** Lines about options that wait for a restart, or have no effect, in one answer. */
export const EFFECT_NOTES_MAX = 100;

export type ChangeNote = {
  readonly number: number;
  readonly cause: GenerationChange['cause'];
  readonly user: string;
  readonly atWallMs: number;
  readonly options: readonly string[];
  readonly omitted: number;
};

export function optionChanges(before: Generation, after: Generation): readonly OptionChange[] {
  return diffTrees(before.root, after.root).flatMap((change): OptionChange[] => {
    if (change.kind === 'scope') return [];
    const name = (change.after ?? change.before)?.name ?? '';
    const entry = after.entry(change.steps, name);
    const option = entry?.name ?? name;
    const dynamic = entry?.dynamic ?? true;
    return [
      { steps: change.steps, option, before: change.before?.value, after: change.after?.value, dynamic },
    ];
  });
}

/** A line for each option that a change of many set and that does not act now; bounded, the rest is counted. */
export function effectNotes({ generation, changes }: GenerationChange): readonly string[] {
  const notes: string[] = [];
  let omitted = 0;
  for (const { steps, option, dynamic, after } of changes) {
    const kept = generation.isKept(steps, option);
    // What nothing acted on is not missed.
    if (kept ? after === undefined : dynamic) continue;
    if (notes.length >= EFFECT_NOTES_MAX) omitted += 1;
    else notes.push((kept ? keptText : restartText)(placeName(generation, steps, option)));
  }
  return omitted === 0 ? notes : [...notes, `Warning: ${omitted} more options do not act now`];
}

/** `cluster Topology 10.1.1.0/24 interface`, without the value; with an empty name the scope itself. */
export function placeName(generation: Generation, steps: readonly ScopeStep[], option: string): string {
  const words = [spelledPath(generation, steps), spelledOption(generation, steps, option)];
  return words.filter((word) => word !== '').join(' ');
}

export function noteOf(change: GenerationChange, atWallMs: number): ChangeNote {
  const { number, cause, user, generation, changes } = change;
  const named = changes.slice(0, NOTE_OPTIONS_MAX);
  return {
    number,
    cause,
    user,
    atWallMs,
    options: named.map(({ steps, option }) => placeName(generation, steps, option)),
    omitted: changes.length - named.length,
  };
}

/** `12 seconds ago, reload by tom: PidFile, cluster nodename` */
export function noteText({ cause, user, atWallMs, options, omitted }: ChangeNote, nowWallMs: number): string {
  const what = options.length === 0 ? 'no option' : options.join(', ');
  const more = omitted === 0 ? '' : ` and ${omitted} more`;
  return `${agoText(atWallMs, nowWallMs)}, ${cause} by ${shown(user)}: ${what}${more}`;
}

/** Whole seconds, minutes or hours, whichever is coarsest without being less than two. */
export function agoText(atWallMs: number, nowWallMs: number): string {
  const seconds = Math.max(0, Math.floor((nowWallMs - atWallMs) / 1_000));
  if (seconds < 120) return seconds === 1 ? '1 second ago' : `${seconds} seconds ago`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes} minutes ago` : `${Math.floor(minutes / 60)} hours ago`;
}
