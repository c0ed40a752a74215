/** Tells dashboards what this member knows of the objects that it shares: soon after a change, and now and then. */

import type { Core, DeadlineReached } from '../base/core.ts';
import { GROUPS, type PrivateName } from '../model/names.ts';
import type { BusRequest } from '../msgc/client-api.ts';
import type { SharedObjectFacts } from '../replication/api.ts';
import { encodeMessage } from './messages.ts';
import { type ObjectTold, objectParts, toldObject } from './objects-message.ts';

/** Between two tellings of something new. */
export const OBJECTS_INTERVAL_MS = 1_000;
/** Between two of the same. */
export const OBJECTS_REPEAT_MS = 10_000;

export type ObjectBoardOptions = {
  /** Mailbox that publishes. */
  readonly session: string;
  readonly facts: (nowMs: number) => readonly SharedObjectFacts[];
  readonly startedMs: number;
};

export type ObjectBoardInput =
  /** `name`: of the mailbox that shares data. */
  { readonly type: 'connected'; readonly name: PrivateName } | { readonly type: 'lost' };

export class ObjectBoard implements Core<ObjectBoardInput | DeadlineReached, BusRequest> {
  readonly #options: ObjectBoardOptions;
  #name: PrivateName | undefined;
  #dueMs: number | undefined;
  #toldMs = 0;
  #told = '';
  #telling = 0;

  constructor(options: ObjectBoardOptions) {
    this.#options = options;
  }

  get deadlineMs(): number | undefined {
    return this.#dueMs;
  }

  step(input: ObjectBoardInput | DeadlineReached, nowMs: number): readonly BusRequest[] {
    if (input.type === 'lost') this.#dueMs = undefined;
    if (input.type === 'connected') {
      this.#name = input.name;
      this.#dueMs = nowMs + OBJECTS_INTERVAL_MS;
      this.#told = '';
    }
    if (this.#dueMs === undefined || nowMs < this.#dueMs) return [];
    this.#dueMs = nowMs + OBJECTS_INTERVAL_MS;
    const told = this.#options.facts(nowMs).map((facts) => toldObject(facts, nowMs));
    const what = JSON.stringify(told.map(withoutMoments));
    if (what === this.#told && nowMs < this.#toldMs + OBJECTS_REPEAT_MS) return [];
    this.#told = what;
    this.#toldMs = nowMs;
    return this.#tell(told, nowMs);
  }

  #tell(told: readonly ObjectTold[], nowMs: number): readonly BusRequest[] {
    const { session, startedMs } = this.#options;
    this.#telling += 1;
    const parts = objectParts(told);
    const about = {
      type: 'objects' as const,
      privateName: this.#name ?? null,
      upMs: Math.max(0, nowMs - startedMs),
      telling: this.#telling,
      parts: parts.length,
    };
    return parts.map((objects, part) => ({
      type: 'publish',
      session,
      groups: [GROUPS.status],
      service: 'agreed',
      ...encodeMessage({ ...about, part, objects: [...objects] }),
    }));
  }
}

/** What is different each time although nothing happened. */
function withoutMoments({ oldestPendingMs, owners, ...told }: ObjectTold): unknown {
  // A copy that stays wrong is news each time: whoever hears it must not guess whether it still is.
  const steady = owners.map(({ heardAgoMs, ...owner }) => owner);
  return [told, oldestPendingMs !== null, steady];
}
