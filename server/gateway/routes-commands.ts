/** Commands and their jobs. */

import * as z from 'zod/mini';
import {
  COMMAND_CHARACTERS_MAX,
  classifyReply,
  classifyRequest,
  commandRequest,
  type Job,
  job,
  jobListReply,
} from '../wire/http.ts';
import { ApiProblem } from './api-problem.ts';
import { mayReadJob } from './authorisation.ts';
import { Downloads } from './downloads.ts';
import { type App, actorOf, callerOf, type HttpContext } from './http-context.ts';
import { idempotentHeaders } from './idempotency.ts';
import { jobWithoutTexts } from './job-view.ts';
import { JOBS_KEPT_MAX } from './jobs.ts';

/** As it stands: nothing in it is JSON. */
const wholeText = {
  description: 'The text as the node sent it',
  content: { 'text/plain; charset=utf-8': { schema: z.string() } },
};
const jobsQuery = z.object({
  q: z._default(z.string().check(z.maxLength(COMMAND_CHARACTERS_MAX)), ''),
  before: z.optional(z.string().check(z.maxLength(64))),
  limit: z._default(z.coerce.number().check(z.int(), z.gte(1), z.lte(JOBS_KEPT_MAX)), 50),
});
const jobParams = z.object({ id: z.string().check(z.maxLength(64)) });
const replyParams = z.object({
  id: z.string().check(z.maxLength(64)),
  node: z.string().check(z.maxLength(255)),
});

export function addCommandRoutes(app: App, context: HttpContext): void {
  const { commands } = context;
  const downloads = new Downloads(context.clock);

  app.post(
    '/api/commands/classify',
    { schema: { body: classifyRequest, response: { 200: classifyReply } } },
    async (request) => commands.review(request.body, callerOf(request)),
  );

  app.post(
    '/api/commands',
    { schema: { headers: idempotentHeaders, body: commandRequest, response: { 202: job } } },
    async (request, reply) => {
      const sent = await commands.send(request.body, request.headers['idempotency-key'], {
        caller: callerOf(request),
        actor: actorOf(request),
      });
      return await reply.code(202).send(sent);
    },
  );

  app.get(
    '/api/jobs',
    { schema: { querystring: jobsQuery, response: { 200: jobListReply } } },
    async (request) => {
      const caller = callerOf(request);
      const { q, before, limit } = request.query;
      const mine = olderThan(before, commands.newest()).filter((one) => mayReadJob(one, caller));
      return { jobs: mine.filter(contains(q)).slice(0, limit).map(jobWithoutTexts) };
    },
  );

  app.get('/api/jobs/:id', { schema: { params: jobParams, response: { 200: job } } }, async (request) => {
    const found = commands.job(request.params.id);
    if (found === undefined) throw noJob();
    if (!mayReadJob(found, callerOf(request))) throw notYours();
    return found;
  });

  app.get(
    '/api/jobs/:id/replies/:node',
    { schema: { params: replyParams, response: { 200: wholeText } } },
    async (request, reply) => {
      const { id, node } = request.params;
      const found = commands.job(id);
      if (found === undefined) throw noJob();
      if (!mayReadJob(found, callerOf(request))) throw notYours();
      downloads.begin(callerOf(request).account, reply.raw);
      const text = await commands.replyText(id, node);
      if (text === undefined) throw new ApiProblem('not_found', 'the whole reply of this node is not kept');
      return await reply
        .type('text/plain; charset=utf-8')
        .header('content-disposition', `attachment; filename="${fileName(id, node)}"`)
        .send(text);
    },
  );
}

/** All of them without `before`; none if it is not kept any more: there is nothing older either. */
function olderThan(before: string | undefined, newest: readonly Job[]): readonly Job[] {
  if (before === undefined) return newest;
  const at = newest.findIndex(({ id }) => id === before);
  return at < 0 ? [] : newest.slice(at + 1);
}

function contains(part: string): (one: Job) => boolean {
  const wanted = part.trim().toLowerCase();
  return ({ command }) => command.toLowerCase().includes(wanted);
}

function noJob(): ApiProblem {
  return new ApiProblem('not_found', 'there is no such job');
}

function notYours(): ApiProblem {
  return new ApiProblem('forbidden', 'answers to writes are open to their author and to admins');
}

function fileName(job: string, node: string): string {
  return `${job}-${node}`.replace(/[^\w.-]/g, '_').concat('.txt');
}
