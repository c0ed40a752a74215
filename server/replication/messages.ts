/**
 * Messages between members that share data: one byte of version, one of type, fields. Entries of a store follow at the end,
 * for the store alone to read. What cannot be read is counted by who gets it; it never throws. Rules: SPEC.md.
 */

import type { PrivateName } from '../model/names.ts';
import { OBJECTS_MAX } from './api.ts';
import type { Digest } from './digest.ts';
import { FieldReader, FieldWriter } from './fields.ts';
import { OWNERS_MAX } from './object-store.ts';

/** 1: as SPEC.md says. */
const VERSION = 1;
const NAME_BYTES_MAX = 1_024;
/** Claims of one message, and keys of one claim. */
export const CLAIMS_MAX = 1_024;
export const CLAIM_KEYS_MAX = 64;
const CLAIM_KEY_BYTES_MAX = 512;
const ENTRIES_BYTES_MAX = 256 * 1024;

const TYPES = ['hello', 'delta', 'claims', 'chunk', 'ack', 'ready', 'resync', 'digest'] as const;
type Type = (typeof TYPES)[number];

/** What a member shares; comes first after each change of members that brings somebody new. */
export type Hello = {
  readonly type: 'hello';
  /** How often such a change came to the sender. */
  readonly era: number;
  readonly objects: readonly Shared[];
};
/** `empty`: the sender has nothing there, so nobody waits for its share. */
export type Shared = { readonly name: string; readonly type: string; readonly empty: boolean };
/** Own entries as they are now. */
export type Delta = { readonly type: 'delta'; readonly object: string; readonly entries: Buffer };
/** One key of a claim: the object by its place in the list of the message. */
export type WireClaimKey = { readonly object: number; readonly key: string; readonly limit: number };
export type Claims = {
  readonly type: 'claims';
  readonly batch: number;
  /** With own entries that were not told yet. */
  readonly objects: readonly { readonly name: string; readonly entries: Buffer }[];
  readonly claims: readonly (readonly WireClaimKey[])[];
};
/** Part of the whole own share. */
export type Chunk = {
  readonly type: 'chunk';
  readonly era: number;
  readonly session: number;
  readonly seq: number;
  readonly object: string;
  /** For whom; in the first one only. */
  readonly targets: readonly PrivateName[];
  /** Of the whole share; in the last one only. */
  readonly end: ShareDigest | undefined;
  readonly entries: Buffer;
};
export type Ack = { readonly type: 'ack'; readonly session: number; readonly seq: number };
/** The sender has the shares of all others of these objects. */
export type Ready = { readonly type: 'ready'; readonly eras: Digest; readonly objects: readonly string[] };
/** The sender needs the share of a member anew. */
export type Resync = {
  readonly type: 'resync';
  readonly object: string;
  readonly owner: PrivateName;
  /** Sessions up to this one do not count. */
  readonly after: number;
};
export type ShareDigest = Digest & { readonly entries: number };
export type DigestTold = ShareDigest & { readonly type: 'digest'; readonly object: string };

/** Messages without entries of a store at their end. */
export type PlainMessage = Hello | Claims | Ack | Ready | Resync | DigestTold;
export type ReplicationMessage = PlainMessage | Delta | Chunk;

/** Room for entries, so that a chunk or a delta needs no second copy. */
export type EntriesHead = Omit<Delta, 'entries'> | Omit<Chunk, 'entries' | 'end'>;

/** Entries are written behind it by a store; then `finish`. */
export function beginEntries(head: EntriesHead, bytes?: number): FieldWriter {
  const w = new FieldWriter(bytes).u8(VERSION).u8(TYPES.indexOf(head.type));
  if (head.type === 'delta') return w.text(head.object);
  w.u32(head.era).u32(head.session).u32(head.seq).text(head.object);
  w.list(head.targets, (name) => w.text(name));
  return w;
}

/** In front of the entries of a chunk; known before they are written. */
export function putEnd(w: FieldWriter, end: ShareDigest | undefined): void {
  w.u8(end === undefined ? 0 : 1);
  if (end !== undefined) putDigest(w, end);
}

export function encode(message: PlainMessage): Buffer {
  const w = new FieldWriter().u8(VERSION).u8(TYPES.indexOf(message.type));
  switch (message.type) {
    case 'hello':
      w.u32(message.era).list(message.objects, ({ name, type, empty }) =>
        w.text(name).text(type).u8(Number(empty)),
      );
      break;
    case 'claims':
      w.u32(message.batch).list(message.objects, ({ name, entries }) => w.text(name).blob(entries));
      w.list(message.claims, (keys) =>
        w.list(keys, ({ object, key, limit }) => w.whole(object).text(key).whole(limit)),
      );
      break;
    case 'ack':
      w.u32(message.session).u32(message.seq);
      break;
    case 'ready':
      w.u32(message.eras.a).u32(message.eras.b);
      w.list(message.objects, (name) => w.text(name));
      break;
    case 'resync':
      w.text(message.object).text(message.owner).u32(message.after);
      break;
    case 'digest':
      putDigest(w.text(message.object), message);
      break;
  }
  return w.finish();
}

/** Undefined: not a message of this version. */
export function decode(payload: Buffer): ReplicationMessage | undefined {
  const r = new FieldReader(payload);
  if (r.u8() !== VERSION) return undefined;
  const type = TYPES[r.u8()];
  const message = type === undefined ? undefined : fieldsOf(type, r);
  return message !== undefined && r.complete ? message : undefined;
}

function fieldsOf(type: Type, r: FieldReader): ReplicationMessage {
  switch (type) {
    case 'hello': {
      const era = r.u32();
      const objects = r.list(OBJECTS_MAX, () => ({
        name: nameOf(r),
        type: nameOf(r),
        empty: r.u8() === 1,
      }));
      return { type, era, objects };
    }
    case 'delta':
      return { type, object: nameOf(r), entries: r.rest() };
    case 'claims': {
      const batch = r.u32();
      const objects = r.list(OBJECTS_MAX, () => ({ name: nameOf(r), entries: r.blob(ENTRIES_BYTES_MAX) }));
      const claims = r.list(CLAIMS_MAX, () => r.list(CLAIM_KEYS_MAX, () => claimKeyOf(r, objects.length)));
      return { type, batch, objects, claims };
    }
    case 'chunk': {
      const [era, session, seq, object] = [r.u32(), r.u32(), r.u32(), nameOf(r)];
      const targets = r.list(OWNERS_MAX, () => nameOf(r) as PrivateName);
      const end = r.u8() === 1 ? digestOf(r) : undefined;
      return { type, era, session, seq, object, targets, end, entries: r.rest() };
    }
    case 'ack':
      return { type, session: r.u32(), seq: r.u32() };
    case 'ready':
      return { type, eras: { a: r.u32(), b: r.u32() }, objects: r.list(OBJECTS_MAX, () => nameOf(r)) };
    case 'resync':
      return { type, object: nameOf(r), owner: nameOf(r) as PrivateName, after: r.u32() };
    case 'digest':
      return { type, object: nameOf(r), ...digestOf(r) };
  }
}

function claimKeyOf(r: FieldReader, objects: number): WireClaimKey {
  const key = { object: r.whole(), key: r.text(CLAIM_KEY_BYTES_MAX), limit: r.whole() };
  if (key.object >= objects) r.fail();
  return key;
}

function nameOf(r: FieldReader): string {
  return r.text(NAME_BYTES_MAX);
}

function putDigest(w: FieldWriter, { a, b, entries }: ShareDigest): void {
  w.u32(a).u32(b).whole(entries);
}

function digestOf(r: FieldReader): ShareDigest {
  return { a: r.u32(), b: r.u32(), entries: r.whole() };
}
