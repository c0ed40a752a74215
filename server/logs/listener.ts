/**
 * Connections that others made to the cluster listener: lets in who proves what is asked, cuts their frames, keeps an
 * eye on silence, and bounds what all of this costs (LGS-01 to LGS-05). Knows no service but by name.
 */

import { unreachable } from '../base/assert.ts';
import type { StreamEffect, StreamInput } from '../base/stream-io.ts';
import { FrameCutter, frame, type RawFrame, STRANGER_BYTES_MAX } from './frame.ts';
import { AcceptHandshake, type Caller, LINK, REFUSALS, type Refusal, refuse } from './handshake.ts';
import type { ServiceKeys } from './service-keys.ts';
import { PING_MS, SILENCE_MS } from './session-api.ts';

/** A stranger has this long to become known. */
export const STRANGER_MS = 3_000;
/** Strangers at a time; one more, and the one that waits longest has to go. */
export const STRANGERS_MAX = 64;
/** Known peers at a time; more are refused in words. */
export const PEERS_MAX = 128;
/** What may wait in this process for one peer; services stop long before. */
export const PENDING_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Why a connection ended. Refusals of the handshake; `ended`, `reset`: the peer or the network; `slow`: a stranger that
 * took too long; `crowded`: a stranger that made room; `tooMuch`: a stranger that sent too much; `silent`; `notReading`:
 * a peer that does not take what it asked for; `local`: this process stops.
 */
export const CLOSE_REASONS = [
  ...REFUSALS,
  'frameTooLong',
  'ended',
  'reset',
  'slow',
  'crowded',
  'tooMuch',
  'silent',
  'notReading',
  'local',
] as const;
export type CloseReason = (typeof CLOSE_REASONS)[number];

export type ListenerEffect =
  | { readonly type: 'stream'; readonly effect: StreamEffect }
  /** The caller is known; frames of it follow. */
  | { readonly type: 'joined'; readonly conn: number; readonly caller: Caller; readonly peer: string }
  | { readonly type: 'frame'; readonly conn: number; readonly frame: RawFrame }
  /** The caller is known and wants a service that goes on without frames: the connection is nothing of this listener any more. */
  | { readonly type: 'handedOver'; readonly conn: number; readonly caller: Caller; readonly rest: Buffer }
  /** Less waits to be sent than before. */
  | { readonly type: 'drained'; readonly conn: number }
  /** A connection that had joined is gone. */
  | { readonly type: 'left'; readonly conn: number; readonly reason: CloseReason }
  /** A connection that had not joined is gone, for a reason that may interest people. */
  | { readonly type: 'turnedAway'; readonly peer: string; readonly reason: CloseReason };

type Peer = {
  readonly remote: string;
  readonly cutter: FrameCutter;
  readonly acceptedMs: number;
  /** Undefined once it has joined. */
  handshake: AcceptHandshake | undefined;
  strangerBytes: number;
  heardMs: number;
  pingedMs: number;
  pendingBytes: number;
};

const PING = frame(LINK.ping);
const PONG = frame(LINK.pong);

export type ListenerSelf = {
  readonly node: string;
  readonly version: string;
  readonly services: readonly string[];
  /** Services of these whose connections are given away once the caller is known. */
  readonly givenAway?: readonly string[];
};

export class ServiceListener {
  readonly #self: ListenerSelf;
  readonly #peers = new Map<number, Peer>();
  readonly #counts = new Map<CloseReason, number>();
  #keys: ServiceKeys | undefined;
  /** Nothing has to be looked at before. */
  #dueMs: number | undefined;
  #effects: ListenerEffect[] = [];

  constructor(self: ListenerSelf, keys: ServiceKeys | undefined) {
    this.#self = self;
    this.#keys = keys;
  }

  get deadlineMs(): number | undefined {
    return this.#peers.size === 0 ? undefined : this.#dueMs;
  }

  /** How many connections ended, by reason. */
  get counts(): ReadonlyMap<CloseReason, number> {
    return this.#counts;
  }

  /** Connections that joined, and strangers. */
  get sizes(): { readonly peers: number; readonly strangers: number } {
    const strangers = [...this.#peers.values()].filter(({ handshake }) => handshake !== undefined).length;
    return { peers: this.#peers.size - strangers, strangers };
  }

  /** For handshakes that begin from now on. */
  setKeys(keys: ServiceKeys | undefined): void {
    this.#keys = keys;
  }

  take(): readonly ListenerEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  onStream(input: StreamInput, nowMs: number): void {
    const peer = this.#peers.get(input.conn);
    switch (input.type) {
      case 'accepted':
        this.#accepted(input.conn, input.remote, nowMs);
        return;
      case 'received':
        if (peer !== undefined) this.#received(input.conn, peer, input.bytes, nowMs);
        return;
      case 'drained':
        if (peer === undefined) return;
        peer.pendingBytes = input.pendingBytes;
        if (peer.handshake === undefined) this.#effects.push({ type: 'drained', conn: input.conn });
        return;
      case 'closed':
        if (peer !== undefined) this.#gone(input.conn, peer, input.reason === 'ended' ? 'ended' : 'reset');
        return;
      case 'connected': // nothing is dialled here
        return;
      default:
        unreachable(input);
    }
  }

  onDeadline(nowMs: number): void {
    if (nowMs < (this.#dueMs ?? Number.POSITIVE_INFINITY)) return;
    this.#dueMs = undefined;
    for (const [conn, peer] of [...this.#peers]) this.#watch(conn, peer, nowMs);
  }

  pendingBytes(conn: number): number {
    return this.#peers.get(conn)?.pendingBytes ?? 0;
  }

  send(conn: number, bytes: Buffer): void {
    const peer = this.#peers.get(conn);
    if (peer === undefined) return;
    peer.pendingBytes += bytes.length;
    this.#stream({ type: 'write', conn, bytes });
    if (peer.pendingBytes > PENDING_BYTES_MAX) this.drop(conn, 'notReading');
  }

  /** Ends a connection at once. */
  drop(conn: number, reason: CloseReason): void {
    const peer = this.#peers.get(conn);
    if (peer === undefined) return;
    this.#stream({ type: 'destroy', conn });
    this.#gone(conn, peer, reason);
  }

  /** Says goodbye to all. */
  stop(): void {
    for (const [conn, peer] of [...this.#peers]) {
      this.#stream({ type: 'end', conn });
      this.#gone(conn, peer, 'local');
    }
  }

  #accepted(conn: number, remote: string, nowMs: number): void {
    const strangers = [...this.#peers].filter(([, { handshake }]) => handshake !== undefined);
    const [longest] = strangers;
    if (strangers.length >= STRANGERS_MAX && longest !== undefined) this.drop(longest[0], 'crowded');
    this.#peers.set(conn, {
      remote,
      cutter: new FrameCutter(),
      acceptedMs: nowMs,
      handshake: new AcceptHandshake(this.#self, this.#keys),
      strangerBytes: 0,
      heardMs: nowMs,
      pingedMs: nowMs,
      pendingBytes: 0,
    });
    this.#wakeAt(nowMs + STRANGER_MS);
  }

  #received(conn: number, peer: Peer, bytes: Buffer, nowMs: number): void {
    peer.heardMs = nowMs;
    if (peer.handshake !== undefined) {
      peer.strangerBytes += bytes.length;
      if (peer.strangerBytes > STRANGER_BYTES_MAX) {
        this.drop(conn, 'tooMuch');
        return;
      }
    }
    peer.cutter.push(bytes);
    while (this.#peers.get(conn) === peer) {
      const next = peer.cutter.next();
      if (next === undefined) return;
      if (typeof next === 'string') this.drop(conn, next);
      else if (peer.handshake !== undefined) this.#shake(conn, peer, peer.handshake, next, nowMs);
      else if (next.type === LINK.ping) this.send(conn, PONG);
      else if (next.type !== LINK.pong) this.#effects.push({ type: 'frame', conn, frame: next });
    }
  }

  #shake(conn: number, peer: Peer, handshake: AcceptHandshake, raw: RawFrame, nowMs: number): void {
    const step = handshake.take(raw);
    if (!step.ok) {
      this.#refuse(conn, peer, step.error);
      return;
    }
    const { send, caller } = step.value;
    if (caller !== undefined && this.sizes.peers >= PEERS_MAX) {
      this.#refuse(conn, peer, 'full');
      return;
    }
    this.send(conn, send);
    if (caller === undefined) return;
    if (this.#self.givenAway?.includes(caller.service) === true) {
      this.#peers.delete(conn);
      this.#effects.push({ type: 'handedOver', conn, caller, rest: peer.cutter.rest() });
      return;
    }
    peer.handshake = undefined;
    peer.cutter.trust();
    this.#wakeAt(nowMs + PING_MS);
    this.#effects.push({ type: 'joined', conn, caller, peer: peer.remote });
  }

  #refuse(conn: number, peer: Peer, reason: Refusal): void {
    this.#stream({ type: 'write', conn, bytes: refuse(reason) });
    this.#stream({ type: 'end', conn });
    this.#gone(conn, peer, reason);
  }

  /** Stands before the effects that a service gives for it, so that none of them goes to a closed connection. */
  #gone(conn: number, peer: Peer, reason: CloseReason): void {
    this.#peers.delete(conn);
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    if (peer.handshake === undefined) this.#effects.push({ type: 'left', conn, reason });
    else this.#effects.push({ type: 'turnedAway', peer: peer.remote, reason });
  }

  #watch(conn: number, peer: Peer, nowMs: number): void {
    if (peer.handshake !== undefined) {
      const dueMs = peer.acceptedMs + STRANGER_MS;
      if (nowMs >= dueMs) this.drop(conn, 'slow');
      else this.#wakeAt(dueMs);
      return;
    }
    const silentMs = peer.heardMs + SILENCE_MS;
    if (nowMs >= silentMs) {
      this.drop(conn, 'silent');
      return;
    }
    let pingMs = Math.max(peer.heardMs, peer.pingedMs) + PING_MS;
    if (nowMs >= pingMs) {
      peer.pingedMs = nowMs;
      pingMs = nowMs + PING_MS;
      this.send(conn, PING);
    }
    this.#wakeAt(Math.min(silentMs, pingMs));
  }

  #wakeAt(atMs: number): void {
    this.#dueMs = Math.min(this.#dueMs ?? atMs, atMs);
  }

  #stream(effect: StreamEffect): void {
    this.#effects.push({ type: 'stream', effect });
  }
}
