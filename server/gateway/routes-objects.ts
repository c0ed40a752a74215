/** Replicated objects: what they hold, as each node sees it; and how the mail of each node went in the last minutes. */

import type { FastifyRequest } from 'fastify';
import {
  type ObjectQueryRequest,
  objectColumns,
  objectQueryRequest,
  trafficQuery,
  trafficReply,
} from '../wire/objects.ts';
import { ApiProblem } from './api-problem.ts';
import { type App, actorOf, callerOf, type HttpContext } from './http-context.ts';
import { nodesToAsk, ObjectQuestions } from './object-questions.ts';
import { staysWithin } from './target-nodes.ts';

export function addObjectRoutes(app: App, context: HttpContext): void {
  const { observer, audit, traffic } = context;
  const questions = new ObjectQuestions(context);
  /** @throws ApiProblem `forbidden`, which is written down as well. */
  const recordReading = async (
    request: FastifyRequest,
    body: ObjectQueryRequest,
    targets: readonly string[],
  ): Promise<void> => {
    const may = callerOf(request).role !== 'viewer';
    const fields = { actor: actorOf(request), action: 'objectValues', targets, detail: wordsOf(body) };
    await audit.record({ ...fields, result: may ? 'done' : 'refused' });
    if (!may) throw new ApiProblem('forbidden', 'values stay masked for the role viewer');
  };

  app.post(
    '/api/objects/query',
    { schema: { body: objectQueryRequest, response: { 200: objectColumns } } },
    async (request) => {
      const nodes = nodesFor(request, request.body.nodes, context);
      if (request.body.texts === true) await recordReading(request, request.body, nodes);
      return await questions.ask(request.body, nodes);
    },
  );

  app.get(
    '/api/traffic',
    { schema: { querystring: trafficQuery, response: { 200: trafficReply } } },
    async (request) => {
      const { atMs, nodes } = traffic.since(request.query.afterMs);
      const { subclusters = [] } = callerOf(request).token ?? {};
      if (subclusters.length === 0) return { atMs, nodes };
      const { members } = observer.model();
      const own = nodes.filter(({ node }) =>
        staysWithin(members, { kind: 'nodes', names: [node] }, subclusters),
      );
      return { atMs, nodes: own };
    },
  );
}

/** @throws ApiProblem `forbidden` for a token that is for other nodes. */
function nodesFor(
  request: FastifyRequest,
  wanted: readonly string[] | undefined,
  { observer }: Pick<HttpContext, 'observer'>,
): readonly string[] {
  const nodes = wanted === undefined ? nodesToAsk(observer) : [...new Set(wanted)];
  const { subclusters = [] } = callerOf(request).token ?? {};
  if (subclusters.length === 0) return nodes;
  const { members } = observer.model();
  const own = nodes.filter((name) => staysWithin(members, { kind: 'nodes', names: [name] }, subclusters));
  if (wanted === undefined || own.length === nodes.length) return own;
  throw new ApiProblem('forbidden', `this token is for the subclusters ${subclusters.join(', ')} only`);
}

function wordsOf({ object, view, under, search }: ObjectQueryRequest): string {
  const part = [
    under === undefined ? '' : ` under ${under}`,
    search === undefined ? '' : ` that match ${search}`,
  ].join('');
  return `read values of ${object}${part}, ${view}`;
}
