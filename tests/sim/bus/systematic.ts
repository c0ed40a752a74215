/**
 * Cuts between every two frames of view changes, one after the other: the same quiet world runs once for each frame,
 * and just before that frame leaves a server dies, is isolated or loses a connection, or the mesh falls apart.
 */

import { Prng } from '../../../server/base/prng.ts';
import type { ScheduleResult } from '../registry.ts';
import type { Fault, Who } from './faults.ts';
import { drawRecipe, type Recipe } from './recipe.ts';
import { runRecipe } from './schedule.ts';

/** Frames of one view change of a handful of servers, with the ones that follow from the cut. */
const FRAMES_MAX = 60;
const TRIGGER_AT_MS = 20;
const CUT_FOR_MS = 400;

/** All cuts of one seed; the seed chooses the world, what begins the view change, and what happens in it. */
export function runFlushCuts(seed: number): ScheduleResult {
  const prng = new Prng(seed);
  const recipe = quietRecipe(seed, prng);
  const trigger = drawTrigger(prng, recipe.size);
  const cut = drawCut(prng, recipe.size);
  const violations: string[] = [];
  let frames = 1;
  let schedules = 0;
  for (let frame = 1; frame <= frames; frame += 1) {
    const fault = { ...cut, atMs: TRIGGER_AT_MS - 1, flushFrame: frame };
    const result = runRecipe({ ...recipe, faults: [trigger, fault] });
    violations.push(...result.violations.map((text) => `${text} (cut before frame ${frame})`));
    frames = Math.min(FRAMES_MAX, result.counts?.['flushFramesOfStorm'] ?? 0);
    schedules += 1;
  }
  return { violations, counts: { schedules } };
}

function quietRecipe(seed: number, prng: Prng): Recipe {
  const size = 3 + prng.below(3);
  return {
    ...drawRecipe(seed),
    size,
    pace: 0.5,
    delay: 'lan',
    dialDelayChance: 0,
    drift: 0,
    startsAtOnce: Array.from({ length: size }, () => true),
    clientsOf: Array.from({ length: size }, () => 1),
    calmMs: 250,
    stormMs: 600,
    workMs: 5,
    standing: undefined,
  };
}

type Deed = Omit<Fault, 'atMs' | 'flushFrame'>;

function drawTrigger(prng: Prng, size: number): Fault {
  const who = prng.below(size);
  const backMs = prng.between(1, 300);
  const deed = prng.pick([
    { kind: 'crash', who, backMs, memory: true } as const,
    { kind: 'leave', who, backMs } as const,
    { kind: 'break', who, connection: prng.below(1_000) } as const,
    { kind: 'isolate', who, side: 'both', forMs: CUT_FOR_MS } as const,
  ]);
  return { ...deed, atMs: TRIGGER_AT_MS, flushFrame: 0 };
}

function drawCut(prng: Prng, size: number): Deed & Fault {
  const who: Who = prng.pick(['coordinator', 'sequencer', prng.below(size)] as const);
  const deed = prng.pick([
    { kind: 'crash', who, backMs: prng.between(1, 300), memory: prng.chance(0.5) } as const,
    { kind: 'isolate', who, side: prng.pick(['in', 'out', 'both'] as const), forMs: CUT_FOR_MS } as const,
    { kind: 'break', who, connection: prng.below(1_000) } as const,
    { kind: 'pause', who, forMs: CUT_FOR_MS, clock: 'runs' } as const,
  ]);
  return { ...deed, atMs: 0, flushFrame: 0 };
}
