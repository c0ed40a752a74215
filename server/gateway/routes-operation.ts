/** For supervisors and monitoring: alive, ready, metrics. */

import type { FastifyRequest } from 'fastify';
import { ApiProblem } from './api-problem.ts';
import { bearerOf } from './api-tokens.ts';
import type { App, HttpContext } from './http-context.ts';
import { plainAddress } from './networks.ts';
import { isLoopback } from './origins.ts';
import { sameSecret } from './secrets.ts';

export function addOperationRoutes(app: App, context: HttpContext): void {
  app.get('/livez', async () => ({ alive: true }));

  app.get('/readyz', async (_request, reply) => {
    const reasons = reasonsNotReady(context);
    return await reply.code(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons });
  });

  app.get('/metrics', async (request, reply) => {
    await refuseStranger(request, context);
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

/**
 * Loopback is open, also behind nothing: a proxy on this machine must not forward `/metrics` (R23). Elsewhere the
 * bearer token that is configured for it, or an API token of any scope.
 */
async function refuseStranger(request: FastifyRequest, { options, tokens }: HttpContext): Promise<void> {
  if (isLoopback(request.ip)) return;
  const given = bearerOf(request.headers.authorization);
  if (given === undefined) throw new ApiProblem('unauthenticated', 'a bearer token is needed');
  if (options.metricsToken !== undefined && sameSecret(given, options.metricsToken)) return;
  await tokens.admit(given, plainAddress(request.ip), 'GET /metrics');
}
