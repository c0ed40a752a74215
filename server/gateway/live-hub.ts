/**
 * The live side of the gateway: sockets in, snapshot, patches, heartbeats and watched jobs out. Browsers can only
 * subscribe here; every write goes over HTTP. A client that does not read is closed before it costs memory.
 */

import type { Server as HttpServer } from 'node:http';
import { type Socket, Server as SocketServer } from 'socket.io';
import type { Clock, Logger, Timer } from '../base/ports.ts';
import type { Observer } from '../cluster/observer-api.ts';
import type { BusFigures } from '../wire/bus.ts';
import { HEARTBEAT_INTERVAL_MS } from '../wire/freshness.ts';
import type { Job } from '../wire/http.ts';
import {
  type LiveHeartbeat,
  type LivePatch,
  type LiveSession,
  type LiveSnapshot,
  type ResyncReply,
  resyncRequest,
  type WatchReply,
  watchJobRequest,
} from '../wire/live.ts';
import { ApiProblem } from './api-problem.ts';
import { type ApiTokens, bearerOf } from './api-tokens.ts';
import { decide, mayReadJob, SOCKET_RULES, type SocketEvent } from './authorisation.ts';
import { jobForEvent } from './job-view.ts';
import type { Metrics } from './metrics.ts';
import { type Networks, sourceBehind } from './networks.ts';
import type { ReadModel } from './read-model.ts';
import type { SignedIn } from './sessions.ts';
import type { Tickets } from './tickets.ts';
import { guardUpgrades } from './upgrade-guard.ts';

export const SOCKET_MESSAGE_BYTES_MAX = 65_536;
/** Watching a job or the bus and leaving it are two. */
export const SOCKET_MESSAGES_PER_MINUTE_MAX = 120;
export const SOCKET_JOBS_MAX = 20;
export const SOCKETS_PER_ACCOUNT_MAX = 50;
export const SOCKETS_MAX = 2_000;
/** Packets that may wait for one client, and characters in them. */
export const SOCKET_PACKETS_WAITING_MAX = 256;
/** A snapshot with 10,240 DuraVIPs of 5 nodes has 7 million, and so has a patch after a node joined. */
export const SOCKET_CHARACTERS_WAITING_MAX = 32 * 1_048_576;
/** Long messages only, which are rows: 7 MB become 0.15 MB, beside the event loop. Costs such a socket 150 kB. */
const COMPRESSION = {
  threshold: 65_536,
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  zlibDeflateOptions: { level: 1, memLevel: 5 },
  concurrencyLimit: 4,
} as const;
/** Sessions are looked up again this often: revocation and role changes show within two such spans. */
export const SESSION_CHECK_INTERVAL_MS = 2_000;
/** Figures of the bus go to whoever watches it this often. */
export const BUS_FIGURES_INTERVAL_MS = 1_000;
export const SOCKET_PATH = '/socket.io/';

type ServerEvents = {
  readonly snapshot: (snapshot: LiveSnapshot) => void;
  readonly patch: (patch: LivePatch) => void;
  readonly heartbeat: (heartbeat: LiveHeartbeat) => void;
  readonly job: (job: Job) => void;
  readonly session: (session: LiveSession) => void;
  readonly busFigures: (figures: BusFigures) => void;
};
type Answer = (reply: unknown) => void;
type ClientEvents = Readonly<Record<SocketEvent, (request: unknown, answer: Answer) => void>>;
type SocketData = {
  signedIn: SignedIn;
  windowStartMs: number;
  /** Received in the window. */
  messages: number;
  /** Watched ones. */
  jobs: Set<string>;
  /** What the transport has not taken yet. */
  waiting: { readonly packets: number; readonly characters: number };
};
type Live = Socket<ClientEvents, ServerEvents, Record<string, never>, SocketData>;

const NOTHING = { packets: 0, characters: 0 } as const;

export type HubParts = {
  readonly model: ReadModel;
  readonly observer: Observer;
  /** Sessions of people and of tokens. */
  readonly alive: (ids: readonly string[]) => Promise<ReadonlyMap<string, SignedIn>>;
  readonly tickets: Tickets;
  readonly tokens: Pick<ApiTokens, 'admit'>;
  readonly trustedProxies: Networks;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly job: (id: string) => Job | undefined;
  readonly figures: () => BusFigures;
  readonly originAllowed: (origin: string | undefined) => boolean;
};

export class LiveHub {
  readonly #parts: HubParts;
  readonly #io: SocketServer<ClientEvents, ServerEvents, Record<string, never>, SocketData>;
  readonly #timers = new Map<string, Timer>();
  readonly #changedJobs = new Map<string, Job>();
  #attached = false;
  #stopped = false;

  constructor(parts: HubParts) {
    this.#parts = parts;
    this.#io = new SocketServer({
      path: SOCKET_PATH,
      serveClient: false,
      transports: ['websocket'],
      perMessageDeflate: COMPRESSION,
      httpCompression: false,
      maxHttpBufferSize: SOCKET_MESSAGE_BYTES_MAX,
      pingInterval: 10_000,
      pingTimeout: 10_000,
      connectTimeout: 5_000,
    });
    this.#io.use((socket, next) => {
      this.#admit(socket).then(
        (refusal) => next(refusal),
        (error: unknown) => {
          this.#parts.logger.error('socket.admit', { reason: String(error) });
          next(refusalOf(500));
        },
      );
    });
    this.#io.on('connection', (socket) => this.#connected(socket));
  }

  /** Shares the port of the HTTP server. */
  attach(server: HttpServer): void {
    this.#io.attach(server);
    this.#attached = true;
    guardUpgrades(server, SOCKET_PATH, (request) => {
      const { origin, authorization } = request.headers;
      const byToken = origin === undefined && bearerOf(authorization) !== undefined;
      if (byToken || this.#parts.originAllowed(origin)) return undefined;
      this.#parts.metrics.authFailures.inc({ reason: 'origin' });
      return 403;
    });
    this.#every('heartbeat', HEARTBEAT_INTERVAL_MS, () => this.#beat());
    this.#every('bus', BUS_FIGURES_INTERVAL_MS, () => this.#tellBus());
    this.#every('sessions', SESSION_CHECK_INTERVAL_MS, () => void this.recheckSessions());
  }

  get sockets(): number {
    return this.#io.of('/').sockets.size;
  }

  /** Rows were applied to the model: one patch goes out at the end of this turn. */
  modelChanged(): void {
    this.#once('flush', () => this.flush());
  }

  jobChanged(job: Job): void {
    this.#changedJobs.set(job.id, job);
    this.#once('flush', () => this.flush());
  }

  flush(): void {
    const patch = this.#parts.model.flush();
    if (patch !== undefined) {
      this.#parts.metrics.patches.inc();
      this.#io.to('live').emit('patch', patch);
    }
    const jobs = [...this.#changedJobs.values()];
    this.#changedJobs.clear();
    for (const job of jobs) this.#io.to(`job ${job.id}`).emit('job', jobForEvent(job));
    if (patch !== undefined || jobs.length > 0) this.#dropSlow();
  }

  /** Looks at the sessions of all sockets; the ones that ended are told and closed. */
  async recheckSessions(): Promise<void> {
    const sockets = [...this.#io.of('/').sockets.values()];
    if (sockets.length === 0 || this.#stopped) return;
    try {
      const ids = [...new Set(sockets.map((socket) => socket.data.signedIn.session))];
      const alive = await this.#parts.alive(ids);
      for (const socket of sockets) this.#recheck(socket, alive.get(socket.data.signedIn.session));
    } catch (error) {
      this.#parts.logger.error('socket.recheck', { reason: String(error) });
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) timer.cancel();
    if (!this.#attached) return;
    // Not `io.close()`: that waits for every idle HTTP connection of the shared server.
    this.#io.disconnectSockets(true);
    this.#io.engine.close();
  }

  #recheck(socket: Live, now: SignedIn | undefined): void {
    const before = socket.data.signedIn;
    if (now === undefined) {
      socket.emit('session', { account: null });
      socket.disconnect(true);
      return;
    }
    socket.data.signedIn = now;
    if (now.role === before.role && now.name === before.name) return;
    for (const id of [...socket.data.jobs]) {
      const job = this.#parts.job(id);
      if (job !== undefined && !mayReadJob(job, now)) this.#unwatch(socket, id);
    }
    socket.emit('session', { account: { name: now.name, role: now.role } });
  }

  async #admit(socket: Live): Promise<Error | undefined> {
    if (this.sockets >= SOCKETS_MAX) return refusalOf(429);
    const signedIn = await this.#identify(socket);
    if (typeof signedIn === 'number') return refusalOf(signedIn);
    const same = [...this.#io.of('/').sockets.values()].filter(
      (other) => other.data.signedIn.account === signedIn.account,
    );
    if (same.length >= SOCKETS_PER_ACCOUNT_MAX) return refusalOf(429);
    const windowStartMs = this.#parts.clock.nowMs();
    socket.data = { signedIn, windowStartMs, messages: 0, jobs: new Set(), waiting: NOTHING };
    return undefined;
  }

  /** By bearer token in the handshake, else by ticket. @returns the status of a refusal. */
  async #identify(socket: Live): Promise<SignedIn | number> {
    const { tickets, tokens, clock, alive, metrics, trustedProxies } = this.#parts;
    const bearer = bearerOf(socket.handshake.headers.authorization);
    if (bearer !== undefined) {
      const forwarded = socket.request.headers['x-forwarded-for'];
      const source = sourceBehind(trustedProxies, socket.handshake.address, [forwarded].flat().join(','));
      try {
        return await tokens.admit(bearer, source, 'live socket');
      } catch (error) {
        if (error instanceof ApiProblem) return error.status;
        throw error;
      }
    }
    const ticket: unknown = socket.handshake.auth['ticket'];
    const id = typeof ticket === 'string' ? tickets.redeem(ticket, clock.nowMs()) : undefined;
    const signedIn = id === undefined ? undefined : (await alive([id])).get(id);
    if (signedIn !== undefined) return signedIn;
    metrics.authFailures.inc({ reason: 'ticket' });
    return 401;
  }

  #connected(socket: Live): void {
    this.flush();
    socket.conn.on('packetCreate', (packet: { readonly data?: unknown }) => {
      const { packets, characters } = socket.data.waiting;
      const more = typeof packet.data === 'string' ? packet.data.length : 0;
      socket.data.waiting = { packets: packets + 1, characters: characters + more };
    });
    socket.conn.on('flush', () => {
      socket.data.waiting = NOTHING;
    });
    socket.emit('snapshot', this.#parts.model.snapshot(this.#parts.clock.wallMs()));
    socket.emit('heartbeat', this.#heartbeat());
    void socket.join('live');
    socket.onAny(() => this.#count(socket));
    this.#on(socket, 'resync', (request) => this.#resync(request));
    this.#on(socket, 'watchJob', (request) => this.#watch(socket, request));
    this.#on(socket, 'unwatchJob', (request) => {
      const parsed = watchJobRequest.safeParse(request);
      if (!parsed.success) return refused('bad_request');
      this.#unwatch(socket, parsed.data.job);
      return { ok: true };
    });
    this.#on(socket, 'watchBus', () => {
      void socket.join('bus'); // left with `unwatchBus`, and by itself when the socket closes
      socket.emit('busFigures', this.#parts.figures());
      return { ok: true };
    });
    this.#on(socket, 'unwatchBus', () => {
      void socket.leave('bus');
      return { ok: true };
    });
  }

  /** Checks the table for every single event, with the role of now; answers only if the client asked for it. */
  #on(socket: Live, event: SocketEvent, handle: (request: unknown) => ResyncReply | WatchReply): void {
    socket.on(event, (request: unknown, answer: unknown) => {
      const allowed = decide(SOCKET_RULES[event], socket.data.signedIn.role) === 'allow';
      const reply = allowed ? handle(request) : refused('forbidden');
      const respond = typeof request === 'function' ? request : answer; // an event may carry nothing
      if (typeof respond === 'function') respond(reply);
    });
  }

  #resync(request: unknown): ResyncReply | WatchReply {
    const parsed = resyncRequest.safeParse(request);
    if (!parsed.success) return refused('bad_request');
    this.flush();
    const reply = this.#parts.model.resync(parsed.data, this.#parts.clock.wallMs());
    this.#parts.metrics.resyncs.inc({ kind: reply.kind });
    return reply;
  }

  #watch(socket: Live, request: unknown): WatchReply {
    const parsed = watchJobRequest.safeParse(request);
    if (!parsed.success) return refused('bad_request');
    const job = this.#parts.job(parsed.data.job);
    if (job === undefined) return refused('not_found');
    if (!mayReadJob(job, socket.data.signedIn)) return refused('forbidden');
    if (!socket.data.jobs.has(job.id) && socket.data.jobs.size >= SOCKET_JOBS_MAX)
      return refused('rate_limited');
    socket.data.jobs.add(job.id);
    void socket.join(`job ${job.id}`);
    socket.emit('job', jobForEvent(job));
    return { ok: true };
  }

  #unwatch(socket: Live, job: string): void {
    socket.data.jobs.delete(job);
    void socket.leave(`job ${job}`);
  }

  #count(socket: Live): void {
    const nowMs = this.#parts.clock.nowMs();
    if (nowMs - socket.data.windowStartMs >= 60_000) {
      socket.data.windowStartMs = nowMs;
      socket.data.messages = 0;
    }
    socket.data.messages += 1;
    if (socket.data.messages <= SOCKET_MESSAGES_PER_MINUTE_MAX) return;
    this.#parts.metrics.authFailures.inc({ reason: 'messages' });
    socket.disconnect(true);
  }

  #heartbeat(): LiveHeartbeat {
    const { model, observer, clock } = this.#parts;
    return {
      epoch: model.epoch,
      seq: model.seq,
      serverMs: clock.wallMs(),
      bus: {
        state: observer.model().bus['bus']?.state ?? 'connecting',
        ageMs: observer.busAgeMs() ?? null,
      },
      memberAgesMs: { ...observer.memberAgesMs() },
    };
  }

  #beat(): void {
    if (this.sockets === 0) return;
    this.flush();
    this.#io.to('live').emit('heartbeat', this.#heartbeat());
    this.#dropSlow();
  }

  #tellBus(): void {
    if ((this.#io.of('/').adapter.rooms.get('bus')?.size ?? 0) === 0) return;
    this.#io.to('bus').emit('busFigures', this.#parts.figures());
    this.#dropSlow();
  }

  #dropSlow(): void {
    for (const socket of this.#io.of('/').sockets.values()) {
      const { packets, characters } = socket.data.waiting;
      if (packets <= SOCKET_PACKETS_WAITING_MAX && characters <= SOCKET_CHARACTERS_WAITING_MAX) continue;
      this.#parts.metrics.slowConsumers.inc();
      this.#parts.logger.warn('socket.slow', { account: socket.data.signedIn.name });
      socket.conn.close(true); // an orderly goodbye would wait behind what is not being read
    }
  }

  #every(name: string, spanMs: number, work: () => void): void {
    const again = (): void => {
      if (this.#stopped) return;
      this.#timers.set(name, this.#parts.clock.at(this.#parts.clock.nowMs() + spanMs, again));
      work();
    };
    this.#timers.set(name, this.#parts.clock.at(this.#parts.clock.nowMs() + spanMs, again));
  }

  /** Runs `work` at the end of this turn, however often it is asked for. */
  #once(name: string, work: () => void): void {
    if (this.#timers.has(name) || this.#stopped) return;
    const run = (): void => {
      this.#timers.delete(name);
      work();
    };
    this.#timers.set(name, this.#parts.clock.at(this.#parts.clock.nowMs(), run));
  }
}

function refused(code: Extract<WatchReply, { ok: false }>['code']): WatchReply {
  return { ok: false, code };
}

/** Becomes `connect_error` with `data.code` in the browser (R12). */
function refusalOf(code: number): Error {
  return Object.assign(new Error('refused'), { data: { code } });
}
