/** For supervisors and monitoring: alive, ready, metrics. */

import type { FastifyRequest } from 'fastify';
import { ApiProblem } from './api-problem.ts';
import type { App, HttpContext } from './http-context.ts';
import { isLoopback } from './origins.ts';
import { sameSecret } from './secrets.ts';

export function addOperationRoutes(app: App, context: HttpContext): void {
  app.get('/livez', async () => ({ alive: true }));

  app.get('/readyz', async (_request, reply) => {
    const reasons = reasonsNotReady(context);
    return await reply.code(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons });
  });

  app.get('/metrics', async (request, reply) => {
    refuseStranger(request, context.options.metricsToken);
    return await reply.type(context.metrics.contentType).send(await context.metrics.text());
  });
}

function reasonsNotReady({ observer }: HttpContext): readonly string[] {
  const { bus, members } = observer.model();
  const reasons: string[] = [];
  const state = bus['bus']?.state ?? 'connecting';
  if (state !== 'joined') reasons.push(`bus: ${state}`);
  if (Object.keys(members).length === 0) reasons.push('snapshot: no member known yet');
  return reasons;
}

/** Loopback is open, also behind nothing: a proxy on this machine must not forward `/metrics` (R23). */
function refuseStranger(request: FastifyRequest, token: string | undefined): void {
  if (isLoopback(request.ip)) return;
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined || given === undefined || !sameSecret(given, token)) {
    throw new ApiProblem('unauthenticated', 'a bearer token is needed');
  }
}
