/**
 * A TCP proxy that misbehaves on request: it can cut all connections and refuse new ones, freeze without closing, delay
 * one direction, read slowly, or cut after so many more bytes. Delays are reached slowly, so that whoever watches for
 * silence hears no gap.
 */

import { createServer, connect as dial, type Server, type Socket } from 'node:net';

export type Direction = 'toTarget' | 'toClient';
type Chunk = { data: Buffer; readonly dueMs: number };
type Pipe = {
  readonly from: Socket;
  readonly to: Socket;
  readonly direction: Direction;
  readonly waiting: Chunk[];
  timer: NodeJS.Timeout | undefined;
  /** Moment up to which a slow pipe has used its rate. */
  ratedAtMs: number;
};

/** Share of the passing time by which a delay grows: heartbeats then arrive at most so much more rarely. */
const RAMP = 0.5;
/** A slow pipe passes something this often. */
const SLOW_STEP_MS = 20;

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
  /** Bytes a second; undefined for as fast as it goes. */
  readonly #rates: Record<Direction, number | undefined> = { toTarget: undefined, toClient: undefined };
  /** Bytes that still pass before everything is cut. */
  readonly #leftBytes: Record<Direction, number> = { toTarget: Infinity, toClient: Infinity };

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

  /** Reads no faster than this; what is not read waits in the sender. */
  slow(direction: Direction, bytesPerSecond: number): void {
    this.#rates[direction] = bytesPerSecond;
    for (const pipe of this.#pipes) pipe.ratedAtMs = performance.now();
  }

  /** Passes so many more bytes in one direction, over all connections, then cuts as `cut` does, once. */
  cutAfter(direction: Direction, bytes: number): void {
    this.#leftBytes[direction] = bytes;
  }

  /** Ends `cut`, `freeze`, slowness and all delays; what waited passes now. */
  resume(): void {
    this.#mode = 'forward';
    for (const direction of ['toTarget', 'toClient'] as const) {
      this.#rates[direction] = undefined;
      this.#leftBytes[direction] = Infinity;
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
    const pipe: Pipe = { from, to, direction, waiting: [], timer: undefined, ratedAtMs: performance.now() };
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
    let room = this.#roomOf(pipe);
    while (pipe.waiting[0] !== undefined && pipe.waiting[0].dueMs <= nowMs && room > 0) {
      const [chunk] = pipe.waiting;
      const part = chunk.data.subarray(0, room);
      room -= part.length;
      if (part.length === chunk.data.length) pipe.waiting.shift();
      else chunk.data = chunk.data.subarray(part.length);
      this.#pass(pipe, part);
    }
    const next = pipe.waiting[0];
    const slow = this.#rates[pipe.direction] !== undefined;
    if (slow && next !== undefined) pipe.from.pause();
    else if (this.#mode === 'forward') pipe.from.resume();
    if (next === undefined) return;
    const waitMs = Math.max(slow ? SLOW_STEP_MS : 1, next.dueMs - nowMs);
    pipe.timer = setTimeout(() => this.#flush(pipe, performance.now()), waitMs);
  }

  /** Bytes that the rate allows now. */
  #roomOf(pipe: Pipe): number {
    const rate = this.#rates[pipe.direction];
    if (rate === undefined) return Infinity;
    const nowMs = performance.now();
    const room = Math.floor(((nowMs - pipe.ratedAtMs) / 1_000) * rate);
    if (room > 0) pipe.ratedAtMs = nowMs;
    return room;
  }

  #pass(pipe: Pipe, data: Buffer): void {
    if (pipe.to.destroyed) return;
    const left = this.#leftBytes[pipe.direction];
    if (data.length < left) {
      this.#leftBytes[pipe.direction] -= data.length;
      pipe.to.write(data);
      return;
    }
    this.#leftBytes[pipe.direction] = Infinity;
    // What was let through still arrives: the cut is in the middle of a frame, not before it.
    pipe.to.end(data.subarray(0, left));
    for (const socket of this.#sockets) if (socket !== pipe.to) socket.destroy();
  }
}
