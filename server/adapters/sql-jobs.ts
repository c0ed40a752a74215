/** Jobs and their reply texts as rows. Texts are kept apart, so that saving a job stays cheap however long they are. */

import type { Kysely } from 'kysely';
import * as z from 'zod/mini';
import type { ReplyText } from '../gateway/store-port.ts';
import { JOB_TEXT_VIEW_CHARACTERS, type Job, job as jobSchema } from '../wire/http.ts';
import type { Tables } from './sql-schema.ts';

export function jobContent(job: Job): string {
  return JSON.stringify({ ...job, replies: job.replies.map((reply) => ({ ...reply, text: null })) });
}

export async function writeJob(db: Kysely<Tables>, job: Job, kept: readonly ReplyText[]): Promise<void> {
  await db
    .updateTable('job')
    .set({ content: jobContent(job) })
    .where('id', '=', job.id)
    .execute();
  for (const { node, text } of kept) {
    const texts = {
      view: JSON.stringify(text.slice(0, JOB_TEXT_VIEW_CHARACTERS)),
      content: JSON.stringify(text),
    };
    await db
      .insertInto('reply_text')
      .values({ job: job.id, node, ...texts })
      .onConflict((conflict) => conflict.columns(['job', 'node']).doUpdateSet(texts))
      .execute();
  }
}

/** The newest ones, oldest first, with texts cut for view. */
export async function readJobs(db: Kysely<Tables>, limit: number): Promise<readonly Job[]> {
  const rows = await db.selectFrom('job').selectAll().orderBy('position', 'desc').limit(limit).execute();
  const jobs: Job[] = [];
  for (const { content } of rows.reverse()) {
    const parsed = jobSchema.safeParse(JSON.parse(content));
    if (parsed.success) jobs.push(await withTexts(db, parsed.data));
  }
  return jobs;
}

export async function readReplyText(
  db: Kysely<Tables>,
  job: string,
  node: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('reply_text')
    .select('content')
    .where('job', '=', job)
    .where('node', '=', node)
    .executeTakeFirst();
  return row === undefined ? undefined : textIn(row.content);
}

async function withTexts(db: Kysely<Tables>, job: Job): Promise<Job> {
  const rows = await db.selectFrom('reply_text').select(['node', 'view']).where('job', '=', job.id).execute();
  const texts = new Map(rows.map(({ node, view }) => [node, textIn(view)]));
  const replies = job.replies.map((reply) => {
    if (reply.state !== 'answered') return reply;
    const text = texts.get(reply.node) ?? null;
    return { ...reply, text, truncated: reply.truncated || text === null };
  });
  return { ...job, replies };
}

function textIn(json: string): string {
  return z.string().parse(JSON.parse(json));
}
