/** An accepted connection to another server: liveness, round trip, and what its heartbeats say. evs.md 6.5. */

import type { NodeName } from '../model/names.ts';
import type { Connection } from './connection.ts';
import type { HeartbeatFrame } from './frames.ts';
import type { ViewId } from './ids.ts';

/** A busy link still measures its round trip this often. */
export const BUSY_HEARTBEAT_MS = 1_000;

export class Link {
  readonly node: NodeName;
  readonly inc: number;
  readonly connection: Connection;
  readonly upAtMs: number;
  /** `helloNo` of the HELLO that opened this link at the other side. */
  readonly peerHelloNo: number;
  heartbeatAtMs: number;
  roundTripMs: number | undefined = undefined;
  /** View in the last heartbeat, and when it was heard. */
  peerView: ViewId | undefined = undefined;
  peerViewAtMs = 0;
  #echoSentAtMs = Number.NaN;
  #echoHeardAtMs = 0;

  constructor(options: {
    readonly node: NodeName;
    readonly inc: number;
    readonly connection: Connection;
    readonly peerHelloNo: number;
    readonly nowMs: number;
  }) {
    this.node = options.node;
    this.inc = options.inc;
    this.connection = options.connection;
    this.peerHelloNo = options.peerHelloNo;
    this.upAtMs = options.nowMs;
    this.heartbeatAtMs = options.nowMs;
    this.connection.heardAtMs = options.nowMs;
  }

  heartbeatDue(heartbeatMs: number, nowMs: number): boolean {
    return nowMs - this.connection.sentAtMs >= heartbeatMs || nowMs - this.heartbeatAtMs >= BUSY_HEARTBEAT_MS;
  }

  silent(suspectMs: number, nowMs: number): boolean {
    return nowMs - this.connection.heardAtMs > suspectMs;
  }

  heartbeat(fields: Pick<HeartbeatFrame, 'view' | 'recv' | 'stable'>, nowMs: number): HeartbeatFrame {
    this.heartbeatAtMs = nowMs;
    const echoHeldMs = nowMs - this.#echoHeardAtMs;
    return { type: 'heartbeat', ...fields, sentAtMs: nowMs, echoSentAtMs: this.#echoSentAtMs, echoHeldMs };
  }

  heard(frame: HeartbeatFrame, nowMs: number): void {
    this.peerView = frame.view;
    this.peerViewAtMs = nowMs;
    const roundTripMs = nowMs - frame.echoSentAtMs - frame.echoHeldMs;
    if (Number.isFinite(roundTripMs) && roundTripMs >= 0) this.roundTripMs = roundTripMs;
    this.#echoSentAtMs = frame.sentAtMs;
    this.#echoHeardAtMs = nowMs;
  }
}
