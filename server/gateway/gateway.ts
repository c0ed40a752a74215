/**
 * The gateway as one thing that starts and stops: it wires observer, store and rehearsal panel to HTTP and to the
 * live stream on one port.
 */

import { assert } from '../base/assert.ts';
import { ClusterError } from '../base/errors.ts';
import type { Clock, Logger } from '../base/ports.ts';
import type { ModelChange, Observer } from '../cluster/observer-api.ts';
import type { LiveModel, Row } from '../wire/live.ts';
import type { NewAccount } from './accounts.ts';
import { busFiguresOf } from './bus-figures.ts';
import { createHttpApp } from './http-app.ts';
import type { App, CookieForm } from './http-context.ts';
import { LiveHub } from './live-hub.ts';
import { Networks } from './networks.ts';
import type { GatewayOptions, Rehearsal } from './options.ts';
import { Origins, ownOrigins } from './origins.ts';
import { ReadModel } from './read-model.ts';
import { newId } from './secrets.ts';
import { createServices, type Services } from './services.ts';
import { Site } from './site.ts';
import type { Store } from './store-port.ts';

export type GatewayParts = {
  readonly observer: Observer;
  /** Stays open; the caller closes it after `stop`. */
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: GatewayOptions;
  /** Demo only. */
  readonly rehearsal?: Rehearsal | undefined;
};

export type Started = {
  readonly url: string;
  /** For the first account; undefined if there are accounts. Shown to the person who started the program only. */
  readonly setupCode: string | undefined;
};

export type Gateway = {
  /** @throws ClusterError PORT_IN_USE, LISTEN_FAILED */
  start(): Promise<Started>;
  /** Demo accounts; before `start`, so that no set-up code is offered. */
  seedAccounts(accounts: readonly NewAccount[]): Promise<void>;
  stop(): Promise<void>;
  /** For tests that need no port. */
  readonly app: App;
  /** `METHOD path` of everything that is registered. */
  readonly routes: readonly string[];
};

export async function createGateway(parts: GatewayParts): Promise<Gateway> {
  const { observer, store, clock, logger, options, rehearsal } = parts;
  let port = options.port;
  let origins = originsFor(options, port);
  const live = { sockets: (): number => 0, seq: (): number => 0 };
  const services = await createServices({
    observer,
    store,
    clock,
    logger,
    options,
    onJob: (job) => hub.jobChanged(job),
    onRows: (changes) => {
      model.apply(changes, clock.wallMs());
      hub.modelChanged();
    },
    sockets: () => live.sockets(),
    seq: () => live.seq(),
  });
  // From here to `feedModel` nothing waits, so that no row falls between the first model and the subscription.
  const model = new ReadModel(newId(), firstModel(parts, services));
  const figures = () => busFiguresOf(observer.bus(), { epoch: model.epoch, wallMs: clock.wallMs() });
  const hub = new LiveHub({
    ...services,
    figures,
    model,
    observer,
    clock,
    logger,
    trustedProxies: trustedNetworks(options),
    job: (id) => services.commands.job(id),
    originAllowed: (origin) => origins.allows(origin),
  });
  live.sockets = () => hub.sockets;
  live.seq = () => model.seq;
  const feeds = feedModel(parts, model, hub);
  const { app, routes } = await createHttpApp({
    ...services,
    figures,
    options,
    clock,
    logger,
    observer,
    store,
    site: new Site(options.siteDirectory),
    rehearsal,
    origins: () => origins,
    cookie: () => cookieFor(options, port),
    sessionsChanged: () => void hub.recheckSessions(),
  });

  return {
    app,
    routes,
    seedAccounts: (wanted) => services.accounts.seed(wanted),
    async start() {
      await services.hasher.prepare();
      const setupCode = await services.accounts.offerSetup();
      hub.attach(app.server);
      port = await listen(app, options);
      origins = originsFor(options, port);
      return { url: options.publicOrigins[0] ?? `http://${urlHost(options.host)}:${port}`, setupCode };
    },
    async stop() {
      for (const end of feeds) end();
      hub.stop();
      services.queries.stop();
      await app.close();
      await services.stop();
    },
  };
}

/** Texts that are no addresses trust nobody. */
function trustedNetworks({ trustedProxies }: GatewayOptions): Networks {
  const parsed = Networks.parse(trustedProxies.filter((text) => Networks.parse([text]).ok));
  assert(parsed.ok, 'what was parsed one by one is parsed together');
  return parsed.value;
}

/** Rows of the observer and of the supervisor go into the read model. @returns how to end that. */
function feedModel(parts: GatewayParts, model: ReadModel, hub: LiveHub): readonly (() => void)[] {
  const ends = [
    parts.observer.subscribe((event) => {
      if (event.type !== 'changed') return;
      model.apply(
        event.changes.map((change) => named(change, parts.options)),
        event.receivedWallMs,
      );
      hub.modelChanged();
    }),
  ];
  if (parts.rehearsal === undefined) return ends;
  const unsubscribe = parts.rehearsal.subscribe((rows) => {
    const names = new Set(rows.map(({ name }) => name));
    const gone = model.keys('rehearsal').filter((name) => !names.has(name));
    const fresh = rows.filter(
      (row) => JSON.stringify(row) !== JSON.stringify(model.row('rehearsal', row.name)),
    );
    const changes: ModelChange[] = [
      ...fresh.map((row) => ({ c: 'rehearsal' as const, k: row.name, row })),
      ...gone.map((name) => ({ c: 'rehearsal' as const, k: name, row: null })),
    ];
    model.apply(changes, parts.clock.wallMs());
    hub.modelChanged();
  });
  return [...ends, unsubscribe];
}

/** The cluster's name, its environment and the build are the gateway's to say, whatever the observer knows. */
function named(change: ModelChange, options: GatewayOptions): ModelChange {
  if (change.c !== 'cluster' || change.row === null || typeof change.row !== 'object') return change;
  const { clusterName: name, environment, build } = options;
  return { ...change, row: { ...change.row, name, environment, build } };
}

function firstModel(
  { observer, options, rehearsal }: GatewayParts,
  { vips, logs }: Pick<Services, 'vips' | 'logs'>,
): LiveModel {
  const known = observer.model();
  const cluster: Row<'cluster'> = {
    leader: known.cluster['cluster']?.leader ?? null,
    name: options.clusterName,
    environment: options.environment,
    build: options.build,
  };
  const rows = rehearsal?.rows() ?? [];
  return {
    ...known,
    cluster: { cluster },
    rehearsal: Object.fromEntries(rows.map((row) => [row.name, row])),
    vipOperations: vips.rows(),
    logPauses: logs.pauses.rows(),
  };
}

function originsFor(options: GatewayOptions, port: number): Origins {
  const configured = options.publicOrigins.length > 0;
  return new Origins(configured ? options.publicOrigins : ownOrigins(options.host, port));
}

/**
 * `__Host-` needs `Secure`, and not every browser stores a `Secure` cookie from plain http on loopback. Cookies do not
 * tell ports apart, so that a second dashboard on the same machine gets a name of its own.
 */
function cookieFor(options: GatewayOptions, port: number): CookieForm {
  const secure = options.publicOrigins.some((origin) => origin.startsWith('https:'));
  return secure ? { name: '__Host-muster', secure } : { name: `muster-${port}`, secure };
}

async function listen(app: App, { host, port }: GatewayOptions): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const address = `${urlHost(host)}:${port}`;
    if (code === 'EADDRINUSE') throw new ClusterError('PORT_IN_USE', { address }, { cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ClusterError('LISTEN_FAILED', { address, reason }, { cause });
  }
  const address = app.server.address();
  return address !== null && typeof address === 'object' ? address.port : port;
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
