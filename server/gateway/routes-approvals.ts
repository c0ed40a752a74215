/** Requests for approval: asked by operators, decided by admins. */

import * as z from 'zod/mini';
import { approval, approvalDecision, approvalListReply, approvalRequest } from '../wire/http.ts';
import { type App, actorOf, callerOf, type HttpContext } from './http-context.ts';

const approvalParams = z.object({ id: z.string().check(z.maxLength(64)) });

export function addApprovalRoutes(app: App, { approvals }: HttpContext): void {
  app.get(
    '/api/approvals',
    { schema: { response: { 200: approvalListReply } } },
    async (request) => await approvals.list(callerOf(request)),
  );

  app.post(
    '/api/approvals',
    { schema: { body: approvalRequest, response: { 201: approval } } },
    async (request, reply) => {
      const asked = await approvals.ask(request.body, actorOf(request));
      return await reply.code(201).send(asked);
    },
  );

  app.post(
    '/api/approvals/:id/approve',
    { schema: { params: approvalParams, body: approvalDecision, response: { 200: approval } } },
    async (request) => await approvals.approve(request.params.id, request.body, actorOf(request)),
  );

  app.post(
    '/api/approvals/:id/deny',
    { schema: { params: approvalParams, body: approvalDecision, response: { 200: approval } } },
    async (request) => await approvals.deny(request.params.id, request.body, actorOf(request)),
  );
}
