/**
 * The OpenAPI document, generated from the schemas that check every request and reply, from the authorisation table
 * and from the words of the routes. Nothing in it is written twice.
 */

import swagger from '@fastify/swagger';
import type { RouteOptions } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import * as z from 'zod/mini';
import { assert } from '../base/assert.ts';
import { VERSION } from '../base/version.ts';
import { busServerFigures } from '../wire/bus.ts';
import { apiError, approval, auditRecord, commandTarget, job, jobReply, savedCommand } from '../wire/http.ts';
import { optionScopeView, optionView } from '../wire/options.ts';
import type { Rule } from './authorisation.ts';
import type { App } from './http-context.ts';
import { ROUTE_SUMMARIES, TAG_DESCRIPTIONS } from './route-words.ts';

export const OPENAPI_VERSION = '3.1.0';

/** Shapes with a name of their own in the document; all others stand where they are used. */
const NAMED = {
  Error: apiError,
  Target: commandTarget,
  Job: job,
  JobReply: jobReply,
  Approval: approval,
  AuditRecord: auditRecord,
  SavedCommand: savedCommand,
  BusServer: busServerFigures,
  Option: optionView,
  OptionScope: optionScopeView,
};

const REPLY_WORDS: Readonly<Record<string, string>> = {
  200: 'Done',
  201: 'Made',
  202: 'Sent; replies arrive in the job',
  204: 'Done; there is nothing to say',
  '4XX': 'Refused: the code says why',
  '5XX': 'Not possible now: the code says why',
};

const reply = z.looseObject({ description: z.string() });
const operation = z.looseObject({ responses: z.record(z.string(), reply) });
/** As much of a document as is touched here. */
const generated = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({
    schemas: z.record(z.string(), z.unknown()),
    securitySchemes: z.record(z.string(), z.unknown()),
  }),
});
type Document = z.infer<typeof generated>;
const anyDocument = z.record(z.string(), z.unknown());

const NOTHING = z.null();
const ERROR = { '4xx': apiError, '5xx': apiError };

/** Before any route. */
export async function describeApi(app: App): Promise<void> {
  const schemaRegistry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) schemaRegistry.add(schema, { id });
  await app.register(swagger, {
    openapi: {
      openapi: OPENAPI_VERSION,
      info: {
        title: 'Muster',
        version: VERSION,
        description:
          'The HTTP API of the dashboard. Pages use a session: a cookie, and for writes the header x-muster-csrf with the token from GET /api/session. Programs use an API token and need neither. Every reply that is not 2xx has one shape, Error.',
      },
      tags: Object.entries(TAG_DESCRIPTIONS).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'muster' },
          csrf: { type: 'apiKey', in: 'header', name: 'x-muster-csrf' },
          token: { type: 'http', scheme: 'bearer', bearerFormat: 'muster_…' },
        },
      },
    },
    transform: createJsonSchemaTransform({ schemaRegistry }),
    transformObject: createJsonSchemaTransformObject({ schemaRegistry }),
  });
}

/** Gives a route its words, what it asks of its caller, and the one error shape. */
export function describeRoute(route: RouteOptions, method: string, rule: Rule): void {
  if (!route.url.startsWith('/api/')) {
    route.schema = { ...route.schema, hide: true };
    return;
  }
  const summary = ROUTE_SUMMARIES[`${method === 'HEAD' ? 'GET' : method} ${route.url}`];
  const tag = route.url.split('/')[2] ?? '';
  assert(summary !== undefined, `${method} ${route.url} has a summary`);
  assert(TAG_DESCRIPTIONS[tag] !== undefined, `the tag ${tag} has a description`);
  const replies: unknown = route.schema?.response;
  const given = typeof replies === 'object' && replies !== null ? replies : { 204: NOTHING };
  route.schema = {
    ...route.schema,
    summary,
    tags: [tag],
    operationId: operationId(method, route.url),
    security: securityOf(rule),
    ...(rule.roles === 'anyone' ? {} : { 'x-roles': rule.roles }),
    response: { ...given, ...ERROR },
  };
}

/** @param cookieName known once the port is. */
export function addDocumentRoute(app: App, cookieName: () => string): void {
  let document: Document | undefined;
  app.get('/api/openapi.json', { schema: { response: { 200: anyDocument } } }, async () => {
    document ??= finished(app.swagger(), cookieName());
    return document;
  });
}

/** What the generator leaves open: words for replies, the name of the cookie, shapes that nothing refers to. */
function finished(given: unknown, cookieName: string): Document {
  const document = generated.parse(given);
  for (const operation of Object.values(document.paths).flatMap((path) => Object.values(path))) {
    for (const [status, reply] of Object.entries(operation.responses)) {
      reply.description = REPLY_WORDS[status] ?? reply.description;
    }
  }
  const { schemas, securitySchemes } = document.components;
  securitySchemes['session'] = { type: 'apiKey', in: 'cookie', name: cookieName };
  const { openapi, info } = document; // first, for people who read it
  const components = { ...document.components, schemas: used(schemas, document.paths) };
  return { openapi, info, ...document, components };
}

/** The shapes that something refers to, also by way of another shape. */
function used(schemas: Readonly<Record<string, unknown>>, paths: unknown): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const unread = [JSON.stringify(paths)];
  for (let text = unread.pop(); text !== undefined; text = unread.pop()) {
    for (const [name, schema] of Object.entries(schemas)) {
      if (Object.hasOwn(found, name) || !text.includes(`"#/components/schemas/${name}"`)) continue;
      found[name] = schema;
      unread.push(JSON.stringify(schema));
    }
  }
  return found;
}

function securityOf({ roles, csrf, tokens }: Rule): Record<string, string[]>[] {
  if (roles === 'anyone') return [];
  const session = csrf ? { session: [], csrf: [] } : { session: [] };
  return tokens ? [session, { token: [] }] : [session];
}

/** `GET /api/jobs/:id` is `getJobsId`. */
function operationId(method: string, url: string): string {
  const words = url.split(/[^a-z]+/i).filter((word) => word !== '' && word !== 'api');
  return method.toLowerCase() + words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('');
}
