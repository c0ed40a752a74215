/** A core behind a watch: it must not throw, its deadline must be a moment, and it counts why it closes. */

import type { Core, DeadlineReached } from '../../../../server/base/core.ts';
import type { StreamEffect, StreamInput } from '../../../../server/base/stream-io.ts';

/** Deadlines that may be due at one and the same moment; more is a loop that never ends. */
const DUE_AT_ONCE_MAX = 50;

export class WatchedCore<Input, Effect> implements Core<Input | DeadlineReached, Effect> {
  readonly #core: Core<Input | DeadlineReached, Effect>;
  readonly #reasonsIn: (effects: readonly Effect[]) => number;
  readonly #name: string;
  #dueAtMs = -1;
  #dueAtOnce = 0;

  /** @param reasonsIn how many reasons to close were counted, or told, in the step with these effects. */
  constructor(
    name: string,
    core: Core<Input | DeadlineReached, Effect>,
    reasonsIn: (effects: readonly Effect[]) => number,
  ) {
    this.#name = name;
    this.#core = core;
    this.#reasonsIn = reasonsIn;
  }

  get deadlineMs(): number | undefined {
    return this.#core.deadlineMs;
  }

  /** @throws Error when the core breaks a rule; the message begins with the name of the process. */
  step(input: Input | DeadlineReached, nowMs: number): readonly Effect[] {
    const given = input as StreamInput | DeadlineReached;
    let effects: readonly Effect[];
    try {
      effects = this.#core.step(input, nowMs);
    } catch (error) {
      throw new Error(`${this.#name} threw on ${textOf(given)}`, { cause: error });
    }
    this.#judgeDeadline(given, nowMs);
    this.#judgeCloses(given, effects);
    return withWholeFrames(effects);
  }

  #judgeDeadline(input: StreamInput | DeadlineReached, nowMs: number): void {
    const { deadlineMs } = this.#core;
    if (deadlineMs !== undefined && !Number.isFinite(deadlineMs))
      throw new Error(`${this.#name} has the deadline ${deadlineMs} after ${textOf(input)}`);
    if (input.type !== 'deadlineReached') return;
    this.#dueAtOnce = this.#dueAtMs === nowMs ? this.#dueAtOnce + 1 : 0;
    this.#dueAtMs = nowMs;
    if (this.#dueAtOnce > DUE_AT_ONCE_MAX)
      throw new Error(`${this.#name} is due again and again at ${nowMs}`);
  }

  #judgeCloses(input: StreamInput | DeadlineReached, effects: readonly Effect[]): void {
    const own = effects as readonly (StreamEffect | { readonly type: 'event' })[];
    const closes = own.filter(({ type }) => type === 'end' || type === 'destroy').length;
    const told = input.type === 'closed' || own.some(({ type }) => type === 'event');
    if (closes === 0 && !told) return;
    const reasons = this.#reasonsIn(effects);
    if (reasons < closes) {
      throw new Error(`${this.#name} gave ${reasons} reasons for ${closes} closes after ${textOf(input)}`);
    }
  }
}

/** A long frame leaves in several writes of one step; whoever spoils frames needs it in one. */
function withWholeFrames<Effect>(effects: readonly Effect[]): readonly Effect[] {
  const joined: Effect[] = [];
  for (const effect of effects) {
    const write = asWrite(effect);
    const before = asWrite(joined.at(-1));
    if (write === undefined || before?.conn !== write.conn) joined.push(effect);
    else joined[joined.length - 1] = { ...effect, bytes: Buffer.concat([before.bytes, write.bytes]) };
  }
  return joined;
}

function asWrite(effect: unknown): Extract<StreamEffect, { type: 'write' }> | undefined {
  const of = effect as StreamEffect | { readonly type: 'event' } | undefined;
  return of?.type === 'write' ? of : undefined;
}

function textOf(input: StreamInput | DeadlineReached): string {
  if (input.type !== 'received') return JSON.stringify(input);
  const shown = input.bytes.subarray(0, 600).toString('hex');
  return `received ${input.bytes.length} bytes on ${input.conn}: ${shown}`;
}
