/** The OpenAPI document says what the gateway does: every route, what it asks of its caller, and no dead reference. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { VERSION } from '../../../server/base/version.ts';
import { ROUTE_RULES } from '../../../server/gateway/authorisation.ts';
import { TAG_DESCRIPTIONS } from '../../../server/gateway/route-words.ts';
import { openWorld, Page, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';

const reply = z.object({ description: z.string(), content: z.optional(z.record(z.string(), z.unknown())) });
const parameter = z.object({
  in: z.enum(['path', 'query', 'header']),
  name: z.string(),
  required: z.boolean(),
  schema: z.record(z.string(), z.unknown()),
});
const operation = z.strictObject({
  operationId: z.string(),
  summary: z.string(),
  tags: z.array(z.string()),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z._default(z.array(parameter), []),
  requestBody: z.optional(
    z.object({ required: z.literal(true), content: z.record(z.string(), z.unknown()) }),
  ),
  /** Who may; absent where anyone may. */
  'x-roles': z.optional(z.array(z.string())),
  responses: z.record(z.string(), reply),
});
const document = z.object({
  openapi: z.literal('3.1.0'),
  info: z.object({ title: z.string(), version: z.string() }),
  tags: z.array(z.object({ name: z.string(), description: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({
    schemas: z.record(z.string(), z.unknown()),
    securitySchemes: z.record(z.string(), z.record(z.string(), z.string())),
  }),
});
type Operation = z.infer<typeof operation>;
type Described = {
  readonly key: string;
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
};

let world: World;
let text: string;
let whole: z.infer<typeof document>;
let operations: readonly Described[];

beforeAll(async () => {
  world = await openWorld({
    clock: new HandClock(),
    rehearsal: {
      rows: () => [],
      subscribe: () => () => undefined,
      act: async () => ({ ok: true, detail: '' }),
    },
  });
  ({ text } = await (await Page.signedIn(world.gateway, 'viewer')).get('/api/openapi.json'));
  whole = document.parse(JSON.parse(text));
  operations = Object.entries(whole.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, found]) => ({
      key: `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
      path,
      method,
      operation: found,
    })),
  );
});
afterAll(async () => world.close());

describe('the OpenAPI document', () => {
  test('has every route of the API, and nothing else', () => {
    const routes = Object.keys(ROUTE_RULES).filter((key) => key.includes(' /api/'));
    expect(operations.map(({ key }) => key).sort()).toEqual(routes.sort());
    expect(whole.info).toMatchObject({ title: 'Muster', version: VERSION });
  });

  test('says of each what it asks of its caller', () => {
    const session = { session: [] };
    const write = { session: [], csrf: [] };
    const token = { token: [] };
    for (const { key, operation: found } of operations) {
      const rule = ROUTE_RULES[key];
      const mine = rule?.csrf === true ? write : session;
      const expected = rule?.roles === 'anyone' ? [] : rule?.tokens === true ? [mine, token] : [mine];
      expect([key, found.security]).toEqual([key, expected]);
      const roles = rule?.roles === 'anyone' ? undefined : rule?.roles;
      expect([key, found['x-roles']]).toEqual([key, roles]);
    }
    expect(Object.keys(whole.components.securitySchemes).sort()).toEqual(['csrf', 'session', 'token']);
    expect(whole.components.securitySchemes['session']).toMatchObject({ name: 'muster-4880' });
  });

  test('has one line of words for each, a name of its own, and a tag that is described', () => {
    const ids = operations.map(({ operation: found }) => found.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const described = whole.tags.map(({ name }) => name);
    expect(described).toEqual(Object.keys(TAG_DESCRIPTIONS));
    for (const { key, operation: found } of operations) {
      expect([key, found.summary]).toEqual([key, expect.stringMatching(/^[A-Z][^\n]{4,100}[^.]$/)]);
      expect([key, found.tags.every((tag) => described.includes(tag))]).toEqual([key, true]);
    }
    expect(
      described.filter((tag) => !operations.some(({ operation: { tags } }) => tags.includes(tag))),
    ).toEqual([]);
  });

  test('gives every operation one good reply, and one shape for all bad ones', () => {
    const error = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
    for (const { key, operation: found } of operations) {
      const good = Object.keys(found.responses).filter((status) => status.startsWith('2'));
      expect([key, good]).toEqual([key, [expect.any(String)]]);
      for (const status of ['4XX', '5XX']) {
        expect([key, found.responses[status]]).toEqual([
          key,
          { description: expect.any(String), content: error },
        ]);
      }
      expect(found.responses['204']?.content).toBeUndefined();
    }
    expect(text).not.toContain('Default Response');
  });

  test('names every parameter of a path, and bodies only where there may be one', () => {
    for (const { key, path, method, operation: found } of operations) {
      const inPath = found.parameters.filter((one) => one.in === 'path').map(({ name }) => name);
      expect([key, inPath]).toEqual([key, [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)]);
      if (['get', 'delete'].includes(method)) expect([key, found.requestBody]).toEqual([key, undefined]);
    }
    const send = operations.find(({ key }) => key === 'POST /api/commands')?.operation;
    expect(send?.parameters).toMatchObject([{ in: 'header', name: 'idempotency-key', required: true }]);
  });

  test('refers only to what is there, and has nothing that nobody refers to', () => {
    const used = new Set(
      [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name),
    );
    expect([...used].sort()).toEqual(Object.keys(whole.components.schemas).sort());
    expect(text.match(/"\$ref":"(?!#\/components\/schemas\/)/)).toBeNull();
  });

  test('is the same for everybody who may read it', async () => {
    expect((await (await Page.signedIn(world.gateway, 'admin')).get('/api/openapi.json')).text).toBe(text);
    expect((await new Page(world.gateway).get('/api/openapi.json')).status).toBe(401);
  });
});
