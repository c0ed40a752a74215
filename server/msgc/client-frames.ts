/**
 * Frames between a client and its server. A mailbox is named by its index in the CONNECT frame. Sender names are not
 * in what a client sends: the server stamps them (G6). Rules: SPEC.md BUS-50 to BUS-58.
 */

import { type GroupName, type NodeName, type PrivateName, parseGroupName } from '../model/names.ts';
import {
  type AuthOffer,
  type ChallengeFrame,
  type ProofFrame,
  putChallenge,
  putOffer,
  readChallenge,
  readOffer,
  readProof,
} from './auth-frames.ts';
import { ByteReader, type ByteWriter } from './bytes.ts';
import type { BusRequest, GroupView, LossCause, Service } from './client-api.ts';
import { encodeFrame, encodeHead } from './encode-frames.ts';
import type { RawFrame } from './frame-decoder.ts';
import { MAGIC, type OtherVersion, PROTOCOL_VERSION, SERVER_FRAME } from './frames.ts';
import { countMessages } from './packet.ts';

export const CLIENT_FRAME = {
  connect: 32,
  accept: 33,
  join: 34,
  part: 35,
  multicast: 36,
  private: 37,
  deliver: 38,
  view: 39,
  transition: 40,
  ping: 41,
  pong: 42,
  bye: SERVER_FRAME.bye,
  challenge: SERVER_FRAME.challenge,
  proof: SERVER_FRAME.proof,
} as const;

/** Mailboxes that one client connection may carry. */
export const MAILBOXES_MAX = 16;
/** Groups that one message may name. */
export const MESSAGE_GROUPS_MAX = 64;
/** Longest payload of a message; console replies of 16 MiB travel in fragments or just fit. */
export const PAYLOAD_BYTES_MAX = 16 * 1024 * 1024;
/** MSG-32. */
export const CAPABILITIES_BYTES_MAX = 65_535;

export type ConnectFrame = {
  readonly type: 'connect';
  readonly cluster: string;
  /** Tells a client that comes back from another one that wants the same session name. */
  readonly instance: number;
  readonly sessions: readonly string[];
  /** Of a client with keys. */
  readonly offer?: AuthOffer | undefined;
};

/** What a client asks of the bus. */
export type ClientRequest =
  | {
      readonly type: 'join';
      readonly mailbox: number;
      readonly group: string;
      readonly capabilities: Buffer;
    }
  | { readonly type: 'part'; readonly mailbox: number; readonly group: string }
  | {
      readonly type: 'multicast';
      readonly mailbox: number;
      readonly service: Service;
      readonly groups: readonly string[];
      /** Messages in `messages`, which is packed as in packet.ts. */
      readonly count: number;
      readonly messages: Buffer;
    }
  | {
      readonly type: 'private';
      readonly mailbox: number;
      readonly to: string;
      readonly kind: number;
      readonly payload: Buffer;
    };

export type ClientFrame =
  | ConnectFrame
  | ChallengeFrame
  | ProofFrame
  | ClientRequest
  | { readonly type: 'accept'; readonly node: NodeName; readonly names: readonly PrivateName[] }
  | {
      readonly type: 'deliver';
      readonly mailbox: number;
      /** Empty for a private message. */
      readonly group: string;
      readonly sender: PrivateName;
      /** Packed as in packet.ts; not looked into here. */
      readonly messages: Buffer;
    }
  | { readonly type: 'view'; readonly mailbox: number; readonly view: GroupView }
  | { readonly type: 'transition'; readonly mailbox: number; readonly group: GroupName }
  | { readonly type: 'ping' | 'pong'; readonly sentAtMs: number }
  | { readonly type: 'bye'; readonly reason: string };

/** Frames that end with packed messages. */
export type MessagesFrame = Extract<ClientFrame, { readonly messages: Buffer }>;

const SERVICES: readonly Service[] = ['agreed', 'safe'];
const VIEW_CAUSES: readonly GroupView['cause'][] = ['join', 'leave', 'disconnect', 'network'];
const LOSS_CAUSES: readonly LossCause[] = ['closed', 'silence', 'leave', 'backlog'];

export function encodeClientFrame(frame: ClientFrame): Buffer {
  if (!('messages' in frame))
    return encodeFrame(CLIENT_FRAME[frame.type], 0, (w) => putClientFrame(w, frame));
  return Buffer.concat([encodeMessagesHead(frame), frame.messages]);
}

/** A frame without its messages, which have to follow: so that they need not be copied. */
export function encodeMessagesHead(frame: MessagesFrame): Buffer {
  return encodeHead(CLIENT_FRAME[frame.type], 0, (w) => putClientFrame(w, frame), frame.messages.length);
}

function putClientFrame(w: ByteWriter, frame: ClientFrame): void {
  switch (frame.type) {
    case 'connect':
      w.u32(MAGIC).u16(PROTOCOL_VERSION).text(frame.cluster).u64(frame.instance);
      w.list(frame.sessions, (session) => w.text(session));
      putOffer(w, frame.offer);
      return;
    case 'challenge':
      putChallenge(w, frame);
      return;
    case 'proof':
      w.raw(frame.proof);
      return;
    case 'accept':
      w.text(frame.node).list(frame.names, (name) => w.text(name));
      return;
    case 'join':
      w.u16(frame.mailbox).text(frame.group).blob(frame.capabilities);
      return;
    case 'part':
      w.u16(frame.mailbox).text(frame.group);
      return;
    case 'multicast':
      w.u16(frame.mailbox).u8(SERVICES.indexOf(frame.service));
      w.list(frame.groups, (group) => w.text(group));
      return;
    case 'private':
      w.u16(frame.mailbox).text(frame.to).u16(frame.kind).blob(frame.payload);
      return;
    case 'deliver':
      w.u16(frame.mailbox).text(frame.group).text(frame.sender);
      return;
    case 'view':
      w.u16(frame.mailbox);
      putView(w, frame.view);
      return;
    case 'transition':
      w.u16(frame.mailbox).text(frame.group);
      return;
    case 'ping':
    case 'pong':
      w.f64(frame.sentAtMs);
      return;
    case 'bye':
      w.text(frame.reason.slice(0, 1_000));
      return;
  }
}

function putView(w: ByteWriter, view: GroupView): void {
  w.text(view.group).text(view.viewId).u8(VIEW_CAUSES.indexOf(view.cause));
  w.list(view.members, (member) => w.text(member.name).blob(member.capabilities));
  w.list(view.joined, (name) => w.text(name));
  w.list(view.lost, (lost) => w.text(lost.name).u8(LOSS_CAUSES.indexOf(lost.cause)));
  w.list(view.transitional, (name) => w.text(name));
}

/** The frame, or undefined when type, fields or limits are not those of a client frame. */
export function decodeClientFrame(raw: RawFrame): ClientFrame | OtherVersion | undefined {
  const r = new ByteReader(raw.body);
  const frame = readClientFrame(raw, r);
  return r.complete && frame !== undefined && withinLimits(frame) ? frame : undefined;
}

function readClientFrame(raw: RawFrame, r: ByteReader): ClientFrame | OtherVersion | undefined {
  switch (raw.type) {
    case CLIENT_FRAME.connect:
      return readConnect(r);
    case CLIENT_FRAME.accept:
      return { type: 'accept', node: r.text() as NodeName, names: r.list(() => name(r)) };
    case CLIENT_FRAME.join:
      return { type: 'join', mailbox: r.u16(), group: r.text(), capabilities: r.blob() };
    case CLIENT_FRAME.part:
      return { type: 'part', mailbox: r.u16(), group: r.text() };
    case CLIENT_FRAME.multicast:
      return {
        type: 'multicast',
        mailbox: r.u16(),
        service: SERVICES[r.u8()] ?? 'agreed',
        groups: r.list(() => r.text()),
        ...messagesOf(r),
      };
    case CLIENT_FRAME.private:
      return { type: 'private', mailbox: r.u16(), to: r.text(), kind: r.u16(), payload: r.blob() };
    case CLIENT_FRAME.deliver:
      return {
        type: 'deliver',
        mailbox: r.u16(),
        group: r.text(),
        sender: name(r),
        messages: r.rest(),
      };
    case CLIENT_FRAME.view:
      return { type: 'view', mailbox: r.u16(), view: readView(r) };
    case CLIENT_FRAME.transition:
      return { type: 'transition', mailbox: r.u16(), group: r.text() as GroupName };
    case CLIENT_FRAME.ping:
      return { type: 'ping', sentAtMs: r.f64() };
    case CLIENT_FRAME.pong:
      return { type: 'pong', sentAtMs: r.f64() };
    case CLIENT_FRAME.bye:
      return { type: 'bye', reason: r.text() };
    case CLIENT_FRAME.challenge:
      return readChallenge(r);
    case CLIENT_FRAME.proof:
      return readProof(r);
    default:
      return undefined;
  }
}

function readConnect(r: ByteReader): ClientFrame | OtherVersion | undefined {
  if (r.u32() !== MAGIC) return undefined;
  const version = r.u16();
  if (version !== PROTOCOL_VERSION) {
    r.rest();
    return { type: 'otherVersion', version };
  }
  const [cluster, instance, sessions] = [r.text(), r.u64(), r.list(() => r.text())];
  return { type: 'connect', cluster, instance, sessions, offer: readOffer(r) };
}

function readView(r: ByteReader): GroupView {
  return {
    group: r.text() as GroupName,
    viewId: r.text(),
    cause: VIEW_CAUSES[r.u8()] ?? 'network',
    members: r.list(() => ({ name: name(r), capabilities: r.blob() })),
    joined: r.list(() => name(r)),
    lost: r.list(() => ({ name: name(r), cause: LOSS_CAUSES[r.u8()] ?? 'closed' })),
    transitional: r.list(() => name(r)),
  };
}

/** The rest of the frame; a count of 0 says that it is not whole messages. */
function messagesOf(r: ByteReader): { readonly count: number; readonly messages: Buffer } {
  const messages = r.rest();
  return { count: countMessages(messages, PAYLOAD_BYTES_MAX) ?? 0, messages };
}

function name(r: ByteReader): PrivateName {
  return r.text() as PrivateName;
}

function withinLimits(frame: ClientFrame | OtherVersion): boolean {
  if ('payload' in frame && frame.payload.length > PAYLOAD_BYTES_MAX) return false;
  switch (frame.type) {
    case 'connect':
      return frame.sessions.length > 0 && frame.sessions.length <= MAILBOXES_MAX;
    case 'join':
      return parseGroupName(frame.group).ok && frame.capabilities.length <= CAPABILITIES_BYTES_MAX;
    case 'part':
      return parseGroupName(frame.group).ok;
    case 'multicast':
      return (
        frame.count > 0 &&
        frame.groups.length > 0 &&
        frame.groups.length <= MESSAGE_GROUPS_MAX &&
        frame.groups.every((group) => parseGroupName(group).ok)
      );
    default:
      return true;
  }
}

const REQUEST_OVERHEAD_BYTES = 256;

/** What a waiting request counts for. */
export function requestBytes(request: ClientRequest): number {
  switch (request.type) {
    case 'part':
      return REQUEST_OVERHEAD_BYTES;
    case 'join':
      return REQUEST_OVERHEAD_BYTES + request.capabilities.length;
    case 'multicast':
      return REQUEST_OVERHEAD_BYTES + request.messages.length;
    case 'private':
      return REQUEST_OVERHEAD_BYTES + request.payload.length;
  }
}

/** A request that a server would take. */
export function requestFits(request: BusRequest): boolean {
  switch (request.type) {
    case 'join':
      return request.capabilities.length <= CAPABILITIES_BYTES_MAX;
    case 'leave':
      return true;
    case 'publish':
      return (
        request.payload.length <= PAYLOAD_BYTES_MAX &&
        request.groups.length > 0 &&
        request.groups.length <= MESSAGE_GROUPS_MAX
      );
    case 'send':
      return request.payload.length <= PAYLOAD_BYTES_MAX;
  }
}
