/**
 * A TCP proxy that misbehaves on request: it can cut all connections and refuse new ones, freeze without closing, or
 * delay one direction. Delays are reached slowly, so that whoever watches for silence hears no gap.
 */

import { createServer, connect as dial, type Server, type Socket } from 'node:net';

export type Direction = 'toTarget' | 'toClient';
type Chunk = { readonly data: Buffer; readonly dueMs: number };
type Pipe = {
  readonly from: Socket;
  readonly to: Socket;
  readonly direction: Direction;
  readonly waiting: Chunk[];
  timer: NodeJS.Timeout | undefined;
};

/** Share of the passing time by which a delay grows: heartbeats then arrive at most so much more rarely. */
const RAMP = 0.5;

export class FaultProxy {
  #target: { readonly host: string; readonly port: number } | undefined;
  readonly #server: Server;
  readonly #pipes = new Set<Pipe>();
  readonly #sockets = new Set<Socket>();
  #mode: 'forward' | 'cut' | 'frozen' = 'forward';
  readonly #delays: Record<Direction, { goalMs: number; nowMs: number; atMs: number }> = {
    toTarget: { goalMs: 0, nowMs: 0, atMs: 0 },
    toClient: { goalMs: 0, nowMs: 0, atMs: 0 },
  };

  private constructor() {
    this.#server = createServer((client) => this.#onClient(client));
  }

  /** Listens on a port that the system chooses, or on `port`. */
  static async start(host = '127.0.0.1', port = 0): Promise<FaultProxy> {
    const proxy = new FaultProxy();
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen({ host, port }, resolve);
    });
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Connections of clients that are open now. */
  get connections(): number {
    return [...this.#pipes].filter(({ direction }) => direction === 'toTarget').length;
  }

  /** Where to forward to. Until it is known, connections are closed at once. */
  forwardTo(host: string, port: number): void {
    this.#target = { host, port };
  }

  /** Closes every connection and refuses new ones. */
  cut(): void {
    this.#mode = 'cut';
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Nothing passes any more, nothing is closed; new connections are accepted and hear nothing. */
  freeze(): void {
    this.#mode = 'frozen';
    for (const pipe of this.#pipes) pipe.from.pause();
  }

  /** Ends `cut`, `freeze` and all delays; what waited passes now. */
  resume(): void {
    this.#mode = 'forward';
    for (const direction of ['toTarget', 'toClient'] as const) {
      this.#delays[direction] = { goalMs: 0, nowMs: 0, atMs: performance.now() };
    }
    for (const pipe of this.#pipes) {
      this.#flush(pipe, Number.POSITIVE_INFINITY);
      pipe.from.resume();
    }
  }

  /** @returns how long it takes until the whole delay is in force */
  delay(direction: Direction, delayMs: number): number {
    const nowMs = this.#delayNowMs(direction);
    this.#delays[direction] = { goalMs: delayMs, nowMs, atMs: performance.now() };
    return Math.max(0, delayMs - nowMs) / RAMP;
  }

  /** The delay that is in force now. */
  delayMs(direction: Direction): number {
    return this.#delayNowMs(direction);
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #delayNowMs(direction: Direction): number {
    const { goalMs, nowMs, atMs } = this.#delays[direction];
    if (goalMs <= nowMs) return goalMs;
    return Math.min(goalMs, nowMs + (performance.now() - atMs) * RAMP);
  }

  #onClient(client: Socket): void {
    if (this.#mode === 'cut' || this.#target === undefined) {
      client.destroy();
      return;
    }
    const target = dial(this.#target);
    for (const socket of [client, target]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
    }
    this.#connect(client, target, 'toTarget');
    this.#connect(target, client, 'toClient');
  }

  #connect(from: Socket, to: Socket, direction: Direction): void {
    const pipe: Pipe = { from, to, direction, waiting: [], timer: undefined };
    this.#pipes.add(pipe);
    from.on('data', (data) => {
      const dueMs = performance.now() + this.#delayNowMs(direction);
      // Never before what came earlier: a shrinking delay must not reorder.
      pipe.waiting.push({ data, dueMs: Math.max(dueMs, pipe.waiting.at(-1)?.dueMs ?? 0) });
      this.#flush(pipe, performance.now());
    });
    from.on('close', () => {
      this.#sockets.delete(from);
      this.#pipes.delete(pipe);
      clearTimeout(pipe.timer);
      if (this.#mode !== 'frozen') to.destroy();
    });
    if (this.#mode === 'frozen') from.pause();
  }

  #flush(pipe: Pipe, nowMs: number): void {
    clearTimeout(pipe.timer);
    while (pipe.waiting[0] !== undefined && pipe.waiting[0].dueMs <= nowMs) {
      const { data } = pipe.waiting.shift() ?? { data: Buffer.alloc(0) };
      if (!pipe.to.destroyed) pipe.to.write(data);
    }
    const next = pipe.waiting[0];
    if (next === undefined) return;
    pipe.timer = setTimeout(() => this.#flush(pipe, performance.now()), Math.max(1, next.dueMs - nowMs));
  }
}
