/**
 * The msgc_server: one listener for servers and clients, the mesh, the order, view changes, groups and clients,
 * composed into one pure core. It routes frames; what they mean is decided in the parts. Rules: SPEC.md.
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import { Prng } from '../base/prng.ts';
import type { StreamCloseReason, StreamEffect, StreamInput } from '../base/stream-io.ts';
import type { NodeName } from '../model/names.ts';
import { Batcher } from './batcher.ts';
import type { LossCause } from './client-api.ts';
import { Clients } from './clients.ts';
import { type Connection, Outbox } from './connection.ts';
import { decodeServerFrame } from './decode-frames.ts';
import { Fanout } from './fanout.ts';
import type { RawFrame } from './frame-decoder.ts';
import type { HeartbeatFrame, LostServer, OrderedFrame, OtherVersion, ServerFrame } from './frames.ts';
import { type ProcessId, type View, viewIdText } from './ids.ts';
import type { Link } from './link.ts';
import { DUPLICATE_LINK, Mesh } from './mesh.ts';
import type { MsgcServerOptions } from './options.ts';
import { Order } from './order.ts';
import type { ServerProbe } from './probe.ts';
import { type BusViewRecord, type ServerEvent, type ServerStatus, VIEW_RECORDS_MAX } from './server-api.ts';
import { SlowWatch } from './slow-watch.ts';
import { Strangers } from './strangers.ts';
import { ViewChange } from './view-change.ts';

export type MsgcServerInput =
  | StreamInput
  | { readonly type: 'optionsChanged'; readonly options: MsgcServerOptions }
  /** Graceful stop: says LEAVE to servers and BYE to clients, then closes everything. */
  | { readonly type: 'leave' };

export type MsgcServerEffect = StreamEffect | { readonly type: 'event'; readonly event: ServerEvent };

/** Pauses of this process are told for so long. */
const PAUSES_KEPT_MS = 60_000;

export type MsgcServerParts = {
  /** Name of this node as the peers configure it. */
  readonly node: NodeName;
  /** Grows with each start of the process on this node, for example its start time in microseconds. */
  readonly incarnation: number;
  /** Only processes with the same cluster name talk to each other. */
  readonly cluster: string;
  readonly options: MsgcServerOptions;
  /** Seed of the jitter in waits; any integer. */
  readonly seed: number;
  /** Monotonic moment of the start. */
  readonly nowMs: number;
  readonly probe?: ServerProbe;
};

/**
 * Feed it every fact of one listener and of its own dials (base/stream-io.ts) through `drive`; it dials odd
 * connection numbers from 1. After `leave` it only closes. `status` may be called at any time.
 */
export class MsgcServer implements Core<MsgcServerInput | DeadlineReached, MsgcServerEffect> {
  readonly #me: ProcessId;
  readonly #outbox = new Outbox<ServerEvent>();
  readonly #counters: Record<string, number> = {};
  readonly #refusals: Record<string, number> = {};
  readonly #startedAtMs: number;
  readonly #strangers: Strangers;
  readonly #mesh: Mesh;
  readonly #order: Order;
  readonly #views: ViewChange;
  readonly #fanout: Fanout;
  readonly #clients: Clients;
  readonly #batcher: Batcher;
  readonly #slow = new SlowWatch();
  #pauses: readonly { readonly atMs: number; readonly gapMs: number }[] = [];
  #options: MsgcServerOptions;
  #viewRecords: readonly BusViewRecord[] = [];
  #lastStepMs: number;
  #nextTickMs: number;
  #nowMs: number;
  #left = false;

  constructor(parts: MsgcServerParts) {
    const { options, nowMs, probe = {} } = parts;
    this.#me = { node: parts.node, inc: parts.incarnation };
    this.#options = options;
    this.#startedAtMs = nowMs;
    this.#lastStepMs = nowMs;
    this.#nextTickMs = nowMs;
    this.#nowMs = nowMs;
    const prng = new Prng(parts.seed);
    const count = (counter: string) => this.#count(counter);
    const { timing, windows, maxBacklog } = options;
    const beforeAnyView = viewBeforeAny(this.#me);
    this.#fanout = new Fanout(parts.node, beforeAnyView, {
      mailboxOf: (cid) => this.#clients.mailboxOf(cid),
      cidOf: (session) => this.#clients.cidOf(session),
      deliver: (cid, frame, messages, body) => this.#clients.deliver(cid, frame, messages, body),
      count,
    });
    this.#strangers = this.#receiveStrangers(parts);
    this.#mesh = new Mesh({
      me: this.#me,
      cluster: parts.cluster,
      options,
      outbox: this.#outbox,
      prng: prng.fork(),
      nowMs,
      host: {
        linkUp: (link, maxCtr) => this.#views.linkUp({ node: link.node, inc: link.inc }, maxCtr, this.#nowMs),
        linkDown: (link, cause) =>
          this.#views.linkDown({ node: link.node, inc: link.inc }, cause, this.#nowMs),
        reachChanged: (node) => this.#views.reachChanged(node, this.#nowMs),
        heartbeatFields: (to) => this.#heartbeatFields(to),
        maxCtr: () => this.#views.maxCtr,
        refused: (remote, reason, told) => this.#refused(remote, reason, told),
        count,
      },
    });
    this.#order = new Order({
      me: parts.node,
      view: beforeAnyView,
      timing,
      windows,
      maxBacklog,
      probe,
      host: {
        send: (to, frame, messages, body) => this.#mesh.send(to, frame, messages, body),
        backlogOf: (node) => this.#mesh.backlogOf(node),
        deliver: (delivery) => this.#fanout.delivered(delivery),
        announceStable: () => this.#mesh.announceStable(),
        condemn: (node, cause, detail) => this.#mesh.condemn(node, cause, detail),
        count,
      },
    });
    this.#views = new ViewChange({
      me: this.#me,
      mesh: this.#mesh,
      order: this.#order,
      timing,
      prng: prng.fork(),
      probe,
      nowMs,
      host: {
        membershipsAfter: (bodies) => this.#fanout.tables.membershipsAfter(parts.node, bodies),
        transition: (old, next) => this.#fanout.transition(old, next),
        installed: ({ view, old, groups, early, tookMs }) => {
          this.#fanout.installed(view, old, groups);
          this.#installed(view, old.lost, tookMs);
          for (const { from, frame } of early) this.#ordered(from, frame);
        },
        count,
      },
    });
    this.#batcher = new Batcher(windows, maxBacklog, (body) => this.#order.submit(body));
    this.#clients = new Clients({
      me: parts.node,
      cluster: parts.cluster,
      options,
      outbox: this.#outbox,
      host: { order: this.#order, submit: (op) => this.#batcher.add(op), count },
    });
  }

  #receiveStrangers({ node, options }: MsgcServerParts): Strangers {
    return new Strangers({
      me: node,
      secrets: options.secrets,
      outbox: this.#outbox,
      host: {
        greeted: (connection, greeting, atMs) =>
          greeting.type === 'hello'
            ? this.#mesh.greeted(connection, greeting, atMs)
            : this.#clients.greeted(connection, greeting, atMs),
        refused: ({ remote }, reason) => this.#refused(remote, reason),
        count: (counter) => this.#count(counter),
      },
    });
  }

  get deadlineMs(): number | undefined {
    if (this.#left) return undefined;
    if (this.#batcher.open && !this.#order.busy) return this.#nowMs;
    return Math.min(this.#nextTickMs, this.#views.deadlineMs ?? Infinity, this.#order.deadlineMs ?? Infinity);
  }

  step(input: MsgcServerInput | DeadlineReached, nowMs: number): readonly MsgcServerEffect[] {
    this.#nowMs = nowMs;
    if (this.#left) return this.#outbox.take();
    this.#judgeOwnPause(nowMs);
    this.#take(input, nowMs);
    // Bytes that left are the most frequent news, and mostly none that anybody waited for.
    if (input.type === 'drained' && !this.#order.blocked) return this.#outbox.take();
    // Not before what has arrived by now was taken.
    if (input.type === 'deadlineReached' && nowMs >= this.#nextTickMs) this.#tick(nowMs);
    this.#views.tick(nowMs);
    if (!this.#left) this.#settle(input.type === 'deadlineReached', nowMs);
    return this.#outbox.take();
  }

  status(nowMs: number): ServerStatus {
    return {
      node: this.#me.node,
      state: this.#views.mode,
      view: this.#viewRecords.at(-1),
      links: this.#mesh.status(),
      reach: this.#mesh.reachStatus(),
      clients: this.#clients.size,
      incarnation: this.#me.inc,
      startedAtMs: this.#startedAtMs,
      authenticated: this.#options.secrets !== undefined,
      maxBacklog: this.#options.maxBacklog,
      refusals: this.#refusals,
      views: this.#viewRecords,
      groups: this.#fanout.tables.groupNames().map((group) => ({
        group,
        members: this.#fanout.tables.membersOf(group).map(({ name }) => name),
      })),
      pausedMs: this.#pausesSince(nowMs - PAUSES_KEPT_MS).reduce((sum, { gapMs }) => sum + gapMs, 0),
      counters: {
        ...this.#counters,
        retained_batches: this.#order.retained,
        queued_batches: this.#order.queued,
      },
    };
  }

  #take(input: MsgcServerInput | DeadlineReached, nowMs: number): void {
    switch (input.type) {
      case 'accepted':
        this.#strangers.accepted(input.conn, input.remote, nowMs);
        return;
      case 'connected':
        this.#mesh.connected(input.conn, input.remote, nowMs);
        return;
      case 'received':
        this.#received(input.conn, input.bytes, nowMs);
        return;
      case 'drained':
        this.#connectionOf(input.conn)?.drained(input.pendingBytes);
        if (!this.#order.blocked) return;
        this.#order.orderWaiting();
        this.#order.pump();
        return;
      case 'closed':
        this.#closed(input.conn, input.reason, input.detail, nowMs);
        return;
      case 'optionsChanged':
        this.#options = input.options;
        this.#strangers.configure(input.options.secrets);
        this.#mesh.configure(input.options, nowMs);
        this.#clients.configure(input.options);
        this.#batcher.setMaxBacklog(input.options.maxBacklog);
        this.#order.setMaxBacklog(input.options.maxBacklog);
        this.#order.setTiming(input.options.timing);
        this.#views.setTiming(input.options.timing);
        return;
      case 'leave':
        this.#leave(nowMs);
        return;
      case 'deadlineReached':
        return;
      default:
        unreachable(input);
    }
  }

  /** evs.md 6.5: after a pause nobody is judged by what this process could not hear. */
  #judgeOwnPause(nowMs: number): void {
    const gapMs = nowMs - this.#lastStepMs;
    this.#lastStepMs = nowMs;
    if (gapMs <= this.#options.timing.ownPauseMs) return;
    this.#count('own_pauses');
    this.#outbox.event({ type: 'paused', gapMs });
    this.#pauses = [...this.#pausesSince(nowMs - PAUSES_KEPT_MS), { atMs: nowMs, gapMs }];
    this.#slow.forgivePause();
    this.#mesh.forgivePause(gapMs);
    this.#clients.forgivePause(gapMs);
    this.#views.forgivePause(gapMs);
    this.#order.forgivePause(gapMs);
  }

  #tick(nowMs: number): void {
    this.#nextTickMs = nowMs + this.#options.timing.tickMs;
    this.#mesh.tick(nowMs);
    this.#judgeSlow(nowMs);
    this.#clients.tick(nowMs);
    this.#strangers.tick(this.#options.timing.handshakeMs, nowMs);
  }

  #judgeSlow(nowMs: number): void {
    const { maxBacklog } = this.#options;
    const facts = { maxBacklog, heldUpBy: this.#order.heldUpBy };
    for (const { peer, reason } of this.#slow.look(this.#mesh.links.values(), facts, nowMs)) {
      if (reason === undefined) this.#outbox.event({ type: 'linkRecovered', peer });
      else this.#outbox.event({ type: 'linkSlow', peer, reason });
    }
  }

  #pausesSince(momentMs: number) {
    return this.#pauses.filter(({ atMs }) => atMs > momentMs);
  }

  #settle(turnEnds: boolean, nowMs: number): void {
    this.#clients.settle(nowMs);
    if (turnEnds && !this.#order.busy) this.#batcher.close();
    this.#order.settle(nowMs);
    this.#mesh.settle(nowMs);
  }

  #connectionOf(conn: number): Connection | undefined {
    return (
      this.#mesh.connectionOf(conn) ?? this.#clients.connectionOf(conn) ?? this.#strangers.connectionOf(conn)
    );
  }

  #received(conn: number, bytes: Buffer, nowMs: number): void {
    const connection = this.#connectionOf(conn);
    if (connection === undefined) return;
    connection.received(bytes, nowMs);
    // A frame may close its own connection; then the rest of the bytes is nobody's.
    while (this.#connectionOf(conn) === connection) {
      const raw = connection.decoder.next();
      if (raw === undefined) return;
      if (typeof raw === 'string') this.#refuse(connection, raw, nowMs);
      else this.#frame(connection, raw, nowMs);
    }
  }

  #frame(connection: Connection, raw: RawFrame, nowMs: number): void {
    const { conn } = connection;
    if (this.#strangers.connectionOf(conn) !== undefined) {
      this.#strangers.received(conn, raw, nowMs);
      return;
    }
    if (this.#clients.connectionOf(conn) !== undefined) {
      const fault = this.#clients.received(conn, raw, nowMs);
      if (fault !== undefined) this.#refuse(connection, fault, nowMs);
      return;
    }
    const frame = decodeServerFrame(raw);
    const link = this.#mesh.linkOf(conn);
    if (frame === undefined) this.#refuse(connection, 'bad frame', nowMs);
    else if (link === undefined) this.#mesh.answered(conn, frame, nowMs);
    else this.#linkFrame(link, frame, nowMs);
  }

  #linkFrame(link: Link, frame: ServerFrame | OtherVersion, nowMs: number): void {
    link.connection.took('batch' in frame ? frame.batch.count : 1);
    switch (frame.type) {
      case 'heartbeat':
        link.heard(frame, nowMs);
        this.#order.ack(link.node, frame.view, frame.recv);
        this.#order.stableFrom(link.node, frame.view, frame.stable);
        return;
      case 'reach':
        this.#mesh.heardReach(link, frame.sees);
        return;
      case 'data':
      case 'order':
      case 'ack':
        if (!this.#views.keepEarly(link.node, frame)) this.#ordered(link.node, frame);
        return;
      case 'leave':
        this.#mesh.parted(link, 'leave', frame.reason, nowMs);
        return;
      case 'bye':
        this.#mesh.parted(link, 'closed', frame.reason, nowMs);
        return;
      case 'hello':
      case 'challenge':
      case 'proof':
      case 'otherVersion':
        this.#refuse(link.connection, 'bad frame', nowMs);
        return;
      default:
        this.#views.receive(link.node, frame, nowMs);
    }
  }

  #ordered(from: NodeName, frame: OrderedFrame): void {
    if (frame.type === 'data') this.#order.data(from, frame.view, frame.batch);
    else if (frame.type === 'order') this.#order.order(from, frame);
    else this.#order.ack(from, frame.view, frame.recv);
  }

  #closed(conn: number, reason: StreamCloseReason, detail: string, nowMs: number): void {
    this.#strangers.closed(conn);
    const text = detail === '' ? reason : `${reason}: ${detail}`;
    const cause: LossCause = 'closed';
    if (this.#mesh.owns(conn)) this.#mesh.closed(conn, cause, text, nowMs);
    else this.#clients.closed(conn, cause, text);
  }

  #refuse(connection: Connection, reason: string, nowMs: number): void {
    const { conn } = connection;
    if (this.#mesh.owns(conn)) {
      this.#mesh.refuse(connection, reason, nowMs);
    } else if (this.#clients.connectionOf(conn) !== undefined) {
      this.#refused(connection.remote, reason);
      this.#clients.refuse(conn, reason);
    } else {
      this.#strangers.refuse(connection, reason, nowMs);
    }
  }

  /** @param reason one of few, because it is counted; `told` is what people read where that says more. */
  #refused(remote: string, reason: string, told = reason): void {
    this.#count(`closed_${reason.replaceAll(' ', '_')}`);
    if (reason === DUPLICATE_LINK) return;
    this.#refusals[reason] = (this.#refusals[reason] ?? 0) + 1;
    this.#outbox.event({ type: 'connectionRefused', remote, reason: told });
  }

  #installed(view: View, lost: readonly LostServer[], tookMs: number | undefined): void {
    this.#count('views');
    const members = view.members.map(({ node }) => node);
    const before = this.#viewRecords.at(-1)?.members ?? [];
    const status = { viewId: viewIdText(view.id), members, installedAtMs: this.#nowMs };
    const record: BusViewRecord = {
      ...status,
      tookMs,
      joined: members.filter((node) => !before.includes(node)),
      lost: lost.map(({ node, cause }) => ({ node, cause })),
    };
    this.#viewRecords = [...this.#viewRecords, record].slice(-VIEW_RECORDS_MAX);
    this.#outbox.event({ type: 'viewInstalled', view: status, lost: record.lost });
  }

  #heartbeatFields(to: NodeName): Pick<HeartbeatFrame, 'view' | 'recv' | 'stable'> {
    if (to === this.#order.sequencer) this.#order.acknowledged(this.#nowMs);
    // A torn view is no view to name: whoever proposes learns from it that this member needs a new one.
    const view = this.#order.torn ? { ...this.#order.view.id, ctr: 0 } : this.#order.view.id;
    return { view, recv: this.#order.recv, stable: this.#order.stable };
  }

  #leave(nowMs: number): void {
    this.#left = true;
    this.#clients.leave();
    this.#mesh.leave(nowMs);
    this.#strangers.leave();
  }

  #count(counter: string): void {
    this.#counters[counter] = (this.#counters[counter] ?? 0) + 1;
  }
}

function viewBeforeAny(me: ProcessId): View {
  return { id: { ctr: 0, coord: me.node, inc: me.inc }, members: [me] };
}
