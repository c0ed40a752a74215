import { expect, test } from 'vitest';
import { LINK_ANSWER_MS, LINK_OPEN_MS, LinkWatch } from '../../../components/live/link-watch.ts';
import { FRESHNESS } from '../../../server/wire/freshness.ts';

function answering(): LinkWatch {
  const watch = new LinkWatch();
  watch.step('opened', 0);
  watch.step('heard', 0);
  return watch;
}

test('a new link has time to load, then is given up', () => {
  const watch = new LinkWatch();
  watch.step('opened', 0);
  expect(watch.step('deadlineReached', LINK_OPEN_MS - 1)).toBe('nothing');
  expect(watch.step('deadlineReached', LINK_OPEN_MS)).toBe('relink');
  expect(watch.fruitless).toBe(1);
  watch.step('opened', LINK_OPEN_MS);
  expect(watch.step('deadlineReached', 2 * LINK_OPEN_MS)).toBe('relink');
  expect(watch.fruitless).toBe(2);
});

test('silence is asked about before the link is renewed', () => {
  const watch = answering();
  expect(watch.deadlineMs).toBe(FRESHNESS.staleMs);
  expect(watch.step('deadlineReached', FRESHNESS.staleMs)).toBe('ask');
  expect(watch.step('deadlineReached', FRESHNESS.staleMs + LINK_ANSWER_MS)).toBe('relink');
});

test('an answer ends the doubt', () => {
  const watch = answering();
  watch.step('asked', 1_000);
  watch.step('heard', 1_500);
  expect(watch.deadlineMs).toBe(1_500 + FRESHNESS.staleMs);
  expect(watch.fruitless).toBe(0);
});

test('a question asked again is not answered later', () => {
  const watch = answering();
  watch.step('asked', 1_000);
  watch.step('asked', 2_500);
  expect(watch.deadlineMs).toBe(1_000 + LINK_ANSWER_MS);
});

test('a hidden tab is not in doubt by itself', () => {
  const watch = answering();
  watch.step('hidden', 100);
  expect(watch.deadlineMs).toBeUndefined();
  watch.step('shown', 60_000);
  expect(watch.step('deadlineReached', 60_000)).toBe('ask');
});
