/**
 * Client operations as they stand in the body of a batch. A batch is ordered as a whole; every server applies its
 * operations one after the other and so comes to the same group tables. Rules: SPEC.md BUS-40 to BUS-44.
 */

import type { NodeName } from '../model/names.ts';
import { ByteReader, type ByteWriter } from './bytes.ts';
import type { LossCause, Service } from './client-api.ts';
import { SESSION_BYTES_MAX } from './ids.ts';

export type Op =
  | {
      readonly type: 'join';
      readonly cid: number;
      readonly session: string;
      readonly group: string;
      readonly capabilities: Buffer;
    }
  | { readonly type: 'leave'; readonly cid: number; readonly group: string }
  /** The connection of a mailbox is gone: it leaves all its groups. */
  | { readonly type: 'disconnect'; readonly cid: number; readonly cause: LossCause }
  /** `count` messages of one mailbox to the same groups, packed as in packet.ts. */
  | {
      readonly type: 'multicast';
      readonly session: string;
      readonly service: Service;
      readonly groups: readonly string[];
      readonly count: number;
      readonly messages: Buffer;
    }
  | {
      readonly type: 'private';
      readonly session: string;
      readonly toSession: string;
      readonly toNode: NodeName;
      readonly kind: number;
      readonly payload: Buffer;
    };

const CAUSES: readonly LossCause[] = ['closed', 'silence', 'leave', 'backlog'];
const JOIN = 1;
const LEAVE = 2;
const DISCONNECT = 3;
const MULTICAST = 4;
const PRIVATE = 5;

export function putOp(w: ByteWriter, op: Op): void {
  switch (op.type) {
    case 'join':
      w.u8(JOIN).u32(op.cid).text(op.session).text(op.group).blob(op.capabilities);
      return;
    case 'leave':
      w.u8(LEAVE).u32(op.cid).text(op.group);
      return;
    case 'disconnect':
      w.u8(DISCONNECT).u32(op.cid).u8(CAUSES.indexOf(op.cause));
      return;
    case 'multicast':
      w.u8(MULTICAST)
        .text(op.session)
        .u8(op.service === 'safe' ? 1 : 0);
      w.list(op.groups, (group) => w.text(group))
        .u32(op.count)
        .blob(op.messages);
      return;
    case 'private':
      w.u8(PRIVATE).text(op.session).text(op.toSession).text(op.toNode).u16(op.kind).blob(op.payload);
      return;
  }
}

/** The operations of a body in order. Stops at the first one that is malformed: equal on all servers. */
export function readOps(body: Buffer): { readonly ops: readonly Op[]; readonly complete: boolean } {
  const r = new ByteReader(body);
  const ops: Op[] = [];
  while (r.left > 0 && !r.failed) {
    const op = readOp(r);
    if (op === undefined || r.failed) return { ops, complete: false };
    ops.push(op);
  }
  return { ops, complete: true };
}

function readOp(r: ByteReader): Op | undefined {
  switch (r.u8()) {
    case JOIN:
      return {
        type: 'join',
        cid: r.u32(),
        session: r.text(SESSION_BYTES_MAX),
        group: r.text(),
        capabilities: r.blob(),
      };
    case LEAVE:
      return { type: 'leave', cid: r.u32(), group: r.text() };
    case DISCONNECT:
      return { type: 'disconnect', cid: r.u32(), cause: CAUSES[r.u8()] ?? 'closed' };
    case MULTICAST:
      return {
        type: 'multicast',
        session: r.text(SESSION_BYTES_MAX),
        service: r.u8() === 1 ? 'safe' : 'agreed',
        groups: r.list(() => r.text()),
        count: r.u32(),
        messages: r.blob(),
      };
    case PRIVATE:
      return {
        type: 'private',
        session: r.text(SESSION_BYTES_MAX),
        toSession: r.text(),
        toNode: r.text() as NodeName,
        kind: r.u16(),
        payload: r.blob(),
      };
    default:
      return undefined;
  }
}
