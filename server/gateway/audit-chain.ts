/**
 * The audit log as a hash chain. An entry is either `opened` (a record, before its command is sent) or `completed`
 * (its outcome); both are only ever appended. A change to any earlier entry breaks every later hash. Cutting off
 * entries at the very end leaves no trace here; export the log elsewhere against that.
 */

import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { type AuditRecord, auditRecord } from '../wire/http.ts';

/** What stands before the first entry. */
export const CHAIN_START = '0'.repeat(64);

const opened = z.omit(auditRecord, { id: true, hash: true });
const completed = z.pick(opened, {
  result: true,
  detail: true,
  perNode: true,
  completedMs: true,
  targets: true,
});
export type AuditOpening = Readonly<z.infer<typeof opened>>;
export type AuditCompletion = Readonly<z.infer<typeof completed>>;

export type AuditEntry = {
  /** 1, 2, 3, … without gaps. */
  readonly seq: number;
  /** Sequence number of the opening entry; the record's id. */
  readonly record: number;
  readonly kind: 'opened' | 'completed';
  /** Who acted, for filters; null for `completed`. The content says it as well, and only that is hashed. */
  readonly actor: string | null;
  /** JSON; the text itself is hashed, so that no parser or key order matters. */
  readonly content: string;
  /** SHA-256 in hex over the hash before, the numbers and the content. */
  readonly hash: string;
};

type Body = Pick<AuditEntry, 'seq' | 'record' | 'kind' | 'content'>;

export function entryHash(previousHash: string, { seq, record, kind, content }: Body): string {
  return createHash('sha256').update(`${previousHash}\n${seq}\n${record}\n${kind}\n${content}`).digest('hex');
}

/** The next entry after `previous`. @param record undefined opens a record of its own. */
export function nextEntry(
  previous: Pick<AuditEntry, 'seq' | 'hash'> | undefined,
  record: number | undefined,
  content: AuditOpening | AuditCompletion,
): AuditEntry {
  const seq = (previous?.seq ?? 0) + 1;
  const kind = record === undefined ? 'opened' : 'completed';
  const body: Body = { seq, record: record ?? seq, kind, content: JSON.stringify(content) };
  const actor = 'actor' in content ? content.actor : null;
  return { ...body, actor, hash: entryHash(previous?.hash ?? CHAIN_START, body) };
}

export type ChainState = { readonly seq: number; readonly hash: string };

/** Verifies entries that follow `from`. @returns the state after them, or the number of the first bad entry. */
export function verifyChain(
  from: ChainState,
  entries: readonly AuditEntry[],
): { readonly ok: true; readonly state: ChainState } | { readonly ok: false; readonly badSeq: number } {
  let { seq, hash } = from;
  for (const entry of entries) {
    if (entry.seq !== seq + 1 || entry.hash !== entryHash(hash, entry)) return { ok: false, badSeq: seq + 1 };
    ({ seq, hash } = entry);
  }
  return { ok: true, state: { seq, hash } };
}

/** One record as people see it; undefined if the opening entry is no record (somebody wrote into the store). */
export function mergeRecord(
  opening: AuditEntry,
  completion: AuditEntry | undefined,
): AuditRecord | undefined {
  const first = opened.safeParse(parseJson(opening.content));
  if (!first.success) return undefined;
  const last = completion === undefined ? undefined : completed.safeParse(parseJson(completion.content)).data;
  // A completion without words of its own leaves the reason that was given before.
  const detail = last === undefined || last.detail === '' ? first.data.detail : last.detail;
  return {
    ...first.data,
    ...last,
    detail,
    id: opening.record,
    hash: completion?.hash ?? opening.hash,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema then refuses it, and the chain check names the entry
  }
}
