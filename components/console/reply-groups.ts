/**
 * Groups the replies of a job: equal hashes are equal replies, byte for byte after the gateway's declared
 * normalisation. Pure. Who did not answer is named with the reason, never counted away.
 */

import type { Job, JobReply } from '../../server/wire/http.ts';

export type ReplyGroup = {
  readonly key: string;
  readonly replies: readonly JobReply[];
  readonly ok: boolean;
  readonly text: string | null;
  readonly truncated: boolean;
  readonly bytes: number | null;
  readonly fastestMs: number | null;
  readonly slowestMs: number | null;
};

const byNumberInName = new Intl.Collator('en', { numeric: true });

/** What replies are compared by: line ends, blanks at line ends and empty lines at the end do not count. */
export function comparableText(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n+$/, '');
}

/** Largest group first, then by the first node's name. */
export function replyGroups(job: Job): readonly ReplyGroup[] {
  const groups = new Map<string, JobReply[]>();
  for (const reply of job.replies) {
    if (reply.state !== 'answered') continue;
    // Without a hash nothing can be said to be equal.
    const key = reply.hash === null ? `node ${reply.node}` : `${reply.ok ? 'ok' : 'failed'} ${reply.hash}`;
    groups.set(key, [...(groups.get(key) ?? []), reply]);
  }
  return [...groups].map(([key, replies]) => groupOf(key, replies)).sort(compareGroups);
}

function groupOf(key: string, unsorted: readonly JobReply[]): ReplyGroup {
  const replies = [...unsorted].sort((a, b) => byNumberInName.compare(a.node, b.node));
  const withText = replies.find((reply) => reply.text !== null) ?? replies[0];
  const times = replies.map((reply) => reply.tookMs).filter((ms) => ms !== null);
  return {
    key,
    replies,
    ok: replies.every((reply) => reply.ok !== false),
    text: withText?.text ?? null,
    truncated: withText?.truncated ?? false,
    bytes: withText?.bytes ?? null,
    fastestMs: times.length === 0 ? null : Math.min(...times),
    slowestMs: times.length === 0 ? null : Math.max(...times),
  };
}

function compareGroups(a: ReplyGroup, b: ReplyGroup): number {
  return (
    b.replies.length - a.replies.length ||
    byNumberInName.compare(a.replies[0]?.node ?? '', b.replies[0]?.node ?? '')
  );
}

export function unanswered(job: Job): readonly JobReply[] {
  return job.replies
    .filter((reply) => reply.state !== 'answered')
    .sort((a, b) => byNumberInName.compare(a.node, b.node));
}

export type JobCounts = {
  readonly asked: number;
  readonly answered: number;
  readonly silent: number;
  readonly left: number;
  readonly unknown: number;
  readonly waiting: number;
};

export function jobCounts(job: Job): JobCounts {
  const count = (state: JobReply['state']): number =>
    job.replies.filter((reply) => reply.state === state).length;
  return {
    asked: job.replies.length,
    answered: count('answered'),
    silent: count('silent'),
    left: count('left'),
    unknown: count('unknown'),
    waiting: count('asked'),
  };
}

/** `5 asked · 4 answered · 1 silent`; kinds that did not happen are not mentioned, but asked and answered are. */
export function countsText(counts: JobCounts): string {
  const parts = [`${counts.asked} asked`, `${counts.answered} answered`];
  if (counts.silent > 0) parts.push(`${counts.silent} silent`);
  if (counts.left > 0) parts.push(`${counts.left} left`);
  if (counts.unknown > 0) parts.push(`${counts.unknown} unknown`);
  if (counts.waiting > 0) parts.push(`${counts.waiting} still to answer`);
  return parts.join(' · ');
}

export function unansweredWords(reply: JobReply, timeoutMs: number): string {
  switch (reply.state) {
    case 'asked':
      return 'has not answered yet';
    case 'silent':
      return `no reply after ${timeoutMs / 1_000} s`;
    case 'left':
      return 'left before it answered';
    case 'unknown':
      return 'the outcome is unknown: the bus was lost after sending';
    case 'answered':
      return 'answered';
  }
}
