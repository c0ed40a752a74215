/** Operations in words: stages, lateness, what can be undone. */

import { describe, expect, test } from 'vitest';
import {
  awaitedNode,
  isCurrent,
  operationSentence,
  operationState,
  operationTitle,
  retryCount,
  stagesOf,
  troubleOf,
  undoLeftMs,
} from '../../../components/duravips/actions/operation-words.ts';
import { STAGE_LIMIT_MS } from '../../../server/wire/duravip.ts';
import { ASKED_MS, itemOf, operationOf, reachedStages } from './duravip-actions-rows.ts';

describe('[VP-3] stages', () => {
  test('what was told is reached, the next one is waited for, the rest is not', () => {
    const item = itemOf({ state: 'running', stages: reachedStages('requested', 'ordered', 'released') });
    const stages = stagesOf(item, ASKED_MS, ASKED_MS + 700);
    expect(stages.map(({ stage, reached }) => `${stage} ${reached}`)).toEqual([
      'requested yes',
      'ordered yes',
      'released yes',
      'plumbed now',
      'announced no',
      'mature no',
    ]);
    expect(stages[2]).toMatchObject({ node: 'labrat-1', afterMs: 200 });
    expect(stages[3]?.lastsMs).toBe(500);
    expect(awaitedNode(item)).toBe('labrat-2');
  });

  test('nobody releases what nobody had', () => {
    const item = itemOf({ from: null, state: 'running', stages: reachedStages('requested', 'ordered') });
    expect(stagesOf(item, ASKED_MS, ASKED_MS)[3]?.reached).toBe('now');
    const done = itemOf({
      from: null,
      stages: reachedStages('requested', 'ordered', 'plumbed', 'announced', 'mature'),
    });
    expect(stagesOf(done, ASKED_MS, null)[2]?.reached).toBe('skipped');
  });

  test('what is over waits for nothing', () => {
    for (const state of ['failed', 'refused', 'unknown'] as const) {
      const item = itemOf({ state, stages: reachedStages('requested') });
      expect(stagesOf(item, ASKED_MS, ASKED_MS + 60_000).map(({ reached }) => reached)).not.toContain('late');
    }
  });
});

describe('a stage that takes too long names who is silent', () => {
  const ordered = itemOf({ state: 'running', stages: reachedStages('requested', 'ordered') });
  const orderedMs = ASKED_MS + 100;

  test('not before its limit', () => {
    expect(troubleOf(ordered, ASKED_MS, orderedMs + STAGE_LIMIT_MS.released)).toBeNull();
  });

  test('after it: the owner that does not let go, and then the node that does not plumb', () => {
    const late = troubleOf(ordered, ASKED_MS, orderedMs + STAGE_LIMIT_MS.released + 1);
    expect(late).toMatchObject({ kind: 'late', node: 'labrat-1' });
    expect(late?.text).toContain('labrat-1 has not said “released”');
    const released = itemOf({ state: 'late', stages: reachedStages('requested', 'ordered', 'released') });
    expect(troubleOf(released, ASKED_MS, ASKED_MS + 20_000)?.node).toBe('labrat-2');
  });

  test('[VP-5] unknown, failed and refused are different screens, and unknown is not sent again', () => {
    const kinds = (['unknown', 'failed', 'refused'] as const).map((state) =>
      troubleOf(itemOf({ state, text: 'said \u202e' }), ASKED_MS, ASKED_MS),
    );
    expect(kinds.map((each) => each?.kind)).toEqual(['unknown', 'failed', 'refused']);
    expect(kinds[0]?.text).toContain('not sent a second time');
    expect(kinds[1]?.text).toBe('said ‹U+202E›');
  });
});

describe('[VP-8] undo', () => {
  const undo = ['cluster duravip move 10.80.116.50 to labrat-1'];
  const done = operationOf({ state: 'done', undo, undoUntilMs: ASKED_MS + 900_000 });

  test('is offered until its time, and not after it was withdrawn', () => {
    expect(undoLeftMs(done, ASKED_MS + 60_000)).toBe(840_000);
    expect(undoLeftMs(done, ASKED_MS + 900_000)).toBeNull();
    expect(undoLeftMs({ ...done, undo: [] }, ASKED_MS)).toBeNull();
    expect(undoLeftMs(done, null)).toBeNull();
  });

  test('what can be undone, runs, or went wrong lately stays in the list', () => {
    expect(isCurrent(done, ASKED_MS)).toBe(true);
    expect(isCurrent({ ...done, undo: [] }, ASKED_MS)).toBe(false);
    expect(isCurrent({ ...done, undo: [], revertAtMs: ASKED_MS + 5 }, ASKED_MS)).toBe(true);
    expect(isCurrent(operationOf({ state: 'failed' }), ASKED_MS)).toBe(true);
    expect(isCurrent(operationOf({ state: 'failed' }), ASKED_MS + 3_600_000)).toBe(false);
  });
});

describe('titles and sentences', () => {
  test('of one address, of many, of a node', () => {
    expect(operationTitle(operationOf({}))).toBe('Move 10.80.116.50 to labrat-2');
    const many = operationOf({ counts: { all: 214, done: 0, failed: 0, unknown: 0 } });
    expect(operationTitle(many)).toBe('Move 214 addresses to labrat-2');
    expect(operationTitle(operationOf({ kind: 'drain', node: 'labrat-1', counts: many.counts }))).toBe(
      'Drain labrat-1: 214 addresses',
    );
    expect(operationTitle(operationOf({ kind: 'announce', items: [] }))).toBe('Announce view');
  });

  test('the end is said once, with its counts; a run is silent unless it is late', () => {
    expect(operationSentence(operationOf({ state: 'running' }))).toBeNull();
    expect(operationSentence(operationOf({ state: 'done' }))).toBe('Move 10.80.116.50 to labrat-2: done.');
    const partly = operationOf({ state: 'partly', counts: { all: 500, done: 497, failed: 3, unknown: 0 } });
    expect(operationSentence(partly)).toContain('partly done. 497 of 500 done, 3 failed.');
    expect(retryCount(partly)).toBe(3);
    const late = operationOf({
      state: 'running',
      items: [itemOf({ state: 'late', stages: reachedStages('requested', 'ordered') })],
    });
    expect(operationState(late).word).toBe('late');
    expect(operationSentence(late)).toContain('labrat-1 has not answered');
  });
});
