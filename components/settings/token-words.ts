/** API tokens in words: what a scope allows, what state a token is in, and lists that people type. Pure. */

import type { ApiToken, TokenScope } from '../../server/wire/http.ts';
import { formatDuration } from '../ui/format-time.ts';
import type { GlyphShape } from '../ui/status-glyph.tsx';

export const SCOPE_WORDS: Readonly<Record<TokenScope, string>> = {
  read: 'reads, and commands of class R',
  command: 'also commands of class W1 and W2',
  admin: 'all that an admin may, but no tokens',
};

/** A token this close to its end is pointed out. */
export const ENDS_SOON_MS = 7 * 86_400_000;

export type TokenState = { readonly shape: GlyphShape; readonly word: string; readonly live: boolean };

/** @param nowMs wall clock of the gateway; null while it is unknown. */
export function tokenState(token: ApiToken, nowMs: number | null): TokenState {
  if (token.revokedMs !== null) return { shape: 'none', word: 'revoked', live: false };
  if (nowMs === null) return { shape: 'unknown', word: 'unknown', live: true };
  const leftMs = token.expiresMs - nowMs;
  if (leftMs <= 0) return { shape: 'none', word: 'expired', live: false };
  const word = `ends in ${formatDuration(leftMs)}`;
  return { shape: leftMs < ENDS_SOON_MS ? 'warning' : 'ok', word, live: true };
}

/** Names that people separate by commas, blanks or lines; each once. */
export function typedList(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
}
