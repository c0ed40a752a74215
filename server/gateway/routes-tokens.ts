/** API tokens: made and revoked by admins. The list never holds a secret. */

import * as z from 'zod/mini';
import { tokenCreateReply, tokenCreateRequest, tokenListReply } from '../wire/http.ts';
import { type App, actorOf, type HttpContext } from './http-context.ts';

const tokenParams = z.object({ id: z.string().check(z.maxLength(64)) });

export function addTokenRoutes(app: App, context: HttpContext): void {
  const { tokens } = context;

  app.get('/api/tokens', { schema: { response: { 200: tokenListReply } } }, async () => ({
    tokens: [...(await tokens.list())],
  }));

  app.post(
    '/api/tokens',
    { schema: { body: tokenCreateRequest, response: { 201: tokenCreateReply } } },
    async (request, reply) => {
      const created = await tokens.create(request.body, actorOf(request));
      return await reply.code(201).send(created);
    },
  );

  app.delete('/api/tokens/:id', { schema: { params: tokenParams } }, async (request, reply) => {
    await tokens.revoke(request.params.id, actorOf(request));
    context.sessionsChanged();
    return await reply.code(204).send();
  });
}
