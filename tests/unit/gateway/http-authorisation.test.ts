/** The authorisation table as a table: every route and every role, from the routes that are really registered. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decide, ROUTE_RULES, ruleOf, SOCKET_RULES } from '../../../server/gateway/authorisation.ts';
import {
  CLASS_ROLES,
  COMMAND_CLASSES,
  ROLES,
  type Role,
  TOKEN_SCOPES,
  type TokenScope,
} from '../../../server/wire/http.ts';
import { codeOf, Machine, type Method, openWorld, Page, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';

type Caller = 'nobody' | Role | `token ${TokenScope}`;

const VIEWERS = ['viewer', 'operator', 'admin'] as const;
const OPERATORS = ['operator', 'admin'] as const;
const ADMINS = ['admin'] as const;
const EVERYBODY: readonly Caller[] = ['nobody', ...VIEWERS, 'token read', 'token command', 'token admin'];
const READERS: readonly Caller[] = [...VIEWERS, 'token read', 'token command', 'token admin'];
const WRITERS: readonly Caller[] = [...OPERATORS, 'token command', 'token admin'];
const RULERS: readonly Caller[] = [...ADMINS, 'token admin'];

/** Written out once more, by hand: the code must agree with it. */
const EXPECTED: Readonly<Record<string, readonly Caller[]>> = {
  'GET /*': EVERYBODY,
  'GET /livez': EVERYBODY,
  'GET /readyz': EVERYBODY,
  'GET /metrics': EVERYBODY,
  'GET /api/openapi.json': READERS,
  'GET /api/session': EVERYBODY,
  'POST /api/session': ['nobody', ...VIEWERS],
  'DELETE /api/session': VIEWERS,
  'POST /api/setup': ['nobody', ...VIEWERS],
  'POST /api/live-ticket': READERS,
  'POST /api/telemetry': VIEWERS,
  'POST /api/commands/classify': READERS,
  'POST /api/commands': READERS,
  'GET /api/jobs': READERS,
  'GET /api/jobs/:id': READERS,
  'GET /api/jobs/:id/replies/:node': READERS,
  'GET /api/approvals': WRITERS,
  'POST /api/approvals': OPERATORS,
  'POST /api/approvals/:id/approve': ADMINS,
  'POST /api/approvals/:id/deny': ADMINS,
  'GET /api/saved-commands': VIEWERS,
  'POST /api/saved-commands': VIEWERS,
  'DELETE /api/saved-commands/:id': VIEWERS,
  'GET /api/preferences': VIEWERS,
  'PUT /api/preferences': VIEWERS,
  'GET /api/audit': READERS,
  'GET /api/accounts': RULERS,
  'POST /api/accounts': ADMINS,
  'PATCH /api/accounts/:name': ADMINS,
  'DELETE /api/accounts/:name': RULERS,
  'GET /api/tokens': RULERS,
  'POST /api/tokens': ADMINS,
  'DELETE /api/tokens/:id': RULERS,
  'GET /api/members/:id/options': READERS,
  'GET /api/members/:id/commands': READERS,
  'DELETE /api/members/:id': RULERS,
  'GET /api/bus': READERS,
  'POST /api/rehearsal': WRITERS,
  'POST /api/duravip/moves': WRITERS,
  'POST /api/duravip/drains': WRITERS,
  'POST /api/duravip/unpins': WRITERS,
  'POST /api/duravip/announcements': WRITERS,
  'POST /api/duravip/whatif': READERS,
  'POST /api/duravip/history': READERS,
  'GET /api/duravip/at': READERS,
  'GET /api/duravip/nodes/:node/table': READERS,
  'GET /api/duravip/operations/:id': READERS,
  'POST /api/duravip/operations/:id/undo': WRITERS,
  'POST /api/duravip/operations/:id/retry': WRITERS,
  'POST /api/duravip/operations/:id/keep': WRITERS,
  'POST /api/logs/review': READERS,
  'GET /api/logs/tail': WRITERS,
  'GET /api/logs/history': READERS,
  'PUT /api/logs/pauses': WRITERS,
  'DELETE /api/logs/pauses': WRITERS,
  'POST /api/objects/query': READERS,
  'GET /api/traffic': READERS,
};

const ROUTES = Object.keys(EXPECTED).map((key) => {
  const [method, path] = key.split(' ');
  return { method: method as Method, path: path ?? '', key };
});

let world: World;
const pages = new Map<Role | 'nobody', Page>();
const machines = new Map<Caller, Machine>();

beforeAll(async () => {
  world = await openWorld({
    clock: new HandClock(),
    rehearsal: {
      rows: () => [],
      subscribe: () => () => undefined,
      act: async () => ({ ok: false, detail: 'nothing runs' }),
    },
  });
  pages.set('nobody', new Page(world.gateway));
  for (const role of ROLES) pages.set(role, await Page.signedIn(world.gateway, role));
  for (const scope of TOKEN_SCOPES) {
    const admin = pages.get('admin') ?? new Page(world.gateway);
    machines.set(`token ${scope}`, await Machine.of(world.gateway, admin, { scope }));
  }
});
afterAll(async () => world.close());

/** A page of its own, so that nothing that happens to it reaches the next route. */
function pageOf(who: Caller, key: string): Page {
  const page = new Page(world.gateway);
  const known = who === 'nobody' || ROLES.includes(who as Role) ? pages.get(who as Role) : undefined;
  page.cookie = known?.cookie;
  page.csrf = key === 'DELETE /api/session' && who !== 'nobody' ? 'not the token' : known?.csrf;
  return page;
}

describe('authorisation table', () => {
  test('every route that is registered is in the table, and nothing else is', async () => {
    const registered = world.gateway.routes.filter((key) => !key.startsWith('HEAD '));
    expect([...new Set(registered)].sort()).toEqual(Object.keys(ROUTE_RULES).sort());
    expect(Object.keys(EXPECTED).sort()).toEqual(Object.keys(ROUTE_RULES).sort());
  });

  test('a route that is missing from the table cannot be registered', async () => {
    const fresh = await openWorld({ clock: new HandClock(), accounts: [] });
    expect(ruleOf('GET', '/api/novel')).toBeUndefined();
    expect(() => fresh.gateway.app.get('/api/novel', async () => 'x')).toThrow(/authorisation table|already/);
    await fresh.close();
  });

  test('every write with a session needs the CSRF token', () => {
    for (const [key, rule] of Object.entries(ROUTE_RULES)) {
      expect([key, rule.csrf]).toEqual([key, !key.startsWith('GET ') && rule.roles !== 'anyone']);
    }
  });

  test.each(ROUTES)('$key', async ({ method, path, key }) => {
    for (const who of EVERYBODY) {
      // An empty body stops a permitted request at its schema, after authorisation, before it does anything.
      const url = path.replace('*', '').replace(/:\w+/g, 'none');
      const body = method === 'GET' || path === '/api/session' ? undefined : {};
      const answer = await (machines.get(who) ?? pageOf(who, key)).request(method, url, body);
      const refused = answer.status === 401 || codeOf(answer) === 'forbidden';
      const allowed = EXPECTED[key]?.includes(who) === true;
      expect([key, who, refused && codeOf(answer)]).toEqual([
        key,
        who,
        allowed ? false : who === 'nobody' ? 'unauthenticated' : 'forbidden',
      ]);
    }
  });

  test('every socket event of the hub is in the table, for every signed-in role', () => {
    for (const roles of Object.values(SOCKET_RULES)) {
      for (const role of ROLES) expect(decide(roles, role)).toBe('allow');
      expect(decide(roles, undefined)).toBe('unauthenticated');
    }
  });
});

describe('command classes', () => {
  /** One documented command of each class. */
  const COMMANDS: Readonly<Record<(typeof COMMAND_CLASSES)[number], string>> = {
    R: 'version',
    W1: 'cluster duravip debug on',
    W2: 'cluster duravip announce view',
    W3: 'shutdown',
    W4: 'make it rain',
  };

  test.each(
    COMMAND_CLASSES.flatMap((commandClass) => TOKEN_SCOPES.map((scope) => ({ commandClass, scope }))),
  )('class $commandClass by a token with the scope $scope', async ({ commandClass, scope }) => {
    const machine = machines.get(`token ${scope}`);
    const allowed = {
      R: 'read command admin',
      W1: 'command admin',
      W2: 'command admin',
      W3: 'admin',
      W4: 'admin',
    };
    const command = { command: COMMANDS[commandClass], typedName: 'demo', reason: 'a test' };
    const answer = await machine?.command(command);
    expect(answer?.status).toBe(allowed[commandClass].split(' ').includes(scope) ? 202 : 403);
  });

  test.each(COMMAND_CLASSES.flatMap((commandClass) => ROLES.map((role) => ({ commandClass, role }))))(
    'class $commandClass by $role',
    async ({ commandClass, role }) => {
      const page = pages.get(role);
      const allowed = CLASS_ROLES[commandClass].includes(role);
      const command = COMMANDS[commandClass];
      const classified = await page?.post('/api/commands/classify', { command });
      expect(classified?.body).toMatchObject({ class: commandClass, allowed });
      const sentBefore = world.cluster.observer.sent.length;
      const confirmed = { command, typedName: 'demo', reason: 'a test' };
      const answer = await page?.command(confirmed, `matrix-${commandClass}-${role}`);
      expect(answer?.status).toBe(allowed ? 202 : 403);
      expect(world.cluster.observer.sent.length - sentBefore).toBe(allowed ? 1 : 0);
    },
  );
});
