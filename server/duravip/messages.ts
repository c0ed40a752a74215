/**
 * What participants and observers of DuraVIP say to each other, and its codec (vip.md 4.3). Everything decoded here comes
 * from outside, so it is bounded and checked; whether a message holds is decided by the replica. Every message names the
 * view it was said in and is void in any other (D14).
 */

import { unreachable } from '../base/assert.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { IpAddress } from '../model/ip.ts';
import type { NodeName, PrivateName } from '../model/names.ts';
import { type OwnerCause, VIP_KIND_FIRST, VIPS_MAX, type VipOffer } from './api.ts';
import type { Holds } from './holds.ts';
import {
  MEMBERS_MAX,
  packCause,
  packImage,
  packOffer,
  unpackCause,
  unpackImage,
  unpackNode,
  unpackOffer,
  unpackPrivate,
} from './image.ts';
import type { Ownership } from './ownership.ts';
import { Packer, Unpacker } from './pack.ts';

export type BalanceMove = {
  readonly address: IpAddress;
  readonly to: PrivateName;
  readonly cause: OwnerCause;
};

/** What changes a synchronised table. */
export type TableChange =
  | {
      readonly type: 'config';
      readonly setSize: number;
      readonly dropsAlone: boolean;
      readonly offers: readonly VipOffer[];
    }
  /** No participant is mature and the view is old enough (leader). */
  | { readonly type: 'mature' }
  /** Void unless nothing happened since `n`. */
  | { readonly type: 'balance'; readonly n: number; readonly moves: readonly BalanceMove[] }
  /** The owner let go; `since` names the move. */
  | {
      readonly type: 'released';
      readonly items: readonly { readonly address: IpAddress; readonly since: number }[];
    }
  | {
      readonly type: 'move';
      readonly addresses: readonly IpAddress[];
      readonly to: NodeName;
      readonly by: string;
    }
  | { readonly type: 'unpin'; readonly addresses: readonly IpAddress[]; readonly by: string }
  | { readonly type: 'drain'; readonly node: NodeName; readonly on: boolean; readonly by: string }
  /** The sender stops and hands over what it has. */
  | { readonly type: 'leaving' }
  /** What the sender's host says. `well`: may be tried again after a failure. */
  | {
      readonly type: 'hosted';
      readonly up: readonly IpAddress[];
      readonly coming: readonly IpAddress[];
      readonly failed: readonly { readonly address: IpAddress; readonly text: string }[];
      readonly well: readonly IpAddress[];
    }
  /** Does not let go, or says nothing any more (leader): FORCE and SUSPECT of vip.md. */
  | { readonly type: 'suspect'; readonly name: PrivateName }
  /** A suspect that holds nothing is one no more. */
  | { readonly type: 'cleared' };

/** What is said beside the table, or about it as a whole. */
export type TableTalk =
  /** The table of all that share a history, said by the first of them where histories meet. */
  | { readonly type: 'state'; readonly speaksFor: readonly PrivateName[]; readonly image: Ownership }
  /** What the host of the sender really has, where another tells the table of its history. */
  | ({ readonly type: 'holds' } & Holds)
  /** Neighbours are told again of what the sender has, or of what anybody has. */
  | { readonly type: 'announce'; readonly all: boolean }
  | {
      readonly type: 'heartbeat';
      readonly n: number;
      readonly hash: string;
      /** Addresses that its host may have up. */
      readonly up: number;
    }
  /** Sent with service `safe`; back again it proves that its sender is in the view. */
  | { readonly type: 'confirm'; readonly number: number }
  /** The sender's table differs from that of most: it let go of everything and is as one who joins anew. */
  | { readonly type: 'reset' }
  /** Those that never said what they hold are not waited for (first of the others in the view). */
  | { readonly type: 'exclude'; readonly names: readonly PrivateName[] };

/** Said in private, about no view of participants. */
export type PrivateMessage =
  | {
      readonly type: 'snapshot';
      /** After how many messages of which group view the table was so. */
      readonly groupViewId: string;
      readonly position: number;
      readonly viewId: string;
      readonly n: number;
      readonly image: Ownership;
    }
  | { readonly type: 'snapshotWanted' };

export type TableMessage = TableChange | TableTalk;
export type SaidInView = { readonly viewId: string } & TableMessage;
export type AnyMessage = SaidInView | PrivateMessage;

/** Their positions travel: never reorder. */
const TYPES: readonly AnyMessage['type'][] = [
  'state',
  'config',
  'mature',
  'balance',
  'released',
  'move',
  'unpin',
  'drain',
  'leaving',
  'hosted',
  'suspect',
  'cleared',
  'announce',
  'heartbeat',
  'confirm',
  'reset',
  'exclude',
  'snapshot',
  'snapshotWanted',
  'holds',
];

/** What the bus shows of a message: one kind for each type. */
export function kindOf(message: AnyMessage): number {
  return VIP_KIND_FIRST + TYPES.indexOf(message.type);
}

export function isTableKind(kind: number): boolean {
  return TYPES[kind - VIP_KIND_FIRST] !== undefined && !isPrivateKind(kind);
}

export function isPrivateKind(kind: number): boolean {
  const type = TYPES[kind - VIP_KIND_FIRST];
  return type === 'snapshot' || type === 'snapshotWanted';
}

export function encodeMessage(message: AnyMessage): Buffer {
  const to = new Packer();
  if ('viewId' in message && message.type !== 'snapshot') to.text(message.viewId);
  packBody(to, message);
  return to.finish();
}

const packIps = (to: Packer, addresses: readonly IpAddress[]): void => {
  to.list(addresses, (address) => to.ip(address));
};

function packBody(to: Packer, message: AnyMessage): void {
  switch (message.type) {
    case 'state':
      to.list(message.speaksFor, (name) => to.text(name));
      packImage(to, message.image);
      return;
    case 'config':
      to.count(message.setSize).flag(message.dropsAlone);
      to.list(message.offers, (offer) => {
        to.ip(offer.address);
        packOffer(to, offer);
      });
      return;
    case 'mature':
    case 'leaving':
    case 'cleared':
    case 'reset':
    case 'snapshotWanted':
      return;
    case 'balance':
      to.count(message.n).list(message.moves, (move) => {
        to.ip(move.address).text(move.to);
        packCause(to, move.cause);
      });
      return;
    case 'released':
      to.list(message.items, ({ address, since }) => to.ip(address).count(since));
      return;
    case 'move':
      packIps(to, message.addresses);
      to.text(message.to).text(message.by);
      return;
    case 'unpin':
      packIps(to, message.addresses);
      to.text(message.by);
      return;
    case 'drain':
      to.text(message.node).flag(message.on).text(message.by);
      return;
    case 'hosted':
      packIps(to, message.up);
      packIps(to, message.coming);
      to.list(message.failed, ({ address, text }) => to.ip(address).text(text));
      packIps(to, message.well);
      return;
    case 'suspect':
      to.text(message.name);
      return;
    case 'announce':
      to.flag(message.all);
      return;
    case 'heartbeat':
      to.count(message.n).text(message.hash).count(message.up);
      return;
    case 'confirm':
      to.count(message.number);
      return;
    case 'exclude':
      to.list(message.names, (name) => to.text(name));
      return;
    case 'holds':
      packIps(to, message.lacking);
      packIps(to, message.beside);
      return;
    case 'snapshot':
      to.text(message.groupViewId).count(message.position).text(message.viewId).count(message.n);
      packImage(to, message.image);
      return;
    default:
      unreachable(message);
  }
}

export type MessageRefusal = 'unknownKind' | 'garbage';

/** @param nowMs moment of the tables that a message may carry. */
export function decodeMessage(
  kind: number,
  payload: Buffer,
  nowMs: number,
): Result<AnyMessage, MessageRefusal> {
  const type = TYPES[kind - VIP_KIND_FIRST];
  if (type === undefined) return err('unknownKind');
  const from = new Unpacker(payload);
  const message = unpackBody(from, type, nowMs);
  return from.done ? ok(message) : err('garbage');
}

function unpackBody(from: Unpacker, type: AnyMessage['type'], nowMs: number): AnyMessage {
  if (type === 'snapshotWanted') return { type };
  if (type === 'snapshot') {
    const groupViewId = from.text();
    const position = from.count();
    return {
      type,
      groupViewId,
      position,
      viewId: from.text(),
      n: from.count(),
      image: unpackImage(from, nowMs),
    };
  }
  const viewId = from.text();
  return { viewId, ...unpackTableMessage(from, type, nowMs) };
}

function unpackTableMessage(from: Unpacker, type: TableMessage['type'], nowMs: number): TableMessage {
  const ips = (): IpAddress[] => from.list(VIPS_MAX, () => from.ip());
  const names = (): PrivateName[] => from.list(MEMBERS_MAX, () => unpackPrivate(from));
  switch (type) {
    case 'state':
      return { type, speaksFor: names(), image: unpackImage(from, nowMs) };
    case 'config': {
      const setSize = from.count();
      const dropsAlone = from.flag();
      return { type, setSize, dropsAlone, offers: from.list(VIPS_MAX, () => unpackOffer(from, from.ip())) };
    }
    case 'mature':
    case 'leaving':
    case 'cleared':
    case 'reset':
      return { type };
    case 'balance':
      return {
        type,
        n: from.count(),
        moves: from.list(VIPS_MAX, () => ({
          address: from.ip(),
          to: unpackPrivate(from),
          cause: unpackCause(from) ?? 'balance',
        })),
      };
    case 'released':
      return { type, items: from.list(VIPS_MAX, () => ({ address: from.ip(), since: from.count() })) };
    case 'move':
      return { type, addresses: ips(), to: unpackNode(from), by: from.text() };
    case 'unpin':
      return { type, addresses: ips(), by: from.text() };
    case 'drain':
      return { type, node: unpackNode(from), on: from.flag(), by: from.text() };
    case 'hosted':
      return {
        type,
        up: ips(),
        coming: ips(),
        failed: from.list(VIPS_MAX, () => ({ address: from.ip(), text: from.text() })),
        well: ips(),
      };
    case 'suspect':
      return { type, name: unpackPrivate(from) };
    case 'announce':
      return { type, all: from.flag() };
    case 'heartbeat':
      return { type, n: from.count(), hash: from.text(), up: from.count() };
    case 'confirm':
      return { type, number: from.count() };
    case 'exclude':
      return { type, names: names() };
    case 'holds':
      return { type, lacking: ips(), beside: ips() };
    default:
      return unreachable(type);
  }
}
