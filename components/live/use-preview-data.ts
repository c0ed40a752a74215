'use client';

/** What a preview of a write says about its data: the older of the two hops behind every number, and what forbids. */

import type { PreviewData } from '../ui/preview-obstacle.ts';
import { writeObstacle } from './freshness.ts';
import { useFreshness } from './use-live.ts';

export function usePreviewData(): PreviewData {
  const freshness = useFreshness(1_000);
  const { bus, gateway } = freshness;
  const ageMs = bus.ageMs === null || gateway.ageMs === null ? null : Math.max(bus.ageMs, gateway.ageMs);
  return { ageMs, obstacle: writeObstacle(freshness) };
}
