'use client';

/** Whole replies as files: one by its address, all of a job as one text with a head for each node. */

import type { Job, JobReply } from '../../server/wire/http.ts';
import { formatBytes, formatLatency, formatRfc3339 } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { targetText } from './command-target.ts';
import { countsText, jobCounts, unansweredWords } from './reply-groups.ts';

/** All replies together; more are taken one by one. */
export const DOWNLOAD_ALL_BYTES_MAX = 256 * 1_048_576;

export function replyHref(job: string, node: string): string {
  return `/api/jobs/${encodeURIComponent(job)}/replies/${encodeURIComponent(node)}`;
}

/** Undefined where the reply could not be fetched. */
export type FetchReply = (href: string, signal: AbortSignal) => Promise<Blob | undefined>;

/** As sent: only what this file adds is made harmless, the replies are whole and unchanged. */
export async function wholeJob(job: Job, fetchReply: FetchReply, signal: AbortSignal): Promise<Blob> {
  const parts: (string | Blob)[] = [jobHead(job)];
  for (const reply of job.replies) {
    if (reply.state !== 'answered') {
      parts.push(replyHead(reply.node, unansweredWords(reply, job.timeoutMs)));
      continue;
    }
    const body = await fetchReply(replyHref(job.id, reply.node), signal);
    parts.push(
      replyHead(reply.node, body === undefined ? 'the whole reply is not kept' : answerWords(reply)),
    );
    if (body !== undefined) parts.push(body, '\n');
  }
  return new Blob(parts, { type: 'text/plain;charset=utf-8' });
}

function jobHead(job: Job): string {
  return [
    `command: ${inertText(job.command)}`,
    `class: ${job.class}`,
    `target: ${targetText(job.target)}`,
    `sent: ${formatRfc3339(job.sentMs)} by ${inertName(job.actor)}`,
    `replies: ${countsText(jobCounts(job))}`,
    '',
  ].join('\n');
}

function replyHead(node: string, words: string): string {
  return `\n===== ${inertName(node)}: ${words} =====\n`;
}

function answerWords(reply: JobReply): string {
  const parts = [`answered after ${formatLatency(reply.tookMs)}`, formatBytes(reply.bytes)];
  if (reply.late) parts.push('late');
  if (reply.ok === false) parts.push('the command failed there');
  return parts.join(', ');
}

export async function fetchReply(href: string, signal: AbortSignal): Promise<Blob | undefined> {
  const response = await fetch(href, { credentials: 'same-origin', cache: 'no-store', signal });
  return response.ok ? await response.blob() : undefined;
}

/** Gives the browser a file to keep. */
export function saveFile(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
