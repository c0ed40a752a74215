/**
 * Bytes to server frames. Undefined for anything that is not exactly one well-formed frame; the caller closes that
 * connection. The layout is the one encode-frames.ts writes.
 */

import type { NodeName } from '../model/names.ts';
import { readChallenge, readOffer, readProof } from './auth-frames.ts';
import { ByteReader } from './bytes.ts';
import type { RawFrame } from './frame-decoder.ts';
import {
  type Batch,
  FLAG_NEED_GROUPS,
  FLAG_OWN,
  FLAG_SAFE,
  type HeartbeatFrame,
  type HelloFrame,
  LOSS_CAUSES,
  type LostServer,
  MAGIC,
  type Membership,
  NACK_REASONS,
  type NackFrame,
  type OtherVersion,
  type Plan,
  PROTOCOL_VERSION,
  SERVER_FRAME,
  type ServerFrame,
  type StateFrame,
} from './frames.ts';
import { type Attempt, NODE_NAME_BYTES_MAX, type ProcessId, SESSION_BYTES_MAX } from './ids.ts';

/** The frame, or undefined when type or fields are not those of a server frame. */
export function decodeServerFrame(raw: RawFrame): ServerFrame | OtherVersion | undefined {
  const r = new ByteReader(raw.body);
  const frame = readFrame(raw, r);
  return r.complete ? frame : undefined;
}

function readFrame(raw: RawFrame, r: ByteReader): ServerFrame | OtherVersion | undefined {
  switch (raw.type) {
    case SERVER_FRAME.hello:
      return readHello(r);
    case SERVER_FRAME.heartbeat:
      return { type: 'heartbeat', view: attempt(r), recv: r.u64(), stable: r.u64(), ...readTimes(r) };
    case SERVER_FRAME.reach:
      return { type: 'reach', ver: r.u64(), sees: r.list(() => process(r)) };
    case SERVER_FRAME.data:
      return { type: 'data', view: attempt(r), batch: batch(r, raw) };
    case SERVER_FRAME.order:
      return {
        type: 'order',
        view: attempt(r),
        gseq: r.u64(),
        stable: r.u64(),
        batch: batch(r, raw),
        own: (raw.flags & FLAG_OWN) !== 0,
      };
    case SERVER_FRAME.ack:
      return { type: 'ack', view: attempt(r), recv: r.u64() };
    case SERVER_FRAME.propose:
      return { type: 'propose', att: attempt(r), members: r.list(() => process(r)) };
    case SERVER_FRAME.nack:
      return readNack(r);
    case SERVER_FRAME.state:
      return readState(r);
    case SERVER_FRAME.plan:
      return { type: 'plan', plan: readPlan(raw, r) };
    case SERVER_FRAME.repair:
      return { type: 'repair', att: attempt(r), view: attempt(r), gseq: r.u64(), batch: batch(r, raw) };
    case SERVER_FRAME.pending:
      return { type: 'pending', att: attempt(r), view: attempt(r), batch: batch(r, raw) };
    case SERVER_FRAME.ready:
      return { type: 'ready', att: attempt(r), memberships: memberships(r) };
    case SERVER_FRAME.install:
      return {
        type: 'install',
        att: attempt(r),
        groups: r.list(() => ({ node: node(r), memberships: memberships(r) })),
      };
    case SERVER_FRAME.leave:
      return { type: 'leave', reason: r.text() };
    case SERVER_FRAME.bye:
      return { type: 'bye', reason: r.text() };
    case SERVER_FRAME.challenge:
      return readChallenge(r);
    case SERVER_FRAME.proof:
      return readProof(r);
    default:
      return undefined;
  }
}

function readHello(r: ByteReader): HelloFrame | OtherVersion | undefined {
  if (r.u32() !== MAGIC) return undefined;
  const version = r.u16();
  if (version !== PROTOCOL_VERSION) {
    r.rest();
    return { type: 'otherVersion', version };
  }
  return {
    type: 'hello',
    cluster: r.text(),
    node: node(r),
    inc: r.u64(),
    helloNo: r.u64(),
    maxCtr: r.u64(),
    offer: readOffer(r),
  };
}

function readTimes(
  r: ByteReader,
): Pick<HeartbeatFrame, 'silenceMs' | 'sentAtMs' | 'echoSentAtMs' | 'echoHeldMs'> {
  return { silenceMs: r.u32(), sentAtMs: r.f64(), echoSentAtMs: r.f64(), echoHeldMs: r.f64() };
}

function readNack(r: ByteReader): NackFrame | undefined {
  const att = attempt(r);
  const maxCtr = r.u64();
  const reason = NACK_REASONS[r.u8()];
  const nodes = r.list(() => node(r));
  return reason === undefined ? undefined : { type: 'nack', att, maxCtr, reason, nodes };
}

function readState(r: ByteReader): StateFrame {
  return {
    type: 'state',
    att: attempt(r),
    oldView: attempt(r),
    oldMembers: r.list(() => process(r)),
    recv: r.u64(),
    stable: r.u64(),
    pending: r.list(() => ({ origin: node(r), b: r.u32() })),
    obliged: r.list(() => ({ origin: node(r), b: r.u32() })),
    lost: lost(r),
  };
}

function readPlan(raw: RawFrame, r: ByteReader): Plan {
  return {
    att: attempt(r),
    members: r.list(() => ({ ...process(r), old: r.u16() })),
    oldViews: r.list(() => ({
      view: attempt(r),
      together: r.list(() => node(r)),
      cut: r.u64(),
      stableMax: r.u64(),
      holder: node(r),
      recvOf: r.list(() => r.u64()),
      pending: r.list(() => ({ origin: node(r), b: r.u32(), holder: node(r) })),
      lost: lost(r),
    })),
    needGroups: (raw.flags & FLAG_NEED_GROUPS) !== 0,
  };
}

/** Names inside frames of an accepted link are those the peer itself accepted; they are only compared. */
function node(r: ByteReader): NodeName {
  return r.text(NODE_NAME_BYTES_MAX) as NodeName;
}

/** Private names are made of it, so it must leave room in a text field. */
function session(r: ByteReader): string {
  return r.text(SESSION_BYTES_MAX);
}

function attempt(r: ByteReader): Attempt {
  return { ctr: r.u64(), inc: r.u64(), coord: node(r) };
}

function process(r: ByteReader): ProcessId {
  return { node: node(r), inc: r.u64() };
}

function batch(r: ByteReader, raw: RawFrame): Batch {
  const origin = node(r);
  const safe = (raw.flags & FLAG_SAFE) !== 0;
  return { origin, b: r.u32(), count: r.u32(), safe, body: r.rest() };
}

function memberships(r: ByteReader): Membership[] {
  return r.list(() => ({ group: r.text(), cid: r.u32(), session: session(r), capabilities: r.blob() }));
}

function lost(r: ByteReader): LostServer[] {
  return r.list(() => ({ ...process(r), cause: LOSS_CAUSES[r.u8()] ?? 'closed' }));
}
