/** Server frames to bytes. The layout is the one decode-frames.ts reads. */

import { putChallenge, putOffer } from './auth-frames.ts';
import { ByteWriter } from './bytes.ts';
import {
  type BatchFrame,
  FLAG_NEED_GROUPS,
  FLAG_OWN,
  FLAG_SAFE,
  LOSS_CAUSES,
  type LostServer,
  MAGIC,
  type Membership,
  NACK_REASONS,
  type PlainFrame,
  type Plan,
  PROTOCOL_VERSION,
  SERVER_FRAME,
  type ServerFrame,
  type StateFrame,
} from './frames.ts';
import type { Attempt, ProcessId } from './ids.ts';

export function encodeFrame(type: number, flags: number, fill: (w: ByteWriter) => void): Buffer {
  return encodeHead(type, flags, fill, 0);
}

/** The head of a frame that `bodyBytes` further bytes complete. */
export function encodeHead(
  type: number,
  flags: number,
  fill: (w: ByteWriter) => void,
  bodyBytes: number,
): Buffer {
  const w = new ByteWriter();
  w.u32(0).u8(type).u8(flags).u16(0);
  fill(w);
  w.patchU32(0, w.length - 4 + bodyBytes);
  return w.finish();
}

export function encodeServerFrame(frame: ServerFrame): Buffer {
  if ('batch' in frame) return encodeBatchFrame(frame);
  const type = SERVER_FRAME[frame.type];
  if (frame.type === 'plan') {
    const { plan } = frame;
    return encodeFrame(type, plan.needGroups ? FLAG_NEED_GROUPS : 0, (w) => putPlan(w, plan));
  }
  return encodeFrame(type, 0, (w) => putFields(w, frame));
}

function encodeBatchFrame(frame: BatchFrame): Buffer {
  const head = encodeBatchHead(frame);
  return frame.type === 'order' && frame.own ? head : Buffer.concat([head, frame.batch.body]);
}

/** A frame without the body of its batch, which has to follow: so that the body need not be copied. */
export function encodeBatchHead(frame: BatchFrame): Buffer {
  const { batch } = frame;
  const fill = (w: ByteWriter) => {
    if (frame.type === 'repair' || frame.type === 'pending') putAttempt(w, frame.att);
    putAttempt(w, frame.view);
    if (frame.type === 'order') w.u64(frame.gseq).u64(frame.stable);
    if (frame.type === 'repair') w.u64(frame.gseq);
    w.text(batch.origin).u32(batch.b).u32(batch.count);
  };
  const own = frame.type === 'order' && frame.own;
  const flags = (batch.safe ? FLAG_SAFE : 0) | (own ? FLAG_OWN : 0);
  return encodeHead(SERVER_FRAME[frame.type], flags, fill, own ? 0 : batch.body.length);
}

function putFields(w: ByteWriter, frame: PlainFrame): void {
  switch (frame.type) {
    case 'hello':
      w.u32(MAGIC).u16(PROTOCOL_VERSION).text(frame.cluster).text(frame.node);
      w.u64(frame.inc).u64(frame.helloNo).u64(frame.maxCtr);
      putOffer(w, frame.offer);
      return;
    case 'challenge':
      putChallenge(w, frame);
      return;
    case 'proof':
      w.raw(frame.proof);
      return;
    case 'heartbeat':
      putAttempt(w, frame.view);
      w.u64(frame.recv).u64(frame.stable).u32(frame.silenceMs);
      w.f64(frame.sentAtMs).f64(frame.echoSentAtMs).f64(frame.echoHeldMs);
      return;
    case 'reach':
      w.u64(frame.ver).list(frame.sees, (process) => putProcess(w, process));
      return;
    case 'ack':
      putAttempt(w, frame.view);
      w.u64(frame.recv);
      return;
    case 'propose':
      putAttempt(w, frame.att);
      w.list(frame.members, (member) => putProcess(w, member));
      return;
    case 'nack':
      putAttempt(w, frame.att);
      w.u64(frame.maxCtr).u8(NACK_REASONS.indexOf(frame.reason));
      w.list(frame.nodes, (node) => w.text(node));
      return;
    case 'state':
      putState(w, frame);
      return;
    case 'ready':
      putAttempt(w, frame.att);
      putMemberships(w, frame.memberships);
      return;
    case 'install':
      putAttempt(w, frame.att);
      w.list(frame.groups, (server) => {
        w.text(server.node);
        putMemberships(w, server.memberships);
      });
      return;
    case 'leave':
    case 'bye':
      w.text(frame.reason.slice(0, 1_000));
      return;
  }
}

function putAttempt(w: ByteWriter, att: Attempt): void {
  w.u64(att.ctr).u64(att.inc).text(att.coord);
}

function putProcess(w: ByteWriter, process: ProcessId): void {
  w.text(process.node).u64(process.inc);
}

function putMemberships(w: ByteWriter, memberships: readonly Membership[]): void {
  w.list(memberships, (item) => w.text(item.group).u32(item.cid).text(item.session).blob(item.capabilities));
}

function putLost(w: ByteWriter, lost: readonly LostServer[]): void {
  w.list(lost, (server) => {
    putProcess(w, server);
    w.u8(LOSS_CAUSES.indexOf(server.cause));
  });
}

function putState(w: ByteWriter, frame: StateFrame): void {
  putAttempt(w, frame.att);
  putAttempt(w, frame.oldView);
  w.list(frame.oldMembers, (member) => putProcess(w, member));
  w.u64(frame.recv).u64(frame.stable);
  w.list(frame.pending, (ref) => w.text(ref.origin).u32(ref.b));
  w.list(frame.obliged, (ref) => w.text(ref.origin).u32(ref.b));
  putLost(w, frame.lost);
}

function putPlan(w: ByteWriter, plan: Plan): void {
  putAttempt(w, plan.att);
  w.list(plan.members, (member) => {
    putProcess(w, member);
    w.u16(member.old);
  });
  w.list(plan.oldViews, (old) => {
    putAttempt(w, old.view);
    w.list(old.together, (node) => w.text(node));
    w.u64(old.cut).u64(old.stableMax).text(old.holder);
    w.list(old.recvOf, (recv) => w.u64(recv));
    w.list(old.pending, (ref) => w.text(ref.origin).u32(ref.b).text(ref.holder));
    putLost(w, old.lost);
  });
}
