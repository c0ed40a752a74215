import { expect, test } from 'vitest';
import { readApi, TOKEN_PLACEHOLDER } from '../../../components/reference/api-routes.ts';
import {
  FIELD_DEPTH_MAX,
  FIELD_ROWS_MAX,
  fieldRows,
  rulesText,
  sampleOf,
  typeText,
} from '../../../components/reference/api-schema.ts';

const DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'Muster', version: '1', description: 'words' },
  tags: [{ name: 'jobs', description: 'What was sent' }, { name: 'unused' }],
  paths: {
    '/api/jobs/{id}': {
      get: {
        tags: ['jobs'],
        summary: 'One job',
        security: [{ session: [] }, { token: [] }],
        'x-roles': ['viewer', 'admin'],
        parameters: [{ in: 'path', name: 'id', required: true, schema: { type: 'string', maxLength: 64 } }],
        responses: {
          200: { description: 'Done', content: { 'application/json': { schema: ref('Job') } } },
          204: { description: 'Nothing' },
        },
      },
    },
    '/api/commands': {
      post: {
        tags: ['new'],
        security: [{ session: [], csrf: [] }, { token: [] }],
        parameters: [{ in: 'header', name: 'idempotency-key', required: true, schema: { type: 'string' } }],
        requestBody: {
          content: {
            'application/json': {
              schema: {
                type: 'object',
                properties: {
                  command: { type: 'string' },
                  target: ref('Target'),
                  reason: { type: 'string' },
                },
                required: ['command', 'target'],
              },
            },
          },
        },
        responses: { 202: { description: 'Sent' } },
      },
    },
    '/api/session': { delete: { tags: ['new'], security: [{ session: [] }], responses: { 204: {} } } },
    '/api/setup': { post: { tags: ['new'], responses: { 200: {} } } },
  },
  components: {
    schemas: {
      Job: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
      Target: { oneOf: [{ type: 'object', properties: { kind: { const: 'all' } }, required: ['kind'] }] },
    },
  },
};

function ref(name: string) {
  return { $ref: `#/components/schemas/${name}` };
}

const api = readApi(DOCUMENT, 'https://muster.example:4880');
const routes = api?.groups.flatMap((group) => group.routes) ?? [];
const route = (path: string) => routes.find((each) => each.path === path);

test('every route stands in its group, also where the group is not described', () => {
  expect(api?.groups.map(({ tag, routes: own }) => [tag, own.length])).toEqual([
    ['jobs', 1],
    ['new', 3],
  ]);
  expect(route('/api/jobs/{id}')).toMatchObject({
    method: 'GET',
    anchor: 'get-api-jobs-id',
    roles: ['viewer', 'admin'],
    access: 'both',
    parameters: [
      { name: 'id', where: 'path', type: 'string', required: true, rules: 'at most 64 characters' },
    ],
  });
  expect(route('/api/jobs/{id}')?.replies[0]?.fields[0]).toMatchObject({ type: 'Job', shape: 'Job' });
  expect(api?.shapes.map(({ name }) => name)).toEqual(['Job', 'Target']);
});

test('who may call is said, and what only people may call has no command line', () => {
  expect(route('/api/session')).toMatchObject({ access: 'session', curl: null });
  expect(route('/api/setup')).toMatchObject({ access: 'anyone', roles: null });
  expect(route('/api/setup')?.curl).not.toContain('authorization');
});

test('the command line is one a shell can run: placeholder, key, body that fits', () => {
  expect(route('/api/commands')?.curl).toBe(
    [
      `curl -sS -X POST 'https://muster.example:4880/api/commands' \\`,
      `  -H "authorization: Bearer ${TOKEN_PLACEHOLDER}" \\`,
      `  -H "idempotency-key: $(uuidgen)" \\`,
      `  -H 'content-type: application/json' \\`,
      `  -d '{"command":"text","target":{"kind":"all"}}'`,
    ].join('\n'),
  );
  expect(route('/api/jobs/{id}')?.curl).toContain(`'https://muster.example:4880/api/jobs/ID'`);
});

test('types and rules read as sentences', () => {
  expect(typeText({ anyOf: [{ type: 'number' }, { type: 'null' }] })).toBe('number or null');
  expect(typeText({ type: 'array', items: { enum: ['a', 'b'] } })).toBe('list of "a" | "b"');
  expect(typeText({ type: 'object', additionalProperties: { type: 'string' } })).toBe('object of string');
  expect(typeText({})).toBe('anything');
  expect(rulesText({ type: 'integer', minimum: 1, maximum: 9, default: 3 })).toBe('1 to 9; default 3');
  expect(rulesText({ type: 'integer', minimum: Number.MIN_SAFE_INTEGER })).toBe('');
});

test('fields of fields are named by their path', () => {
  const schema = {
    type: 'object',
    properties: {
      list: {
        type: 'array',
        items: { type: 'object', properties: { node: { type: 'string' } }, required: ['node'] },
      },
    },
  };
  expect(fieldRows(schema).map(({ name, required }) => [name, required])).toEqual([
    ['list', false],
    ['list[].node', true],
  ]);
});

function nested(depth: number): Record<string, unknown> {
  return depth === 0
    ? { type: 'string' }
    : { type: 'object', properties: { a: nested(depth - 1) }, required: ['a'] };
}

test('depth and rows are bounded, and a shape that holds itself ends', () => {
  expect(fieldRows(nested(FIELD_DEPTH_MAX)).at(-1)?.name.split('.')).toHaveLength(FIELD_DEPTH_MAX);
  expect(
    fieldRows(nested(FIELD_DEPTH_MAX + 20))
      .at(-1)
      ?.name.split('.'),
  ).toHaveLength(FIELD_DEPTH_MAX);
  const wide = (count: number) =>
    fieldRows({
      type: 'object',
      properties: Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`f${index}`, { type: 'string' }]),
      ),
    });
  expect(wide(FIELD_ROWS_MAX)).toHaveLength(FIELD_ROWS_MAX);
  expect(wide(FIELD_ROWS_MAX + 2).at(-1)).toMatchObject({ name: '…', type: '2 more fields' });
  const loop = { Tree: { type: 'object', properties: { child: ref('Tree') }, required: ['child'] } };
  expect(JSON.stringify(sampleOf(ref('Tree'), loop))).toContain('null');
});

test('what is no such document is refused, not drawn', () => {
  for (const value of [null, 'x', {}, { paths: {} }, []]) expect(readApi(value, '')).toBeUndefined();
  expect(readApi({ openapi: '3.1.0' }, '')).toMatchObject({ groups: [], shapes: [] });
});
