/**
 * The HTTP application: hooks that decide about every request before its route, the one error shape, security
 * headers. A route that is missing from the authorisation table cannot be registered.
 */

import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { assert } from '../base/assert.ts';
import { ApiProblem } from './api-problem.ts';
import { bearerOf } from './api-tokens.ts';
import { decide, type Rule, ruleOf } from './authorisation.ts';
import { NO_PAGE_POLICY } from './content-policy.ts';
import { type App, actorOf, type HttpContext } from './http-context.ts';
import { plainAddress, sourceKey } from './networks.ts';
import { addDocumentRoute, describeApi, describeRoute } from './openapi.ts';
import { addAccountRoutes } from './routes-accounts.ts';
import { addApprovalRoutes } from './routes-approvals.ts';
import { addBusRoutes } from './routes-bus.ts';
import { addClusterRoutes } from './routes-cluster.ts';
import { addCommandRoutes } from './routes-commands.ts';
import { addDeskRoutes } from './routes-desk.ts';
import { addDuravipRoutes } from './routes-duravip.ts';
import { addLogRoutes } from './routes-logs.ts';
import { addMemberRoutes } from './routes-members.ts';
import { addObjectRoutes } from './routes-objects.ts';
import { addOperationRoutes } from './routes-operation.ts';
import { addSessionRoutes } from './routes-session.ts';
import { addSiteRoutes } from './routes-site.ts';
import { addTokenRoutes } from './routes-tokens.ts';
import { giveSchemasWords } from './schema-words.ts';
import { sameSecret } from './secrets.ts';

/** Commands have at most 8,192 characters; everything else is smaller. */
export const BODY_BYTES_MAX = 65_536;
/** A request must be complete after so long; slower senders are cut off. */
export const REQUEST_WAIT_MS = 30_000;
/** Open connections, live sockets included; the system refuses more. */
export const CONNECTIONS_MAX = 4_096;
const CSRF_HEADER = 'x-muster-csrf';

export type HttpApp = {
  readonly app: App;
  /** `METHOD path` of everything that is registered. */
  readonly routes: readonly string[];
};

export async function createHttpApp(context: HttpContext): Promise<HttpApp> {
  giveSchemasWords();
  const routes: string[] = [];
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_WAIT_MS,
    trustProxy: context.options.trustedProxies.length > 0 ? [...context.options.trustedProxies] : false,
    routerOptions: { maxParamLength: 600 },
    frameworkErrors: (_error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      void reply.code(400).send(new ApiProblem('bad_request', 'the address is not valid').body);
    },
    return503OnClosing: true,
    forceCloseConnections: true,
  }).withTypeProvider<ZodTypeProvider>();
  app.server.maxConnections = CONNECTIONS_MAX;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest('signedIn', undefined);
  acceptJsonOnly(app);
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) {
      const rule = ruleOf(method, route.url);
      assert(rule !== undefined, `${method} ${route.url} is in the authorisation table`);
      route.config = { ...route.config, rule };
      describeRoute(route, method, rule);
      routes.push(`${method} ${route.url}`);
    }
  });
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(context, error, request, reply));
  await describeApi(app);
  await app.register(cookie);
  await app.register(helmet, {
    contentSecurityPolicy: false,
    hsts: context.cookie().secure,
    referrerPolicy: { policy: 'no-referrer' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    frameguard: { action: 'deny' },
  });
  await app.register(rateLimit, {
    max: context.options.requestsPerMinute,
    timeWindow: 60_000,
    global: false,
    keyGenerator: (request: FastifyRequest) => sourceKey(request.ip),
    allowList: (request: FastifyRequest) => !asksApi(request),
  });
  // Before anything is decided: refused callers count as well.
  app.addHook('onRequest', app.rateLimit());
  app.addHook('onRequest', async (request, reply) => {
    reply.header('content-security-policy', NO_PAGE_POLICY);
    if (asksApi(request)) reply.header('cache-control', 'no-store');
    await admit(context, request, reply);
  });
  addSessionRoutes(app, context);
  addAccountRoutes(app, context);
  addTokenRoutes(app, context);
  addCommandRoutes(app, context);
  addApprovalRoutes(app, context);
  addDeskRoutes(app, context);
  addClusterRoutes(app, context);
  addBusRoutes(app, context);
  addMemberRoutes(app, context);
  addDuravipRoutes(app, context);
  addLogRoutes(app, context);
  addObjectRoutes(app, context);
  addOperationRoutes(app, context);
  addDocumentRoute(app, () => context.cookie().name);
  addSiteRoutes(app, context);
  return { app, routes };
}

/** By the route as well: the same one is found for `/%61pi/session` and for `http://host/api/session`. */
function asksApi({ url, routeOptions }: FastifyRequest): boolean {
  return url.startsWith('/api/') || routeOptions.url?.startsWith('/api/') === true;
}

/** Nothing but JSON; an empty body is no body, whatever its type says. */
function acceptJsonOnly(app: App): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    if (body.length === 0) {
      done(null, undefined);
      return;
    }
    try {
      done(null, JSON.parse(String(body)));
    } catch {
      done(new ApiProblem('bad_request', 'the body is not JSON', [{ path: '', message: 'not JSON' }]));
    }
  });
}

async function admit(context: HttpContext, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const rule = request.routeOptions.config.rule;
  if (rule === undefined) throw new ApiProblem('not_found', 'there is nothing here');
  const bearer = asksApi(request) ? bearerOf(request.headers.authorization) : undefined;
  if (bearer !== undefined) {
    await admitToken(context, request, reply, { rule, bearer });
    return;
  }
  const writes = request.method !== 'GET' && request.method !== 'HEAD';
  if (writes) refuseForeign(context, request);
  const value = request.cookies[context.cookie().name];
  if (value !== undefined) request.signedIn = await context.sessions.find(value, rule.activity);
  try {
    refuseCaller(context, request, rule);
  } catch (error) {
    if (writes && rule.activity && error instanceof ApiProblem) await recordRefusal(context, request, error);
    throw error;
  }
}

/** What somebody tried to do and may not. Bounded by the rate limit; reads, and what pages do alone, are counted only. */
async function recordRefusal(
  context: HttpContext,
  request: FastifyRequest,
  problem: ApiProblem,
): Promise<void> {
  if (request.signedIn === undefined) return;
  const detail = `${request.method} ${request.routeOptions.url ?? ''}: ${problem.message}`;
  await context.audit.record({ actor: actorOf(request), action: 'access', result: 'refused', detail });
}

/**
 * Judged by the token alone, whatever cookie comes with it: no CSRF token, and no Origin is needed (R12). An Origin
 * that is there must be ours all the same.
 */
async function admitToken(
  context: HttpContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { rule, bearer }: { readonly rule: Rule; readonly bearer: string },
): Promise<void> {
  reply.header('www-authenticate', 'Bearer');
  const what = `${request.method} ${request.routeOptions.url ?? ''}`;
  if (request.headers.origin !== undefined) refuseForeign(context, request);
  const caller = await context.tokens.admit(bearer, plainAddress(request.ip), what);
  reply.removeHeader('www-authenticate');
  request.signedIn = caller;
  if (rule.tokens && decide(rule.roles, caller.role) === 'allow') return;
  context.metrics.authFailures.inc({ reason: 'forbidden' });
  await context.tokens.outOfScope(caller, request.ip, what);
  throw new ApiProblem('forbidden', 'not in the scope of this token');
}

/** A write must come from one of our own pages. */
function refuseForeign(context: HttpContext, request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  const foreign = typeof site === 'string' && site !== 'same-origin';
  if (context.origins().allows(request.headers.origin) && !foreign) return;
  context.metrics.authFailures.inc({ reason: 'origin' });
  throw new ApiProblem('origin', 'requests from this origin are refused');
}

function refuseCaller(context: HttpContext, request: FastifyRequest, rule: Rule): void {
  const decision = decide(rule.roles, request.signedIn?.role);
  if (decision !== 'allow') {
    context.metrics.authFailures.inc({ reason: decision });
    throw decision === 'unauthenticated'
      ? new ApiProblem('unauthenticated', 'sign in first')
      : new ApiProblem('forbidden', `not open to the role ${request.signedIn?.role ?? ''}`);
  }
  if (!rule.csrf) return;
  const token = request.headers[CSRF_HEADER];
  const expected = request.signedIn?.csrf;
  if (typeof token === 'string' && expected !== undefined && sameSecret(token, expected)) return;
  context.metrics.authFailures.inc({ reason: 'csrf' });
  throw new ApiProblem('csrf', `the header ${CSRF_HEADER} is missing or wrong`);
}

function answerError(
  context: HttpContext,
  error: FastifyError | ApiProblem,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = problemOf(error, context, request);
  return reply
    .code(error instanceof ApiProblem ? problem.status : (error.statusCode ?? problem.status))
    .send(problem.body);
}

function problemOf(
  error: FastifyError | ApiProblem,
  context: HttpContext,
  request: FastifyRequest,
): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const place = error.validationContext === 'body' ? '' : `${error.validationContext ?? ''}.`;
    const details = error.validation.map(({ instancePath, message }) => ({
      path: place + instancePath.replace(/^\//, '').replaceAll('/', '.'),
      message: message ?? 'does not fit',
    }));
    const first = details[0];
    return new ApiProblem('bad_request', `${first?.path ?? ''}: ${first?.message ?? ''}`, details);
  }
  switch (error.statusCode) {
    case 413:
      return new ApiProblem('too_large', `a body has at most ${BODY_BYTES_MAX} bytes`);
    case 415:
      return new ApiProblem('bad_request', 'the body must be application/json');
    case 429:
      return new ApiProblem('rate_limited', 'too many requests: wait a moment');
    default:
      break;
  }
  if (error.statusCode !== undefined && error.statusCode < 500)
    return new ApiProblem('bad_request', error.message);
  context.logger.error('http.failed', {
    method: request.method,
    route: request.routeOptions.url,
    reason: error.stack ?? error.message,
  });
  return new ApiProblem('internal', 'the gateway failed; its log says why');
}
