// @vitest-environment happy-dom

/** Drafts in the storage of a tab: kept when a session ends, gone when somebody signs out. */

import { beforeEach, expect, test } from 'vitest';
import { keepDraft, recallDraft } from '../../../components/console/draft.ts';
import { forgetDrafts } from '../../../components/console/draft-keys.ts';

const DRAFT = {
  command: 'config set http password hunter2',
  choice: { kind: 'all', subcluster: null, nodes: [] },
  timeoutMs: 10_000,
} as const;

beforeEach(() => sessionStorage.clear());

test('signing out drops the drafts of every prompt, and nothing else', () => {
  sessionStorage.setItem('something.else', 'stays');
  keepDraft('console', DRAFT, 'ana');
  keepDraft('node labrat-1', DRAFT, 'ana');
  expect(recallDraft('console', 'ana')).toEqual(DRAFT);
  forgetDrafts();
  expect(recallDraft('console', 'ana')).toBeUndefined();
  expect(Object.keys(sessionStorage)).toEqual(['something.else']);
});
