/**
 * The full mesh of servers: dials every peer, answers their HELLO, keeps one link each, watches that links live, and
 * exchanges who sees whom. Knows no views and no messages. Rules: SPEC.md BUS-06 to BUS-15 (evs.md 6.2, 6.5).
 */

import type { Prng } from '../base/prng.ts';
import type { NodeName } from '../model/names.ts';
import { DialHandshake } from './auth.ts';
import type { AuthOffer } from './auth-frames.ts';
import type { LossCause } from './client-api.ts';
import { Connection, type Outbox } from './connection.ts';
import { encodeServerFrame } from './encode-frames.ts';
import type { HeartbeatFrame, HelloFrame, OtherVersion, ServerFrame } from './frames.ts';
import { CTR_MAX, compareNodes, hasProcess, type ProcessId, sameProcess } from './ids.ts';
import { Link } from './link.ts';
import { heartbeatFor, type MsgcServerOptions, type PeerAddress } from './options.ts';
import { Peer } from './peers.ts';
import type { LinkStatus, ServerEvent } from './server-api.ts';

/** Why the loser of two dials is closed; no fault of anybody. */
export const DUPLICATE_LINK = 'duplicate link';

export type MeshHost = {
  readonly linkUp: (link: Link, maxCtr: number) => void;
  readonly linkDown: (link: Link, cause: LossCause) => void;
  /** What `node` says it sees has changed, or was said anew. */
  readonly reachChanged: (node: NodeName) => void;
  readonly heartbeatFields: (to: NodeName) => Pick<HeartbeatFrame, 'view' | 'recv' | 'stable'>;
  readonly maxCtr: () => number;
  /** @param reason one of few, to be counted; `told` is for people. */
  readonly refused: (remote: string, reason: string, told: string) => void;
  readonly count: (counter: string) => void;
};

type Reach = { readonly process: ProcessId; readonly sees: readonly ProcessId[] };

export class Mesh {
  readonly #me: ProcessId;
  readonly #cluster: string;
  readonly #outbox: Outbox<ServerEvent>;
  readonly #prng: Prng;
  readonly #host: MeshHost;
  #options: MsgcServerOptions;
  readonly #peers = new Map<NodeName, Peer>();
  readonly #links = new Map<NodeName, Link>();
  /** Own dials and links by connection number. */
  readonly #byConn = new Map<number, Peer>();
  readonly #reach = new Map<NodeName, Reach>();
  readonly #condemned: { readonly link: Link; readonly cause: LossCause; readonly detail: string }[] = [];
  /** Links that were silent for too long at the tick before. What they sent may wait to be read (BUS-09). */
  #overdue: ReadonlySet<Link> = new Set();
  #reachVersion = 0;
  #reachDue = false;
  #stableDue = false;
  #nextConn = 1;
  #helloNo = 0;
  #nowMs: number;

  constructor(parts: {
    readonly me: ProcessId;
    readonly cluster: string;
    readonly options: MsgcServerOptions;
    readonly outbox: Outbox<ServerEvent>;
    readonly prng: Prng;
    readonly host: MeshHost;
    readonly nowMs: number;
  }) {
    this.#me = parts.me;
    this.#cluster = parts.cluster;
    this.#outbox = parts.outbox;
    this.#prng = parts.prng;
    this.#host = parts.host;
    this.#options = parts.options;
    this.#nowMs = parts.nowMs;
    this.configure(parts.options, parts.nowMs);
  }

  get links(): ReadonlyMap<NodeName, Link> {
    return this.#links;
  }

  /** New peers are dialled at once, removed ones are closed (A55). */
  configure(options: MsgcServerOptions, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#options = options;
    this.#stableDue = true; // a heartbeat tells at once what this server judges by
    const wanted = new Map(options.peers.map((address) => [address.node, address]));
    wanted.delete(this.#me.node);
    for (const [node, peer] of this.#peers) {
      if (wanted.has(node)) continue;
      if (peer.link !== undefined) this.#down(peer.link, 'leave', 'no longer a peer', 'goodbye');
      this.#dropDial(peer, 'no longer a peer');
      this.#peers.delete(node);
      this.#reach.delete(node);
    }
    for (const [node, address] of wanted) {
      const peer = this.#peers.get(node);
      if (peer === undefined) this.#peers.set(node, new Peer(address, nowMs));
      else this.#readdress(peer, address, nowMs);
    }
    for (const { node, connection } of this.#links.values()) {
      if (connection.stuck(options.maxBacklog)) this.condemn(node, 'backlog', 'max_backlog reached');
    }
  }

  /** A link that stands stays; an address says where to dial. */
  #readdress(peer: Peer, address: PeerAddress, nowMs: number): void {
    const moved = peer.address.host !== address.host || peer.address.port !== address.port;
    peer.address = address;
    peer.boundRetry(this.#options, nowMs);
    if (!moved || peer.link !== undefined) return;
    this.#dropDial(peer, 'another address');
    peer.forgetFailures();
    peer.retryAtMs = nowMs;
  }

  owns(conn: number): boolean {
    return this.#byConn.has(conn);
  }

  connectionOf(conn: number): Connection | undefined {
    const peer = this.#byConn.get(conn);
    if (peer?.link?.connection.conn === conn) return peer.link.connection;
    return peer?.dial?.conn === conn ? peer.dial.greeted?.connection : undefined;
  }

  /** The link that a connection carries, once the handshake is done. */
  linkOf(conn: number): Link | undefined {
    const link = this.#byConn.get(conn)?.link;
    return link?.connection.conn === conn ? link : undefined;
  }

  connected(conn: number, remote: string, nowMs: number): void {
    const peer = this.#byConn.get(conn);
    if (peer?.dial?.conn !== conn) return;
    const connection = new Connection(conn, remote, nowMs);
    const handshake = new DialHandshake(this.#options.secrets, peer.address.node);
    peer.dial.greeted = { connection, handshake };
    this.#write(connection, handshake.sent(this.#hello(handshake.offer)));
  }

  closed(conn: number, cause: LossCause, detail: string, nowMs: number): void {
    this.#nowMs = nowMs;
    const peer = this.#byConn.get(conn);
    if (peer === undefined) return;
    if (peer.link?.connection.conn === conn) {
      this.#down(peer.link, cause, detail, 'closed');
      return;
    }
    this.#byConn.delete(conn);
    if (peer.dial?.conn !== conn) return;
    peer.dial = undefined;
    if (peer.state !== 'refused') peer.become('waiting', detail, nowMs);
    peer.retryLater(this.#options, this.#prng, nowMs);
  }

  /** The answer to an own dial. */
  answered(conn: number, frame: ServerFrame | OtherVersion, nowMs: number): void {
    const peer = this.#byConn.get(conn);
    if (peer?.dial?.greeted === undefined) return;
    const { connection, handshake } = peer.dial.greeted;
    if (frame.type === 'bye' && frame.reason === DUPLICATE_LINK) {
      // The peer prefers its own dial, which is on its way.
      this.#dropDial(peer, DUPLICATE_LINK);
      peer.retryLater(this.#options, this.#prng, nowMs);
      return;
    }
    if (frame.type === 'challenge') {
      const proof = handshake.answer(frame);
      if (proof.ok) this.#write(connection, proof.value);
      else this.refuse(connection, proof.error, nowMs);
      return;
    }
    if (frame.type !== 'hello') {
      this.refuse(connection, frame.type === 'bye' ? `refused: ${frame.reason}` : badFirst(frame), nowMs);
      return;
    }
    const fault = handshake.proven ? this.#helloFault(frame, peer.address.node) : 'no key';
    if (fault !== undefined) {
      this.refuse(connection, fault, nowMs);
      return;
    }
    peer.dial = undefined;
    this.#up(peer, connection, frame, nowMs);
  }

  /** A HELLO on an accepted connection. Undefined when it became a link, else why it is refused. */
  greeted(connection: Connection, frame: HelloFrame, nowMs: number): string | undefined {
    this.#nowMs = nowMs;
    const fault = this.#helloFault(frame, undefined);
    const peer = this.#peers.get(frame.node as NodeName);
    if (fault !== undefined || peer === undefined) return fault ?? 'unknown peer';
    const old = peer.link;
    if (old !== undefined) {
      if (frame.inc < old.inc) return 'old incarnation';
      // A HELLO sent before the one that opened this link lost the race; a later one means that the peer lost it.
      if (frame.inc === old.inc && frame.helloNo <= old.peerHelloNo) return DUPLICATE_LINK;
      this.#down(old, 'closed', 'the peer connected anew', 'destroy');
    } else if (peer.dial?.greeted !== undefined && compareNodes(this.#me.node, frame.node as NodeName) < 0) {
      return DUPLICATE_LINK;
    }
    this.#dropDial(peer, DUPLICATE_LINK);
    this.#write(connection, this.#hello());
    this.#up(peer, connection, frame, nowMs);
    return undefined;
  }

  /** Closes an own dial, or a link whose peer breaks the protocol. */
  refuse(connection: Connection, reason: string, nowMs: number): void {
    this.#nowMs = nowMs;
    const peer = this.#byConn.get(connection.conn);
    if (peer === undefined) return;
    this.#host.refused(connection.remote, countedAs(reason), reason);
    if (peer.link?.connection === connection) {
      this.#down(peer.link, 'closed', reason, 'goodbye');
      return;
    }
    this.#byConn.delete(connection.conn);
    if (peer.dial?.greeted?.connection === connection) peer.dial = undefined;
    peer.refused += 1;
    this.#goodbye(connection, reason);
    peer.become('refused', reason, nowMs);
    peer.retryLater(this.#options, this.#prng, nowMs);
  }

  /** @param body see Outbox.write. */
  send(node: NodeName, frame: Buffer, count: number, body?: Buffer): void {
    const link = this.#links.get(node);
    if (link === undefined) return;
    this.#outbox.write(link.connection, frame, count, this.#nowMs, body);
    if (link.connection.stuck(this.#options.maxBacklog)) this.condemn(node, 'backlog', 'max_backlog reached');
  }

  backlogOf(node: NodeName): number {
    return this.#links.get(node)?.connection.backlog ?? 0;
  }

  /** The link goes down at the end of the step. */
  condemn(node: NodeName, cause: LossCause, detail: string): void {
    const link = this.#links.get(node);
    if (link === undefined || this.#condemned.some((item) => item.link === link)) return;
    this.#condemned.push({ link, cause, detail });
  }

  /** The peer said LEAVE or BYE. */
  parted(link: Link, cause: LossCause, detail: string, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#down(link, cause, detail, 'destroy');
  }

  heardReach(link: Link, sees: readonly ProcessId[]): void {
    this.#reach.set(link.node, { process: { node: link.node, inc: link.inc }, sees });
    this.#outbox.event({ type: 'reachChanged' });
    this.#host.reachChanged(link.node);
  }

  /** `node` is known to have lost `others`, before its own REACH says so. */
  forgetReach(node: NodeName, others: readonly ProcessId[]): void {
    const reach = this.#reach.get(node);
    if (reach === undefined) return;
    const sees = reach.sees.filter((one) => !hasProcess(others, one));
    this.#reach.set(node, { process: reach.process, sees });
  }

  /** Says again what this server sees, so that others try it again. */
  announceReach(): void {
    this.#reachDue = true;
  }

  announceStable(): void {
    this.#stableDue = true;
  }

  /** This process was not scheduled: nobody is judged by what it could not hear (evs.md 6.5). */
  forgivePause(gapMs: number): void {
    for (const link of this.#links.values()) link.connection.heardAtMs += gapMs;
  }

  /** Starting with this server, in rank order, everybody who sees and is seen by all chosen before. */
  clique(leftOut: (node: NodeName) => boolean): readonly ProcessId[] {
    const chosen: ProcessId[] = [this.#me];
    const ranked = [...this.#links.values()].sort((a, b) => compareNodes(a.node, b.node));
    for (const link of ranked) {
      if (leftOut(link.node)) continue;
      if (chosen.every((other) => this.#mutual(link, other))) chosen.push({ node: link.node, inc: link.inc });
    }
    return chosen.sort((a, b) => compareNodes(a.node, b.node));
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    const silenceMs = this.#silenceMs();
    const overdueBefore = this.#overdue;
    this.#overdue = new Set([...this.#links.values()].filter((link) => link.silent(silenceMs, nowMs)));
    for (const link of this.#overdue) {
      if (!overdueBefore.has(link)) continue;
      this.#down(link, 'silence', `silent for ${link.judgedMs(silenceMs)} ms`, 'destroy');
    }
    for (const peer of this.#peers.values()) this.#tend(peer, nowMs);
  }

  /** At the end of each step: condemned links go down, REACH and heartbeats that are due leave. */
  settle(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#closeCondemned();
    if (this.#reachDue) {
      this.#reachDue = false;
      this.#reachVersion += 1;
      const sees = [...this.#links.values()].map(({ node, inc }) => ({ node, inc }));
      const frame = encodeServerFrame({ type: 'reach', ver: this.#reachVersion, sees });
      for (const link of this.#links.values()) this.#outbox.write(link.connection, frame, 1, nowMs);
    }
    this.#heartbeats(nowMs);
    // Frames of the mesh itself fill a stuck link as well.
    for (const { node, connection } of this.#links.values()) {
      if (connection.stuck(this.#options.maxBacklog)) this.condemn(node, 'backlog', 'max_backlog reached');
    }
    this.#closeCondemned();
  }

  leave(nowMs: number): void {
    const frame = encodeServerFrame({ type: 'leave', reason: 'stopping' });
    for (const link of this.#links.values()) {
      this.#outbox.write(link.connection, frame, 1, nowMs);
      this.#outbox.end(link.connection);
    }
    for (const peer of this.#peers.values()) this.#dropDial(peer, 'stopping');
  }

  status(): readonly LinkStatus[] {
    return [...this.#peers.values()].map((peer) => ({
      peer: peer.address.node,
      address: `${peer.address.host}:${peer.address.port}`,
      state: peer.state,
      sinceMs: peer.sinceMs,
      heardAtMs: peer.link?.connection.heardAtMs,
      roundTripMs: peer.link?.roundTripMs,
      backlog: peer.link?.connection.backlog ?? 0,
      reconnects: peer.reconnects,
      refused: peer.refused,
      traffic: peer.traffic,
      slow: peer.link?.slow,
      detail: peer.detail,
    }));
  }

  reachStatus(): readonly { readonly node: NodeName; readonly sees: readonly NodeName[] }[] {
    const mine = { node: this.#me.node, sees: [...this.#links.keys()] };
    const others = [...this.#reach].map(([node, { sees }]) => ({ node, sees: sees.map((one) => one.node) }));
    return [mine, ...others];
  }

  #mutual(link: Link, other: ProcessId): boolean {
    const process = { node: link.node, inc: link.inc };
    const sees = this.#reach.get(link.node);
    if (sees === undefined || sees.process.inc !== link.inc) return false;
    if (!sees.sees.some((one) => sameProcess(one, other))) return false;
    if (sameProcess(other, this.#me)) return true;
    return this.#reach.get(other.node)?.sees.some((one) => sameProcess(one, process)) ?? false;
  }

  #helloFault(frame: HelloFrame, expected: NodeName | undefined): string | undefined {
    if (frame.cluster !== this.#cluster) return 'wrong cluster';
    if (frame.maxCtr > CTR_MAX) return 'bad counter';
    if (frame.node === this.#me.node) return 'own name';
    if (!this.#peers.has(frame.node as NodeName)) return 'unknown peer';
    if (expected !== undefined && frame.node !== expected) return 'unexpected name';
    return undefined;
  }

  #hello(offer?: AuthOffer): Buffer {
    this.#helloNo += 1;
    const { node, inc } = this.#me;
    return encodeServerFrame({
      type: 'hello',
      cluster: this.#cluster,
      node,
      inc,
      helloNo: this.#helloNo,
      maxCtr: this.#host.maxCtr(),
      offer,
    });
  }

  #up(peer: Peer, connection: Connection, frame: HelloFrame, nowMs: number): void {
    this.#nowMs = nowMs;
    connection.decoder.handshakeDone();
    const node = peer.address.node;
    const { untoldSuspectMs } = this.#options.timing;
    const { inc, helloNo: peerHelloNo } = frame;
    const link = new Link({ node, inc, connection, peerHelloNo, untoldSuspectMs, nowMs });
    peer.link = link;
    peer.become('up', '', nowMs);
    this.#byConn.set(connection.conn, peer);
    this.#links.set(node, link);
    this.#reach.delete(node);
    this.#reachDue = true;
    this.#outbox.event({ type: 'linkUp', peer: node });
    this.#host.linkUp(link, frame.maxCtr);
  }

  #down(link: Link, cause: LossCause, detail: string, how: 'closed' | 'destroy' | 'goodbye'): void {
    const peer = this.#byConn.get(link.connection.conn);
    this.#byConn.delete(link.connection.conn);
    this.#links.delete(link.node);
    this.#reachDue = true;
    if (how === 'destroy') this.#outbox.destroy(link.connection.conn);
    if (how === 'goodbye') this.#goodbye(link.connection, detail);
    if (peer !== undefined) {
      peer.unlink();
      peer.reconnects += 1;
      if (this.#nowMs - link.upAtMs >= this.#options.timing.linkStableMs) peer.forgetFailures();
      peer.become('waiting', detail, this.#nowMs);
      peer.retryLater(this.#options, this.#prng, this.#nowMs);
    }
    this.#host.count(`link_down_${cause}`);
    this.#outbox.event({ type: 'linkDown', peer: link.node, cause, detail });
    this.#host.linkDown(link, cause);
  }

  #goodbye(connection: Connection, reason: string): void {
    this.#write(connection, encodeServerFrame({ type: 'bye', reason }));
    this.#outbox.end(connection);
  }

  #write(connection: Connection, frame: Buffer): void {
    this.#outbox.write(connection, frame, 1, this.#nowMs);
  }

  #dropDial(peer: Peer, reason: string): void {
    if (peer.dial === undefined) return;
    this.#host.count(`closed_${reason.replaceAll(' ', '_')}`);
    this.#byConn.delete(peer.dial.conn);
    this.#outbox.destroy(peer.dial.conn);
    peer.dial = undefined;
  }

  #tend(peer: Peer, nowMs: number): void {
    if (peer.link !== undefined) {
      if (nowMs - peer.link.upAtMs >= this.#options.timing.linkStableMs) peer.forgetFailures();
      return;
    }
    if (peer.dial !== undefined) {
      const standsSinceMs = peer.dial.greeted?.connection.openedAtMs;
      if (standsSinceMs === undefined || nowMs - standsSinceMs < this.#options.timing.handshakeMs) return;
      this.#dropDial(peer, 'no answer');
      peer.become('waiting', 'no answer to HELLO', nowMs);
      peer.retryLater(this.#options, this.#prng, nowMs);
      return;
    }
    if (nowMs < peer.retryAtMs) return;
    const conn = this.#nextConn;
    this.#nextConn += 2;
    peer.dial = { conn, greeted: undefined };
    this.#byConn.set(conn, peer);
    if (peer.state !== 'refused') peer.become('dialing', peer.detail, nowMs);
    const { host, port, bindAddress } = peer.address;
    this.#outbox.push({ type: 'dial', conn, host, port, bindAddress, timeoutMs: this.#dialMs() });
  }

  /** A kernel repeats its SYN ever more slowly, so a new attempt each reconnect_interval finds a healed way sooner. */
  #dialMs(): number {
    return Math.min(this.#options.connectTimeoutMs, this.#options.reconnectIntervalMs);
  }

  #silenceMs(): number {
    return Math.round(Math.min(this.#options.timing.suspectMs, this.#options.idleTimeoutMs));
  }

  #closeCondemned(): void {
    for (let next = this.#condemned.shift(); next !== undefined; next = this.#condemned.shift()) {
      const { link, cause, detail } = next;
      if (this.#links.get(link.node) === link) this.#down(link, cause, detail, 'destroy');
    }
  }

  #heartbeats(nowMs: number): void {
    const silenceMs = this.#silenceMs();
    const { timing, keepaliveIntervalMs } = this.#options;
    const neededMs = silenceMs < timing.suspectMs ? heartbeatFor(silenceMs) : timing.heartbeatMs;
    const heartbeatMs = Math.min(timing.heartbeatMs, keepaliveIntervalMs, neededMs);
    const urgent = this.#stableDue;
    this.#stableDue = false;
    for (const link of this.#links.values()) {
      if (!urgent && !link.heartbeatDue(heartbeatMs, nowMs)) continue;
      const frame = link.heartbeat({ ...this.#host.heartbeatFields(link.node), silenceMs }, nowMs);
      this.#outbox.write(link.connection, encodeServerFrame(frame), 1, nowMs);
    }
  }
}

/** What the other end says of a refusal is its own text, so only reasons that are known here are counted by name. */
function countedAs(reason: string): string {
  const [kind = '', said] = reason.split(': ');
  return kind === 'refused' && (said === 'no key' || said === 'wrong key') ? said : kind;
}

function badFirst(frame: ServerFrame | OtherVersion): string {
  return frame.type === 'otherVersion' ? 'wrong version' : 'bad first frame';
}
