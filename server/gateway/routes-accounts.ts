/** Accounts (admins) and the audit log (admins all of it, others their own records). */

import * as z from 'zod/mini';
import {
  account,
  accountChangeRequest,
  accountCreateRequest,
  accountListReply,
  auditReply,
} from '../wire/http.ts';
import { type App, actorOf, callerOf, type HttpContext } from './http-context.ts';
import type { StoredAccount } from './store-port.ts';

export const AUDIT_PAGE_MAX = 500;
const auditQuery = z.object({
  before: z.optional(z.coerce.number().check(z.int(), z.positive())),
  limit: z._default(z.coerce.number().check(z.int(), z.gte(1), z.lte(AUDIT_PAGE_MAX)), 100),
});
const accountParams = z.object({ name: z.string().check(z.maxLength(256)) });

export function addAccountRoutes(app: App, context: HttpContext): void {
  const { accounts, sessions, tokens, audit, metrics } = context;

  app.get('/api/accounts', { schema: { response: { 200: accountListReply } } }, async () => ({
    accounts: (await accounts.list()).map(shown),
  }));

  app.post(
    '/api/accounts',
    { schema: { body: accountCreateRequest, response: { 201: account } } },
    async (request, reply) => {
      const created = await accounts.create(request.body, actorOf(request));
      return await reply.code(201).send(shown(created));
    },
  );

  app.patch(
    '/api/accounts/:name',
    { schema: { params: accountParams, body: accountChangeRequest, response: { 200: account } } },
    async (request) => {
      const changed = await accounts.change(request.params.name, request.body, actorOf(request));
      if (request.body.password !== undefined) {
        const caller = callerOf(request);
        await sessions.endAllOf(changed.key, changed.key === caller.account ? caller.session : undefined);
      }
      context.sessionsChanged();
      return shown(changed);
    },
  );

  app.delete('/api/accounts/:name', { schema: { params: accountParams } }, async (request, reply) => {
    await accounts.remove(request.params.name, actorOf(request));
    await tokens.revokeAllOf(request.params.name, actorOf(request));
    context.sessionsChanged();
    return await reply.code(204).send();
  });

  app.get(
    '/api/audit',
    { schema: { querystring: auditQuery, response: { 200: auditReply } } },
    async (request) => {
      const caller = callerOf(request);
      const records = await audit.page({
        beforeRecord: request.query.before,
        limit: request.query.limit,
        actor: caller.role === 'admin' ? undefined : caller.name,
      });
      const chainOk = (await audit.firstBad()) === undefined;
      metrics.auditChain.set(chainOk ? 1 : 0);
      return { records: [...records], chainOk };
    },
  );
}

function shown({ name, role, createdMs, lastSignInMs }: StoredAccount) {
  return { name, role, createdMs, lastSignInMs };
}
