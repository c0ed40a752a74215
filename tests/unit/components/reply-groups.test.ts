import { expect, test } from 'vitest';
import {
  countsText,
  jobCounts,
  replyGroups,
  unanswered,
  unansweredWords,
} from '../../../components/console/reply-groups.ts';
import { jobOf, replyOf } from './rows.ts';

test('equal hashes are one group, named in the order of their numbers', () => {
  const groups = replyGroups(
    jobOf([replyOf('node10'), replyOf('node2'), replyOf('node1', { hash: 'other' })]),
  );
  expect(groups.map((group) => group.replies.map((reply) => reply.node))).toEqual([
    ['node2', 'node10'],
    ['node1'],
  ]);
});

test('the same text that failed in one place and not in another is not the same reply', () => {
  expect(replyGroups(jobOf([replyOf('a'), replyOf('b', { ok: false })]))).toHaveLength(2);
});

test('replies without a hash are never called equal', () => {
  const replies = [replyOf('a', { hash: null }), replyOf('b', { hash: null })];
  expect(replyGroups(jobOf(replies))).toHaveLength(2);
});

test('a group shows the text that is there and the span of its times', () => {
  const replies = [replyOf('a', { text: null, tookMs: 30 }), replyOf('b', { tookMs: 10 })];
  const [group] = replyGroups(jobOf(replies));
  expect(group).toMatchObject({ text: 'text', fastestMs: 10, slowestMs: 30 });
});

test('who did not answer is named with the reason', () => {
  const silent = replyOf('node2', { state: 'silent', hash: null, text: null });
  const left = replyOf('node1', { state: 'left', hash: null, text: null });
  const job = jobOf([silent, left, replyOf('node3')]);
  expect(unanswered(job).map((reply) => reply.node)).toEqual(['node1', 'node2']);
  expect(unansweredWords(silent, 10_000)).toBe('no reply after 10 s');
  expect(unansweredWords(left, 10_000)).toBe('left before it answered');
});

test('the summary mentions asked and answered always, the rest when it happened', () => {
  expect(countsText(jobCounts(jobOf([replyOf('a'), replyOf('b')])))).toBe('2 asked · 2 answered');
  const mixed = jobOf([replyOf('a'), replyOf('b', { state: 'silent' }), replyOf('c', { state: 'left' })]);
  expect(countsText(jobCounts(mixed))).toBe('3 asked · 1 answered · 1 silent · 1 left');
});
