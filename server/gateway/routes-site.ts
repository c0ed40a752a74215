/** The exported pages and their files. Whatever is not an API route ends here. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblem } from './api-problem.ts';
import type { App, HttpContext } from './http-context.ts';
import type { SiteFile } from './site.ts';

export function addSiteRoutes(app: App, context: HttpContext): void {
  const { site } = context;

  app.get('/*', async (request, reply) => {
    const path = pathOf(request);
    if (path === undefined || path.startsWith('/api/'))
      throw new ApiProblem('not_found', 'there is nothing here');
    const found = site.file(path);
    if (found !== undefined) return await give(found, request, reply);
    const page = site.notFoundPage;
    if (page === undefined) throw new ApiProblem('not_found', 'there is nothing here');
    return await give(page, request, reply.code(404));
  });

  app.setNotFoundHandler(() => {
    throw new ApiProblem('not_found', 'there is nothing here');
  });
}

function pathOf(request: FastifyRequest): string | undefined {
  try {
    return decodeURIComponent(request.url.replace(/[?#].*$/s, ''));
  } catch {
    return undefined; // not a path that any file could have
  }
}

async function give(file: SiteFile, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  reply
    .header('content-security-policy', file.policy)
    .header('cache-control', file.cacheControl)
    .header('etag', file.etag)
    .type(file.contentType);
  if (file.gzip !== undefined) reply.header('vary', 'accept-encoding');
  if (request.headers['if-none-match'] === file.etag) return await reply.code(304).send();
  const zips = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  if (file.gzip === undefined || !zips) return await reply.send(file.body);
  return await reply.header('content-encoding', 'gzip').send(await file.gzip());
}
