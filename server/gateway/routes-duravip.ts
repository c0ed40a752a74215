/** DuraVIPs: moves and what else is done to them, questions about them, and who had them when. */

import type { FastifyRequest } from 'fastify';
import * as z from 'zod/mini';
import { drainRequest, moveRequest, operationReply, unpinRequest } from '../wire/duravip.ts';
import { ApiProblem } from './api-problem.ts';
import type { Sender } from './commands.ts';
import { type App, actorOf, callerOf, type HttpContext } from './http-context.ts';
import { idempotentHeaders } from './idempotency.ts';

/** 1,000 moves with their reasons fit. */
export const MOVES_BYTES_MAX = 1_048_576;
const ID_CHARACTERS_MAX = 64;

const params = z.object({ id: z.string().check(z.maxLength(ID_CHARACTERS_MAX)) });
const accepted = { response: { 202: operationReply } };

export function addDuravipRoutes(app: App, { vips }: HttpContext): void {
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

  addFollowRoutes(app, { vips });
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

function senderOf(request: FastifyRequest): Sender {
  return { caller: callerOf(request), actor: actorOf(request) };
}

/** Checked by the schema. */
function keyOf({ headers }: { readonly headers: unknown }): string {
  return idempotentHeaders.parse(headers)['idempotency-key'];
}
