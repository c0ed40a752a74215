/** Why the confirm button of a preview cannot be pressed now, most important first. Pure. */

import type { CommandClass } from '../../server/wire/http.ts';
import { inertName } from './inert-text.ts';

/** What the preview was judged on: how old it is, and why it is too old to act on. */
export type PreviewData = {
  /** Milliseconds; null when nothing was ever heard. */
  readonly ageMs: number | null;
  /** From `writeObstacle`; null when the data is fresh enough. */
  readonly obstacle: string | null;
};

export type Precondition = {
  readonly text: string;
  /** `changed` blocks; `unknown` is said and does not block. */
  readonly state: 'holds' | 'changed' | 'unknown';
};

/** What became of an attempt (ui.md 2.2). `list` names parts: preconditions that changed, objects done or not done. */
export type PreviewOutcome = {
  readonly kind: 'accepted' | 'refused' | 'partly' | 'failed' | 'unknown';
  readonly text: string;
  readonly list?: readonly string[];
};

/** `required` for every W4 (ui.md 2.1), whatever the caller says. */
export type ReasonRule = 'none' | 'optional' | 'required';

export type PreviewState = {
  readonly class: CommandClass;
  readonly busy: boolean;
  readonly obstacle: string | null;
  readonly data: PreviewData | null;
  readonly preconditions: readonly Precondition[];
  readonly typedName: string | null;
  readonly typed: string;
  readonly reasonRule: ReasonRule;
  readonly reason: string;
  readonly outcome: PreviewOutcome | null;
};

export function reasonRuleOf(commandClass: CommandClass, asked: ReasonRule): ReasonRule {
  return commandClass === 'W4' ? 'required' : asked;
}

/** An outcome after which the same confirmation must not be pressed again. */
export function isFinal(outcome: PreviewOutcome | null): boolean {
  return outcome !== null && outcome.kind !== 'refused' && outcome.kind !== 'failed';
}

export function previewObstacle(state: PreviewState): string | null {
  if (state.busy) return 'being sent';
  if (state.outcome?.kind === 'unknown') return 'the outcome is unknown; it is not sent a second time';
  if (isFinal(state.outcome)) return 'it was sent';
  if (state.obstacle !== null) return state.obstacle;
  if (state.data !== null && state.data.obstacle !== null) return state.data.obstacle;
  const changed = state.preconditions.find((each) => each.state === 'changed');
  if (changed !== undefined) return `changed: ${changed.text}`;
  if (state.typedName !== null && state.typed.trim() !== state.typedName) {
    return `type ${inertName(state.typedName)} first`;
  }
  if (state.reasonRule === 'required' && state.reason.trim() === '') return 'write a reason first';
  return null;
}
