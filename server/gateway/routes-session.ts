/** Who am I, sign in, sign out, the first account, and tickets for the live socket. */

import type { FastifyReply } from 'fastify';
import { sessionReply, setupRequest, signInRequest, ticketReply } from '../wire/http.ts';
import { type App, actorOf, callerOf, type HttpContext } from './http-context.ts';
import { newSecret } from './secrets.ts';
import { SESSION_ABSOLUTE_MS } from './session-policy.ts';
import type { SignedIn } from './sessions.ts';
import { TICKET_LIFE_MS } from './tickets.ts';

export function addSessionRoutes(app: App, context: HttpContext): void {
  const { accounts, sessions, tickets, clock } = context;

  app.get('/api/session', { schema: { response: { 200: sessionReply } } }, async (request) =>
    describe(context, request.signedIn),
  );

  app.post(
    '/api/session',
    { schema: { body: signInRequest, response: { 200: sessionReply } } },
    async (request, reply) => {
      const account = await accounts.signIn(request.body.name, request.body.password, request.ip);
      if (request.signedIn !== undefined) await sessions.end(request.signedIn.session);
      const { cookie, signedIn } = await sessions.begin(account, request.ip);
      context.sessionsChanged();
      giveCookie(context, reply, cookie);
      return await describe(context, signedIn);
    },
  );

  app.delete('/api/session', async (request, reply) => {
    await sessions.end(callerOf(request).session);
    await context.audit.record({ actor: actorOf(request), action: 'signOut', result: 'done' });
    context.sessionsChanged();
    const { name, secure } = context.cookie();
    return await reply.clearCookie(name, { path: '/', secure }).code(204).send();
  });

  app.post(
    '/api/setup',
    { schema: { body: setupRequest, response: { 200: sessionReply } } },
    async (request, reply) => {
      const account = await accounts.setUp(request.body, request.ip);
      const { cookie, signedIn } = await sessions.begin(account, request.ip);
      giveCookie(context, reply, cookie);
      return await describe(context, signedIn);
    },
  );

  app.post('/api/live-ticket', { schema: { response: { 200: ticketReply } } }, async (request) => {
    const ticket = newSecret();
    tickets.issue(ticket, callerOf(request).session, clock.nowMs());
    return { ticket, expiresInMs: TICKET_LIFE_MS };
  });
}

async function describe(context: HttpContext, signedIn: SignedIn | undefined) {
  const { environment, clusterName, build } = context.options;
  return {
    account: signedIn === undefined ? null : { name: signedIn.name, role: signedIn.role },
    csrf: signedIn?.csrf ?? null,
    setupNeeded: signedIn === undefined && (await context.accounts.setupNeeded()),
    environment,
    clusterName,
    build,
    rehearsal: context.rehearsal !== undefined,
  };
}

function giveCookie(context: HttpContext, reply: FastifyReply, value: string): void {
  const { name, secure } = context.cookie();
  reply.setCookie(name, value, {
    path: '/',
    httpOnly: true,
    secure,
    sameSite: 'lax',
    maxAge: SESSION_ABSOLUTE_MS / 1_000,
  });
}
