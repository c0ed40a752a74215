/** Departed members, the rehearsal panel of a demo cluster, and what browsers report about themselves. */

import * as z from 'zod/mini';
import { rehearsalRequest, telemetryRequest } from '../wire/http.ts';
import { ApiProblem } from './api-problem.ts';
import { type App, actorOf, type HttpContext } from './http-context.ts';

const memberParams = z.object({ id: z.string().check(z.maxLength(600)) });

export function addClusterRoutes(app: App, context: HttpContext): void {
  const { audit, observer, metrics, rehearsal } = context;

  app.delete('/api/members/:id', { schema: { params: memberParams } }, async (request, reply) => {
    const { id } = request.params;
    const targets = [id];
    const record = await audit.open({ actor: actorOf(request), action: 'dismissMember', targets });
    const dismissed = observer.dismiss(id);
    await audit.complete(record, {
      result: dismissed ? 'done' : 'refused',
      detail: '',
      perNode: {},
      targets,
    });
    if (!dismissed) throw new ApiProblem('not_found', `${id} is no departed member`);
    return await reply.code(204).send();
  });

  app.post('/api/telemetry', { schema: { body: telemetryRequest } }, async (request, reply) => {
    for (const sampleMs of request.body.eventToPaintMs) metrics.eventToPaint.observe(sampleMs / 1_000);
    return await reply.code(204).send();
  });

  if (rehearsal === undefined) return;
  app.post('/api/rehearsal', { schema: { body: rehearsalRequest } }, async (request, reply) => {
    const { process, action } = request.body;
    // Before the deed: restarting the dashboard ends this very process.
    const targets = [process];
    const record = await audit.open({
      actor: actorOf(request),
      action: 'rehearsal',
      targets,
      detail: action,
    });
    const outcome = await rehearsal.act(process, action);
    const detail = outcome.detail === '' ? action : `${action}: ${outcome.detail}`;
    await audit.complete(record, { result: outcome.ok ? 'done' : 'failed', detail, perNode: {}, targets });
    if (!outcome.ok) throw new ApiProblem('conflict', outcome.detail);
    return await reply.code(204).send();
  });
}
