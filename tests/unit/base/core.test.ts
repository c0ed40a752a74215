import { describe, expect, test } from 'vitest';
import { type Core, type DeadlineReached, DRIVER_QUEUE_MAX, drive } from '../../../server/base/core.ts';
import type { Clock, Timer } from '../../../server/base/ports.ts';

class HandClock implements Clock {
  now = 0;
  readonly timers: { dueMs: number; callback: () => void }[] = [];
  nowMs(): number {
    return this.now;
  }
  wallMs(): number {
    return this.now;
  }
  at(dueMs: number, callback: () => void): Timer {
    const timer = { dueMs, callback };
    this.timers.push(timer);
    return { cancel: () => void this.timers.splice(this.timers.indexOf(timer), 1) };
  }
  advanceTo(nowMs: number): void {
    this.now = nowMs;
    for (const timer of this.timers.filter((t) => t.dueMs <= nowMs)) {
      this.timers.splice(this.timers.indexOf(timer), 1);
      timer.callback();
    }
  }
}

type Input = { readonly type: 'said'; readonly word: string } | DeadlineReached;

/** Repeats each word once, 100 ms later. */
class Echo implements Core<Input, string> {
  #due: { atMs: number; word: string }[] = [];
  get deadlineMs(): number | undefined {
    return this.#due[0]?.atMs;
  }
  step(input: Input, nowMs: number): readonly string[] {
    if (input.type === 'said') {
      this.#due.push({ atMs: nowMs + 100, word: input.word });
      return [];
    }
    const ready = this.#due.filter((each) => each.atMs <= nowMs);
    this.#due = this.#due.filter((each) => each.atMs > nowMs);
    return ready.map((each) => each.word);
  }
}

describe('drive', () => {
  test('arms one timer for the deadline and gives deadlineReached when it is due', () => {
    const clock = new HandClock();
    const heard: string[] = [];
    const driver = drive(new Echo(), clock, (effect) => heard.push(effect));
    driver.give({ type: 'said', word: 'a' });
    clock.now = 40;
    driver.give({ type: 'said', word: 'b' });
    expect(clock.timers.map((timer) => timer.dueMs)).toEqual([100]);
    clock.advanceTo(100);
    expect(heard).toEqual(['a']);
    expect(clock.timers.map((timer) => timer.dueMs)).toEqual([140]);
  });

  test('a fact given while effects are performed waits for its turn', () => {
    const clock = new HandClock();
    const order: string[] = [];
    const core: Core<string, string> = {
      deadlineMs: undefined,
      step: (input) => (input === 'first' ? ['one', 'two'] : [input]),
    };
    const driver = drive(core as Core<string | DeadlineReached, string>, clock, (effect) => {
      order.push(effect);
      if (effect === 'one') driver.give('later');
    });
    driver.give('first');
    expect(order).toEqual(['one', 'two', 'later']);
  });

  test('a stopped driver performs nothing and leaves no timer', () => {
    const clock = new HandClock();
    const heard: string[] = [];
    const driver = drive(new Echo(), clock, (effect) => heard.push(effect));
    driver.give({ type: 'said', word: 'a' });
    driver.stop();
    driver.give({ type: 'said', word: 'b' });
    clock.advanceTo(1_000);
    expect(heard).toEqual([]);
    expect(clock.timers).toEqual([]);
  });

  test('an adapter that loops hits the bound of the queue and crashes instead of eating memory', () => {
    const core: Core<string | DeadlineReached, string> = { deadlineMs: undefined, step: () => ['go'] };
    const driver = drive(core, new HandClock(), () => {
      for (let given = 0; given <= DRIVER_QUEUE_MAX; given += 1) driver.give('again');
    });
    expect(() => driver.give('first')).toThrow(/bound/);
  });
});
