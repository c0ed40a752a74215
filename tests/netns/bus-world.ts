/**
 * Three msgcd and clients of them as real processes, on loopback or each server in a network namespace, with everything
 * that clients asked for and heard, and what servers logged of views and links. Between a and c stands a proxy when
 * there are namespaces.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newKeyFile } from '../../server/adapters/bus-keys.ts';
import type { NodeName } from '../../server/model/names.ts';
import type { Service } from '../../server/msgc/client-api.ts';
import { History } from '../sim/bus/history.ts';
import type { Namespaces } from '../support/net-namespaces.ts';
import { isAlive, NetProcess } from '../support/net-process.ts';
import { until } from '../support/until.ts';
import { ClientRun } from './client-run.ts';
import type { ProxyOrder, ProxyWay } from './proxy.ts';
import type { ClientArguments, ClientOrder } from './records.ts';

export type ServerName = 'a' | 'b' | 'c';
export const SERVERS: readonly ServerName[] = ['a', 'b', 'c'];
export const GROUPS = ['ga', 'gb'];
const PORT = 4809;
const PROXY_PORTS = { a: 5001, c: 5003 } as const;
/** Sources are compiled while other tests run. */
const START_LIMIT_MS = 120_000;
const WELL_LIMIT_MS = 30_000;
/** Messages of each service to each group that prove that all is well. */
const PROOFS = 10;
const ATTEMPTS_MAX = 3;

type LinkDown = { readonly peer: string; readonly cause: string; readonly detail: string };
type InstalledView = { readonly viewId: string; readonly members: readonly NodeName[] };

type Server = {
  process: NetProcess;
  ready: boolean;
  view: InstalledView | undefined;
  readonly linksDown: LinkDown[];
  /** Why connections of clients ended; only with the debug level DEBUG. */
  readonly clientsDown: string[];
};

export type WorldParts = {
  /** Undefined for loopback addresses. */
  readonly network?: Namespaces | undefined;
  /** Lines inside `msgc_server { }`. */
  readonly options?: readonly string[];
};

const FOLDER = 'muster-net-';

/** A temporary folder; those of test programs that were killed are removed. */
function newFolder(): string {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(FOLDER) ? Number(name.slice(FOLDER.length).split('-')[0]) : 0;
    if (pid > 0 && !isAlive(pid)) rmSync(path.join(tmpdir(), name), { recursive: true, force: true });
  }
  return mkdtempSync(path.join(tmpdir(), `${FOLDER}${process.pid}-`));
}

export class NetBusWorld {
  readonly #network: Namespaces | undefined;
  readonly #folder = newFolder();
  readonly #servers = new Map<ServerName, Server>();
  readonly #clients = new Map<string, ClientRun>();
  /** Clients that were killed: what they heard until then has to be right, too. */
  readonly #dead: ClientRun[] = [];
  readonly #views: History['views'] = new Map();
  #proxy: NetProcess | undefined;

  constructor({ network, options = [] }: WorldParts) {
    this.#network = network;
    writeFileSync(this.keyFile, newKeyFile(), { mode: 0o600 });
    for (const name of SERVERS) this.#writeConfiguration(name, options);
  }

  /** Servers, proxy, and clients by `session@server`; resolves when everybody sees everybody. */
  async start(clients: readonly ClientArguments[]): Promise<void> {
    if (this.#network !== undefined) await this.#startProxy(this.#network);
    for (const name of SERVERS) this.startServer(name);
    await until(() => SERVERS.every((name) => this.#server(name).ready), START_LIMIT_MS);
    for (const one of clients) this.startClient(one);
    await this.well();
  }

  /** Servers and clients prove that they know it. */
  get keyFile(): string {
    return path.join(this.#folder, 'bus.key');
  }

  address(name: ServerName): string {
    const number = SERVERS.indexOf(name) + 1;
    return this.#network?.host(name).address ?? `127.99.${process.pid % 250}.${number}`;
  }

  /** How a client on the host of a server reaches that server. */
  endpoint(name: ServerName): { readonly host: string; readonly port: number } {
    return { host: this.address(name), port: PORT };
  }

  client(session: string): ClientRun {
    const client = this.#clients.get(session);
    if (client === undefined) throw new Error(`no client ${session}`);
    return client;
  }

  get clients(): readonly ClientRun[] {
    return [...this.#clients.values()];
  }

  view(name: ServerName): InstalledView | undefined {
    return this.#server(name).view;
  }

  linksDown(name: ServerName): readonly LinkDown[] {
    return this.#server(name).linksDown;
  }

  clientsDown(name: ServerName): readonly string[] {
    return this.#server(name).clientsDown;
  }

  /** Bytes of a server that are in memory. */
  residentBytes(name: ServerName): number {
    const status = readFileSync(`/proc/${this.#server(name).process.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  }

  /** Nothing happens when it runs. */
  startServer(name: ServerName): void {
    if (this.#servers.get(name)?.process.isRunning === true) return;
    const server: Server = {
      process: new NetProcess({
        script: 'server/bin/msgcd.ts',
        args: ['-c', `${name}.conf`],
        env: { EC_NODE_NAME: name, EC_CONF_SEARCH_PATH: this.#folder },
        namespace: this.#network?.host(name).namespace,
        onErrorLine: (line) => this.#logged(server, line),
      }),
      ready: false,
      view: undefined,
      linksDown: this.#servers.get(name)?.linksDown ?? [],
      clientsDown: [],
    };
    this.#servers.set(name, server);
  }

  startClient(args: ClientArguments, host?: ServerName): void {
    const { session } = args;
    const at = host ?? (session.slice(-1) as ServerName);
    const before = this.#clients.get(session);
    if (before !== undefined) this.#dead.push(before);
    const namespace = this.#network?.host(at).namespace;
    this.#clients.set(session, new ClientRun({ ...args, sentBefore: before?.sent ?? 0 }, at, namespace));
  }

  async killServer(name: ServerName): Promise<void> {
    await this.#server(name).process.end('SIGKILL');
  }

  /** SIGKILL, and the same again under its old name. */
  async restartClient(session: string): Promise<void> {
    const client = this.client(session);
    if (client.trace.killed) return;
    await client.kill();
    this.startClient(client.args, client.host);
  }

  signal(name: ServerName, signal: NodeJS.Signals): void {
    this.#server(name).process.kill(signal);
  }

  tell(order: ClientOrder): void {
    for (const client of this.#clients.values()) client.tell(order);
  }

  proxy(order: ProxyOrder): void {
    this.#proxy?.tell(order);
  }

  /** Every way open, everybody running, no work. */
  heal(): void {
    this.#network?.heal();
    this.proxy({ do: 'resume' });
    for (const name of SERVERS) {
      const { process: running } = this.#server(name);
      if (running.isRunning) running.kill('SIGCONT');
      else this.startServer(name);
    }
    this.tell({ do: 'rest' });
  }

  /** Resolves when there is one view of all servers, and every group has all clients in it. */
  async well(): Promise<void> {
    try {
      await until(() => this.#isWell(), WELL_LIMIT_MS);
    } catch {
      throw new Error(`not well again:\n${this.describe()}`);
    }
  }

  /**
   * What is published now reaches everybody. Starts over when a client loses its connection meanwhile, because then what
   * it had under way may be lost.
   */
  async deliversAll(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      await this.well();
      if (await this.#delivers()) return;
    }
    throw new Error(`no quiet moment:\n${this.describe()}`);
  }

  async #delivers(): Promise<boolean> {
    const services: readonly Service[] = ['agreed', 'safe'];
    const marks = new Map(this.clients.map((client) => [client, client.mark()]));
    for (const group of GROUPS) {
      for (const service of services) this.tell({ do: 'publish', count: PROOFS, group, service, bytes: 0 });
    }
    const wanted = PROOFS * GROUPS.length * services.length * marks.size;
    const said = (): readonly string[] => this.clients.flatMap((one) => one.published(marks.get(one)));
    const moved = (): readonly string[] =>
      this.clients.flatMap((one) => one.connectionsSince(marks.get(one)));
    try {
      await until(() => moved().length > 0 || said().length >= wanted);
      await until(() => moved().length > 0 || this.clients.every((one) => one.missing(said()).length === 0));
    } catch {
      const missing = this.clients.map((one) => `${one.trace.name} misses ${one.missing(said()).join()}`);
      throw new Error(`not delivered to all:\n${[...missing, this.describe()].join('\n')}`);
    }
    if (moved().length > 0) process.stdout.write(`netns: once more, ${moved().join(', ')}\n`);
    return moved().length === 0;
  }

  history(): History {
    const history = new History();
    for (const client of [...this.#dead, ...this.#clients.values()]) history.clients.push(client.trace);
    for (const [id, view] of this.#views) history.views.set(id, view);
    return history;
  }

  describe(): string {
    const servers = SERVERS.map((name) => {
      const { process: running, view } = this.#server(name);
      const errors = running.isRunning ? '' : `\n${running.errors.slice(-2_000)}`;
      return `${name} ${running.isRunning ? 'runs' : 'ended'} in ${view?.viewId} [${view?.members.join()}]${errors}`;
    });
    return [...servers, ...this.clients.map((client) => client.describe())].join('\n');
  }

  async stop(): Promise<void> {
    const processes = [...this.#servers.values()].map((server) => server.process);
    await Promise.all([
      ...processes.map((one) => one.end('SIGKILL')),
      ...this.clients.map((client) => client.kill()),
      this.#proxy?.end('SIGKILL'),
    ]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #isWell(): boolean {
    const views = SERVERS.map((name) => this.#server(name).view);
    const oneView =
      new Set(views.map((view) => view?.viewId)).size === 1 &&
      views.every((view) => view?.members.length === SERVERS.length);
    const everybody = this.clients.map((client) => client.name);
    return (
      oneView &&
      this.clients.every((client) => client.rests && GROUPS.every((group) => client.sees(group, everybody)))
    );
  }

  #server(name: ServerName): Server {
    const server = this.#servers.get(name);
    if (server === undefined) throw new Error(`no server ${name}`);
    return server;
  }

  #logged(server: Server, line: string): void {
    if (!line.startsWith('{')) return;
    const { event, fields } = JSON.parse(line) as { event: string; fields?: Record<string, unknown> };
    if (event === 'ready') server.ready = true;
    if (event === 'link.down') server.linksDown.push(fields as LinkDown);
    if (event === 'client.down') server.clientsDown.push(String(fields?.['detail']));
    if (event !== 'view.installed') return;
    const view = fields as InstalledView;
    server.view = view;
    const id = { ctr: 0, coord: view.members[0] ?? ('' as NodeName), inc: 0 };
    this.#views.set(view.viewId, { id, members: view.members.map((node) => ({ node, inc: 0 })) });
  }

  async #startProxy(network: Namespaces): Promise<void> {
    const ways: readonly ProxyWay[] = (['a', 'c'] as const).map((to) => ({
      port: PROXY_PORTS[to],
      host: this.address(to),
      toPort: PORT,
    }));
    let ready = false;
    this.#proxy = new NetProcess({
      script: 'tests/netns/proxy.ts',
      args: [JSON.stringify(ways)],
      namespace: network.bridge.namespace,
      onLine: () => {
        ready = true;
      },
    });
    await until(() => ready, START_LIMIT_MS);
  }

  /** Where `from` finds `to`: between a and c by the proxy. */
  #peer(from: ServerName, to: ServerName): string {
    const throughProxy = this.#network !== undefined && from !== to && from !== 'b' && to !== 'b';
    return throughProxy
      ? `${this.#network?.bridge.address}:${PROXY_PORTS[to as 'a' | 'c']}`
      : this.address(to);
  }

  #writeConfiguration(name: ServerName, options: readonly string[]): void {
    const peers = SERVERS.map((other) => `    ${other} = "${this.#peer(name, other)}"`);
    const lines = [
      'msgc_server {',
      `  port = ${PORT}`,
      '  reconnect_interval = 1',
      `  auth_key_file = "${this.keyFile}"`,
      ...options.map((line) => `  ${line}`),
      '  peers = [',
      ...peers,
      '  ]',
      '}',
      `msgcserver_listener { listen "${this.address(name)}:${PORT}" { } }`,
      `Control_Listener { Listen "${path.join(this.#folder, `${name}.socket`)}" { } }`,
    ];
    writeFileSync(path.join(this.#folder, `${name}.conf`), `${lines.join('\n')}\n`);
  }
}
