/** Jobs as they are sent: lists without texts, events with a bound on all texts together. Pure. */

import type { Job } from '../wire/http.ts';

/** Characters of reply texts in one `job` event; GET /api/jobs/:id has all of them. */
export const JOB_EVENT_CHARACTERS_MAX = 1_048_576;

export function jobWithoutTexts(job: Job): Job {
  return { ...job, replies: job.replies.map((reply) => ({ ...reply, text: null })) };
}

/** Later texts beyond the bound are left out and marked as truncated. */
export function jobForEvent(job: Job): Job {
  let characters = 0;
  const replies = job.replies.map((reply) => {
    characters += reply.text?.length ?? 0;
    return characters > JOB_EVENT_CHARACTERS_MAX ? { ...reply, text: null, truncated: true } : reply;
  });
  return { ...job, replies };
}
