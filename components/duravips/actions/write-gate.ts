'use client';

/** Why nobody can act now, or this person cannot: the role, then what is known of the data (ui.md 2.3, 3.2). */

import type { Role } from '../../../server/wire/http.ts';
import { useSession } from '../../frame/session-gate.tsx';
import { type FreshnessLevel, writeObstacle } from '../../live/freshness.ts';
import { useFreshness } from '../../live/use-live.ts';

export function roleObstacle(role: Role): string | null {
  return role === 'viewer' ? 'needs the operator role' : null;
}

/** A stale preview can still be opened: it asks to refresh and review. A lost bus or gateway leaves nothing to preview. */
const OPENS: ReadonlySet<FreshnessLevel> = new Set(['live', 'lagging', 'stale']);

/** What stands in the way of opening the preview of a write; null when nothing does. */
export function useActionObstacle(): string | null {
  const { account } = useSession();
  const freshness = useFreshness(1_000);
  return roleObstacle(account.role) ?? (OPENS.has(freshness.level) ? null : writeObstacle(freshness));
}
