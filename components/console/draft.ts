/**
 * What stands in a prompt, kept for this tab until it is sent, so that a session that ends does not take it along
 * (LG-5); signing out does. Only for the account that wrote it; never what was typed to confirm. Storage that is refused is no error.
 */

import { COMMAND_CHARACTERS_MAX } from '../../server/wire/http.ts';
import type { TargetChoice, TargetKind } from './command-target.ts';
import { ADDRESS_NODES_MAX } from './console-address.ts';
import { draftKey } from './draft-keys.ts';

export type Draft = { readonly command: string; readonly choice: TargetChoice; readonly timeoutMs: number };

const KINDS: readonly TargetKind[] = ['all', 'subcluster', 'nodes'];

export function writeDraft(draft: Draft, account: string): string {
  return JSON.stringify({ account, ...draft });
}

/** Undefined for nothing, for another account's, and for what is not a draft. */
export function readDraft(text: string | null, account: string): Draft | undefined {
  const value = record(parseJson(text));
  const { command, timeoutMs } = value;
  const { kind, subcluster, nodes } = record(value['choice']);
  const kindOfTarget = KINDS.find((each) => each === kind);
  if (value['account'] !== account || typeof command !== 'string' || command.trim() === '') return undefined;
  if (kindOfTarget === undefined || typeof timeoutMs !== 'number' || !Array.isArray(nodes)) return undefined;
  return {
    command: command.slice(0, COMMAND_CHARACTERS_MAX),
    timeoutMs,
    choice: {
      kind: kindOfTarget,
      subcluster: typeof subcluster === 'string' ? subcluster : null,
      nodes: nodes.filter((name) => typeof name === 'string').slice(0, ADDRESS_NODES_MAX),
    },
  };
}

export function keepDraft(place: string, draft: Draft, account: string): void {
  try {
    if (draft.command.trim() === '') sessionStorage.removeItem(draftKey(place));
    else sessionStorage.setItem(draftKey(place), writeDraft(draft, account));
  } catch {
    // Storage that is full or switched off: the draft lives as long as the page.
  }
}

export function recallDraft(place: string, account: string): Draft | undefined {
  try {
    return readDraft(sessionStorage.getItem(draftKey(place)), account);
  } catch {
    return undefined;
  }
}

function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null') as unknown;
  } catch {
    return null;
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
