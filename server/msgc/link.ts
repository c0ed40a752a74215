/** An accepted connection to another server: liveness, round trip, and what its heartbeats say. evs.md 6.5. */

import type { NodeName } from '../model/names.ts';
import type { Connection } from './connection.ts';
import type { HeartbeatFrame } from './frames.ts';
import type { ViewId } from './ids.ts';
import { heartbeatFor } from './options.ts';

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
  /** How often it was measured. */
  measured = 0;
  /** Why the peer counts as slow; undefined if it does not. */
  slow: string | undefined = undefined;
  /** View in the last heartbeat, and when it was heard. */
  peerView: ViewId | undefined = undefined;
  peerViewAtMs = 0;
  /** What the peer judges by, so that it has to hear something this often. */
  #peerSilenceMs = Number.POSITIVE_INFINITY;
  /** What the peer was told that this server judges by, and the moment of the first heartbeat that said so. */
  #told: { readonly silenceMs: number; readonly atMs: number } | undefined = undefined;
  /** What the peer is known to keep up with. */
  #keptUpMs: number;
  #echoSentAtMs = Number.NaN;
  #echoHeardAtMs = 0;

  constructor(options: {
    readonly node: NodeName;
    readonly inc: number;
    readonly connection: Connection;
    readonly peerHelloNo: number;
    readonly untoldSuspectMs: number;
    readonly nowMs: number;
  }) {
    this.node = options.node;
    this.inc = options.inc;
    this.connection = options.connection;
    this.peerHelloNo = options.peerHelloNo;
    this.upAtMs = options.nowMs;
    this.heartbeatAtMs = options.nowMs;
    this.#keptUpMs = options.untoldSuspectMs;
    this.connection.heardAtMs = options.nowMs;
  }

  /** @param ownMs what the own options ask for; a peer that judges earlier needs more. */
  heartbeatDue(ownMs: number, nowMs: number): boolean {
    const earlier = this.#peerSilenceMs < (this.#told?.silenceMs ?? Number.POSITIVE_INFINITY);
    const heartbeatMs = earlier ? Math.min(ownMs, heartbeatFor(this.#peerSilenceMs)) : ownMs;
    return nowMs - this.connection.sentAtMs >= heartbeatMs || nowMs - this.heartbeatAtMs >= BUSY_HEARTBEAT_MS;
  }

  /** What this link is judged by: nothing shorter than what the peer knows of. */
  judgedMs(silenceMs: number): number {
    return Math.max(silenceMs, this.#keptUpMs);
  }

  silent(silenceMs: number, nowMs: number): boolean {
    return nowMs - this.connection.heardAtMs > this.judgedMs(silenceMs);
  }

  heartbeat(
    fields: Pick<HeartbeatFrame, 'view' | 'recv' | 'stable' | 'silenceMs'>,
    nowMs: number,
  ): HeartbeatFrame {
    this.heartbeatAtMs = nowMs;
    if (this.#told?.silenceMs !== fields.silenceMs) this.#told = { silenceMs: fields.silenceMs, atMs: nowMs };
    const echoHeldMs = nowMs - this.#echoHeardAtMs;
    return { type: 'heartbeat', ...fields, sentAtMs: nowMs, echoSentAtMs: this.#echoSentAtMs, echoHeldMs };
  }

  heard(frame: HeartbeatFrame, nowMs: number): void {
    this.peerView = frame.view;
    this.peerViewAtMs = nowMs;
    const roundTripMs = nowMs - frame.echoSentAtMs - frame.echoHeldMs;
    if (Number.isFinite(roundTripMs) && roundTripMs >= 0) {
      this.roundTripMs = roundTripMs;
      this.measured += 1;
    }
    this.#peerSilenceMs = frame.silenceMs;
    if (this.#told !== undefined && frame.echoSentAtMs >= this.#told.atMs) {
      this.#keptUpMs = this.#told.silenceMs;
    }
    this.#echoSentAtMs = frame.sentAtMs;
    this.#echoHeardAtMs = nowMs;
  }
}
