/** The authorisation table as a table: every route and every role, from the routes that are really registered. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decide, ROUTE_RULES, ruleOf, SOCKET_RULES } from '../../../server/gateway/authorisation.ts';
import { CLASS_ROLES, COMMAND_CLASSES, ROLES, type Role } from '../../../server/wire/http.ts';
import { codeOf, openWorld, Page, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** Written out once more, by hand: the code must agree with it. */
const EXPECTED: Readonly<Record<string, readonly (Role | 'nobody')[]>> = {
  'GET /*': ['nobody', 'viewer', 'operator', 'admin'],
  'GET /livez': ['nobody', 'viewer', 'operator', 'admin'],
  'GET /readyz': ['nobody', 'viewer', 'operator', 'admin'],
  'GET /metrics': ['nobody', 'viewer', 'operator', 'admin'],
  'GET /api/session': ['nobody', 'viewer', 'operator', 'admin'],
  'POST /api/session': ['nobody', 'viewer', 'operator', 'admin'],
  'DELETE /api/session': ['viewer', 'operator', 'admin'],
  'POST /api/setup': ['nobody', 'viewer', 'operator', 'admin'],
  'POST /api/live-ticket': ['viewer', 'operator', 'admin'],
  'POST /api/telemetry': ['viewer', 'operator', 'admin'],
  'GET /api/commands/classify': ['viewer', 'operator', 'admin'],
  'POST /api/commands': ['viewer', 'operator', 'admin'],
  'GET /api/jobs': ['viewer', 'operator', 'admin'],
  'GET /api/jobs/:id': ['viewer', 'operator', 'admin'],
  'GET /api/jobs/:id/replies/:node': ['viewer', 'operator', 'admin'],
  'GET /api/audit': ['viewer', 'operator', 'admin'],
  'GET /api/accounts': ['admin'],
  'POST /api/accounts': ['admin'],
  'PATCH /api/accounts/:name': ['admin'],
  'DELETE /api/accounts/:name': ['admin'],
  'GET /api/members/:id/options': ['viewer', 'operator', 'admin'],
  'GET /api/members/:id/commands': ['viewer', 'operator', 'admin'],
  'DELETE /api/members/:id': ['admin'],
  'POST /api/rehearsal': ['operator', 'admin'],
};

const ROUTES = Object.keys(EXPECTED).map((key) => {
  const [method, path] = key.split(' ');
  return { method: method as Method, path: path ?? '', key };
});

let world: World;
const pages = new Map<Role | 'nobody', Page>();

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
});
afterAll(async () => world.close());

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
    for (const who of ['nobody', ...ROLES] as const) {
      const page = new Page(world.gateway);
      const known = pages.get(who);
      page.cookie = known?.cookie;
      page.csrf = known?.csrf;
      // An empty body stops a permitted request at its schema, after authorisation, before it does anything.
      const url = path.replace('*', '').replace(/:\w+/g, 'none');
      const body = method === 'GET' || path === '/api/session' ? undefined : {};
      if (key === 'DELETE /api/session' && who !== 'nobody') page.csrf = 'not the token';
      const answer = await page.request(method, url, body);
      const allowed = EXPECTED[key]?.includes(who) === true;
      const refused = who === 'nobody' ? answer.status === 401 : codeOf(answer) === 'forbidden';
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

  test.each(COMMAND_CLASSES.flatMap((commandClass) => ROLES.map((role) => ({ commandClass, role }))))(
    'class $commandClass by $role',
    async ({ commandClass, role }) => {
      const page = pages.get(role);
      const allowed = CLASS_ROLES[commandClass].includes(role);
      const command = COMMANDS[commandClass];
      const classified = await page?.get(`/api/commands/classify?command=${encodeURIComponent(command)}`);
      expect(classified?.body).toMatchObject({ class: commandClass, allowed });
      const sentBefore = world.cluster.observer.sent.length;
      const answer = await page?.command({ command, typedName: 'demo' }, `matrix-${commandClass}-${role}`);
      expect(answer?.status).toBe(allowed ? 202 : 403);
      expect(world.cluster.observer.sent.length - sentBefore).toBe(allowed ? 1 : 0);
    },
  );
});
