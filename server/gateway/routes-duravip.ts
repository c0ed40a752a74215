/** DuraVIPs: moves and what else is done to them, questions about them, and who had them when. */

import type { FastifyRequest } from 'fastify';
import * as z from 'zod/mini';
import { type NodeName, parseNodeName } from '../model/names.ts';
import {
  drainRequest,
  historyReply,
  historyRequest,
  moveRequest,
  nodeTableReply,
  operationReply,
  ownersAtReply,
  unpinRequest,
  whatIfReply,
  whatIfRequest,
} from '../wire/duravip.ts';
import { ApiProblem, badField } from './api-problem.ts';
import { busJoined } from './bus-state.ts';
import type { Sender } from './commands.ts';
import { type App, actorOf, callerOf, type HttpContext } from './http-context.ts';
import { idempotentHeaders } from './idempotency.ts';
import { QuestionBudget } from './question-budget.ts';
import { canonical } from './vip-plans.ts';

/** 1,000 moves with their reasons fit. */
export const MOVES_BYTES_MAX = 1_048_576;
const ID_CHARACTERS_MAX = 64;
/** Of a question about all addresses. */
const WHOLE_TABLE_POINTS = 5;

const params = z.object({ id: z.string().check(z.maxLength(ID_CHARACTERS_MAX)) });
const accepted = { response: { 202: operationReply } };

const nodeParams = z.object({ node: z.string().check(z.minLength(1), z.maxLength(255)) });
const momentQuery = z.object({ ms: z.coerce.number().check(z.int(), z.gte(0)) });

export function addDuravipRoutes(app: App, context: HttpContext): void {
  const { vips } = context;
  app.post(
    '/api/duravip/moves',
    {
      bodyLimit: MOVES_BYTES_MAX,
      schema: { headers: idempotentHeaders, body: moveRequest, ...accepted },
    },
    async (request, reply) => {
      const { items, ...ask } = request.body;
      const operation = await vips.move(items, { ...ask, key: keyOf(request) }, senderOf(request));
      return await reply.code(202).send({ operation });
    },
  );

  app.post(
    '/api/duravip/drains',
    { schema: { headers: idempotentHeaders, body: drainRequest, ...accepted } },
    async (request, reply) => {
      const { node, undrain, ...ask } = request.body;
      const all = { ...ask, key: keyOf(request) };
      const operation = await vips.drain(node, undrain, all, senderOf(request));
      return await reply.code(202).send({ operation });
    },
  );

  app.post(
    '/api/duravip/unpins',
    { schema: { headers: idempotentHeaders, body: unpinRequest, ...accepted } },
    async (request, reply) => {
      const { address, reason } = request.body;
      const operation = await vips.unpin(address, { reason, key: keyOf(request) }, senderOf(request));
      return await reply.code(202).send({ operation });
    },
  );

  app.post(
    '/api/duravip/announcements',
    { schema: { headers: idempotentHeaders, ...accepted } },
    async (request, reply) => {
      const operation = await vips.announce({ reason: '', key: keyOf(request) }, senderOf(request));
      return await reply.code(202).send({ operation });
    },
  );

  addFollowRoutes(app, context);
  const budget = new QuestionBudget(context.clock);
  addQuestionRoutes(app, context, budget);
  addHistoryRoutes(app, context, budget);
}

function addFollowRoutes(app: App, { vips }: Pick<HttpContext, 'vips'>): void {
  app.get(
    '/api/duravip/operations/:id',
    { schema: { params, response: { 200: operationReply } } },
    async (request) => {
      const operation = vips.operation(request.params.id);
      if (operation === undefined) throw new ApiProblem('not_found', 'there is no such operation');
      return { operation };
    },
  );

  app.post(
    '/api/duravip/operations/:id/undo',
    { schema: { params, headers: idempotentHeaders, ...accepted } },
    async (request, reply) => {
      const ask = { reason: '', key: keyOf(request) };
      const operation = await vips.undo(request.params.id, ask, senderOf(request));
      return await reply.code(202).send({ operation });
    },
  );

  app.post(
    '/api/duravip/operations/:id/retry',
    { schema: { params, headers: idempotentHeaders, ...accepted } },
    async (request, reply) => {
      const ask = { reason: '', key: keyOf(request) };
      const operation = await vips.retry(request.params.id, ask, senderOf(request));
      return await reply.code(202).send({ operation });
    },
  );

  app.post(
    '/api/duravip/operations/:id/keep',
    { schema: { params, response: { 200: operationReply } } },
    async (request) => ({ operation: await vips.keep(request.params.id, senderOf(request)) }),
  );
}

function addQuestionRoutes(app: App, context: HttpContext, budget: QuestionBudget): void {
  const { observer, queries, clock } = context;
  app.post(
    '/api/duravip/whatif',
    { schema: { body: whatIfRequest, response: { 200: whatIfReply } } },
    async (request) => {
      const without = nodesIn(request.body.without, 'without', context);
      const drained = nodesIn(request.body.drained, 'drained', context);
      budget.spend(WHOLE_TABLE_POINTS);
      const found = observer.whatIf({ without, drained });
      if (found === undefined) throw noView(context);
      return {
        ...found,
        asOfMs: clock.wallMs(),
        moves: found.moves.map(({ from = null, to = null, ...move }) => ({ ...move, from, to })),
        loads: [...found.loads],
      };
    },
  );

  app.get(
    '/api/duravip/nodes/:node/table',
    { schema: { params: nodeParams, response: { 200: nodeTableReply } } },
    async (request) => {
      const { node } = request.params;
      const { answeredMs, value } = await queries.nodeTable(node);
      return { ...value, node, toldMs: answeredMs };
    },
  );
}

function addHistoryRoutes(app: App, { history }: HttpContext, budget: QuestionBudget): void {
  app.post(
    '/api/duravip/history',
    { schema: { body: historyRequest, response: { 200: historyReply } } },
    async (request) => {
      const { addresses, fromMs, toMs } = request.body;
      if (toMs < fromMs) throw badField('toMs', 'is before fromMs');
      budget.spend(1);
      return await history.lanes({ addresses: addresses.map(canonical), fromMs, toMs });
    },
  );

  app.get(
    '/api/duravip/at',
    { schema: { querystring: momentQuery, response: { 200: ownersAtReply } } },
    async (request) => {
      budget.spend(WHOLE_TABLE_POINTS);
      return await history.at(request.query.ms);
    },
  );
}

/** @throws ApiProblem `bad_request` for a name that no row knows. */
function nodesIn(names: readonly string[], field: string, { observer }: HttpContext): readonly NodeName[] {
  const { vipNodes } = observer.model();
  return names.map((name, index) => {
    const node = parseNodeName(name);
    if (node.ok && Object.hasOwn(vipNodes, node.value)) return node.value;
    throw badField(`${field}.${index}`, `no node is named ${name}`);
  });
}

function noView({ observer }: HttpContext): ApiProblem {
  return busJoined(observer)
    ? new ApiProblem('conflict', 'no synchronised view was seen yet: nothing can be predicted')
    : new ApiProblem('bus_down', 'the gateway has no bus connection; nothing can be predicted');
}

function senderOf(request: FastifyRequest): Sender {
  return { caller: callerOf(request), actor: actorOf(request) };
}

/** Checked by the schema. */
function keyOf({ headers }: { readonly headers: unknown }): string {
  return idempotentHeaders.parse(headers)['idempotency-key'];
}
