/** Durable logs: what a change of offset would do, how a lag went, the lines of a log, and pauses of alerts. */

import type { FastifyRequest } from 'fastify';
import * as z from 'zod/mini';
import {
  lagHistoryReply,
  logPauseRequest,
  logPauseRow,
  logReviewReply,
  logReviewRequest,
  logTailQuery,
  logTailReply,
} from '../wire/logs.ts';
import { ApiProblem } from './api-problem.ts';
import { type App, actorOf, callerOf, type HttpContext } from './http-context.ts';
import { QuestionBudget } from './question-budget.ts';
import { staysWithin } from './target-nodes.ts';

/** A node counts what lies between two positions. */
const REVIEW_POINTS = 5;

const { node, log, subscriber } = logPauseRequest.shape;
const subscriberQuery = z.object({ node, log, subscriber });

export function addLogRoutes(app: App, { queries, logs, clock, observer }: HttpContext): void {
  const { lags, pauses } = logs;
  const budget = new QuestionBudget(clock);
  /** @throws ApiProblem `forbidden` for a token that is for other nodes. */
  const withinToken = (request: FastifyRequest, name: string): void => {
    const { subclusters = [] } = callerOf(request).token ?? {};
    if (subclusters.length === 0) return;
    const { members } = observer.model();
    if (staysWithin(members, { kind: 'nodes', names: [name] }, subclusters)) return;
    throw new ApiProblem('forbidden', `this token is for the subclusters ${subclusters.join(', ')} only`);
  };

  app.post(
    '/api/logs/review',
    { schema: { body: logReviewRequest, response: { 200: logReviewReply } } },
    async (request) => {
      withinToken(request, request.body.node);
      budget.spend(REVIEW_POINTS);
      return await queries.logReview(request.body);
    },
  );

  app.get(
    '/api/logs/tail',
    { schema: { querystring: logTailQuery, response: { 200: logTailReply } } },
    async (request) => {
      withinToken(request, request.query.node);
      budget.spend(1);
      return await queries.logTail(request.query);
    },
  );

  app.get(
    '/api/logs/history',
    { schema: { querystring: subscriberQuery, response: { 200: lagHistoryReply } } },
    async (request) => {
      const asked = request.query;
      const samples = lags.samples(`${asked.node}/${asked.log}`, asked.subscriber);
      if (samples === undefined)
        throw new ApiProblem('not_found', 'nothing was sampled of such a subscriber yet');
      return { samples };
    },
  );

  app.put(
    '/api/logs/pauses',
    { schema: { body: logPauseRequest, response: { 200: logPauseRow } } },
    async (request) => {
      const { forS, reason, ...name } = request.body;
      withinToken(request, name.node);
      return await pauses.pause(name, { forS, reason }, actorOf(request));
    },
  );

  app.delete('/api/logs/pauses', { schema: { querystring: subscriberQuery } }, async (request, reply) => {
    withinToken(request, request.query.node);
    await pauses.end(request.query, actorOf(request));
    return await reply.code(204).send();
  });
}
