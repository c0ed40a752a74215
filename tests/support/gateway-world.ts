/** A whole gateway in a test: real store on a temporary file, scripted cluster, accounts of every role. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LightMyRequestResponse } from 'fastify';
import { openSqliteStore } from '../../server/adapters/sql-store.ts';
import type { Clock, Logger } from '../../server/base/ports.ts';
import { createGateway, type Gateway } from '../../server/gateway/gateway.ts';
import type { GatewayOptions, Rehearsal } from '../../server/gateway/options.ts';
import type { Store } from '../../server/gateway/store-port.ts';
import { ROLES, type Role, type TokenScope, tokenCreateReply } from '../../server/wire/http.ts';
import { ScriptedCluster } from './scripted-cluster.ts';
import type { Filling } from './scripted-vips.ts';

export const PORT = 4_880;
export const ORIGIN = `http://127.0.0.1:${PORT}`;
export const PASSWORD = 'correct horse battery';

export const SILENT_LOGGER: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export const TEST_OPTIONS: GatewayOptions = {
  host: '127.0.0.1',
  port: PORT,
  clusterName: 'demo',
  environment: { name: 'Test', pattern: 'solid', colour: '#444444' },
  build: 'test',
  siteDirectory: undefined,
  publicOrigins: [],
  trustedProxies: [],
  metricsToken: undefined,
  passwordCost: { memoryKib: 1_024, passes: 1 },
  requestsPerMinute: 100_000,
};

export type World = {
  readonly gateway: Gateway;
  readonly store: Store;
  readonly cluster: ScriptedCluster;
  readonly close: () => Promise<void>;
};

export type WorldOptions = {
  readonly clock: Clock;
  readonly options?: Partial<GatewayOptions>;
  readonly rehearsal?: Rehearsal;
  /** Roles that get an account named like the role; all of them by default. */
  readonly accounts?: readonly Role[];
  /** File of the store, for tests that start twice. */
  readonly storePath?: string;
  /** Of the cluster; labrat-1 to labrat-3 by default. */
  readonly nodes?: readonly string[];
  /** So many addresses, owned in turn. */
  readonly vips?: Omit<Filling, 'nodes'>;
};

export async function openWorld(given: WorldOptions): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-gateway-'));
  const store = await openSqliteStore(given.storePath ?? join(folder, 'store.db'));
  const cluster = new ScriptedCluster(given.clock, given);
  cluster.form();
  if (given.vips !== undefined) cluster.vips.fill({ ...given.vips, nodes: cluster.nodes });
  const gateway = await createGateway({
    observer: cluster.observer,
    store,
    clock: given.clock,
    logger: SILENT_LOGGER,
    options: { ...TEST_OPTIONS, ...given.options },
    rehearsal: given.rehearsal,
  });
  await gateway.seedAccounts(
    (given.accounts ?? ROLES).map((role) => ({ name: role, password: PASSWORD, role })),
  );
  return {
    gateway,
    store,
    cluster,
    close: async () => {
      await gateway.stop();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export type Answer = {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
};

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT';

/** One browser page: keeps its cookie and its CSRF token, sends what a page of our origin would send. */
export class Page {
  readonly #gateway: Gateway;
  cookie: string | undefined;
  csrf: string | undefined;
  #keys = 0;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  static async signedIn(gateway: Gateway, role: Role): Promise<Page> {
    const page = new Page(gateway);
    const answer = await page.signIn(role, PASSWORD);
    if (answer.status !== 200) throw new Error(`sign-in as ${role}: ${answer.text}`);
    return page;
  }

  async signIn(name: string, password: string): Promise<Answer> {
    const answer = await this.request('POST', '/api/session', { name, password });
    this.#remember(answer);
    return answer;
  }

  async get(url: string): Promise<Answer> {
    return await this.request('GET', url);
  }

  async post(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return await this.request('POST', url, body, headers);
  }

  /** A new idempotency key each time, unless one is given. */
  async command(body: Readonly<Record<string, unknown>>, key?: string): Promise<Answer> {
    this.#keys += 1;
    return await this.post(
      '/api/commands',
      { target: { kind: 'all' }, ...body },
      { 'idempotency-key': key ?? `page-key-${this.#keys}` },
    );
  }

  /** @param headers an empty text leaves a header out. */
  async request(
    method: Method,
    url: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const all: Record<string, string> = {
      ...(method === 'GET' ? {} : { origin: ORIGIN }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(this.cookie === undefined ? {} : { cookie: this.cookie }),
      ...(this.csrf === undefined ? {} : { 'x-muster-csrf': this.csrf }),
      ...headers,
    };
    const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
    const payload =
      body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) };
    const answer = await this.#gateway.app.inject({ method, url, headers: sent, ...payload });
    return answerOf(answer);
  }

  #remember(answer: Answer): void {
    const cookie = answer.headers['set-cookie'];
    if (typeof cookie === 'string') this.cookie = cookie.split(';')[0];
    const body = answer.body as { csrf?: string | null } | undefined;
    if (typeof body?.csrf === 'string') this.csrf = body.csrf;
  }
}

/** A program with an API token: no cookie, no Origin, no CSRF token. */
export class Machine {
  readonly #gateway: Gateway;
  readonly #authorization: string;
  readonly #address: string;
  #keys = 0;

  /** @param address that it calls from. */
  constructor(gateway: Gateway, secret: string, address = '127.0.0.1') {
    this.#gateway = gateway;
    this.#authorization = `Bearer ${secret}`;
    this.#address = address;
  }

  /** With a new token that `admin` makes. */
  static async of(
    gateway: Gateway,
    admin: Page,
    wanted: { readonly scope: TokenScope; readonly [limit: string]: unknown },
  ): Promise<Machine> {
    const answer = await admin.post('/api/tokens', { label: `a ${wanted.scope} token`, ...wanted });
    return new Machine(gateway, tokenCreateReply.parse(answer.body).secret);
  }

  async get(url: string): Promise<Answer> {
    return await this.request('GET', url);
  }

  async command(body: Readonly<Record<string, unknown>>): Promise<Answer> {
    this.#keys += 1;
    const headers = { 'idempotency-key': `machine-key-${this.#keys}` };
    return await this.request('POST', '/api/commands', { target: { kind: 'all' }, ...body }, headers);
  }

  async request(
    method: Method,
    url: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const answer = await this.#gateway.app.inject({
      method,
      url,
      remoteAddress: this.#address,
      headers: {
        authorization: this.#authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    return answerOf(answer);
  }
}

function answerOf(answer: LightMyRequestResponse): Answer {
  const isJson = String(answer.headers['content-type']).startsWith('application/json');
  return {
    status: answer.statusCode,
    body: isJson && answer.body !== '' ? answer.json() : undefined,
    headers: answer.headers,
    text: answer.body,
  };
}

export function codeOf(answer: Answer): unknown {
  return (answer.body as { code?: string } | undefined)?.code;
}
