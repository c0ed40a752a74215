/**
 * The manager's results buffer ("control cache", momentum.md 7.8): who was asked which command and what came back.
 * The key is the exact command text; a command sent again to the same scope replaces what was there. Never waits,
 * is bounded in entries, bytes and age, and knows neither bus nor file. Times are wall clock, since it is kept.
 */

import { err, ok, type Result } from '../base/result.ts';
import { loadEntries, type ResultsEntry, type ResultsScope, saveEntries } from './results-file.ts';
import type { CollectedReplies, MissingState } from './results-text.ts';

/** Commands kept; the oldest go first. */
export const RESULTS_ENTRIES_MAX = 512;
/** UTF-8 bytes of all replies together. */
export const RESULTS_BYTES_MAX = 64 * 1024 * 1024;
/** Older commands are forgotten. */
export const RESULTS_AGE_MAX_MS = 24 * 3_600_000;
/** After this a node that has not answered is called silent instead of waiting. */
export const RESULTS_SILENT_AFTER_MS = 10_000;

export type AskedMember = {
  readonly node: string;
  readonly privateName: string;
  readonly subcluster: string | null;
};

export type SentCommand = {
  /** Unique id under which replies arrive. */
  readonly request: string;
  readonly command: string;
  readonly scope: ResultsScope;
  readonly asked: readonly AskedMember[];
  readonly wallMs: number;
};

export type ArrivedReply = {
  readonly request: string;
  readonly privateName: string;
  readonly ok: boolean;
  readonly text: string;
  readonly wallMs: number;
};

export class ResultsBuffer {
  /** In the order in which they were sent. */
  #entries: ResultsEntry[] = [];
  #bytes = 0;
  #revision = 0;

  /** Grows with every change; a saved buffer is up to date while it stays equal. */
  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#entries.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  sent({ request, command, scope, asked, wallMs }: SentCommand): void {
    const key = command.trim();
    this.#keep((entry) => entry.command !== key || !sameScope(entry.scope, scope));
    const members = asked.map((member) => ({ ...member, left: false, answer: undefined }));
    this.#entries.push({ request, command: key, scope, sentWallMs: wallMs, asked: members });
    this.expire(wallMs);
    this.#evict();
    this.#revision += 1;
  }

  /** False for a reply to what was flushed, replaced or never asked, and for a second one. */
  answered({ request, privateName, ok: replyOk, text, wallMs }: ArrivedReply): boolean {
    const entry = this.#entries.find((candidate) => candidate.request === request);
    const member = entry?.asked.find((candidate) => candidate.privateName === privateName);
    if (member === undefined || member.answer !== undefined) return false;
    const bytes = Buffer.byteLength(text);
    const fits = bytes <= RESULTS_BYTES_MAX - bytesOf(entry);
    const kept = fits ? text : `[reply of ${bytes} bytes not kept: the results buffer is full]`;
    member.answer = { ok: replyOk, text: kept, wallMs };
    this.#bytes += Buffer.byteLength(kept);
    this.#evict();
    this.#revision += 1;
    return true;
  }

  /** The member is gone: what it has not answered it most likely never will. A late reply still counts. */
  left(privateName: string): void {
    for (const { asked } of this.#entries) {
      for (const member of asked) {
        if (member.privateName !== privateName || member.answer !== undefined || member.left) continue;
        member.left = true;
        this.#revision += 1;
      }
    }
  }

  /** ECC-05: of the latest broadcast of this text, to all or to a subcluster. */
  retrieve(command: string, wallMs: number): CollectedReplies | undefined {
    const entry = this.#latest(command, ({ scope }) => scope.kind !== 'node');
    return entry === undefined ? undefined : collect(entry, wallMs, () => true);
  }

  /** ECC-06: what the nodes of one subcluster said to the latest broadcast that reached it. */
  retrieveSubcluster(subcluster: string, command: string, wallMs: number): CollectedReplies | undefined {
    const reached = ({ scope }: ResultsEntry): boolean =>
      scope.kind === 'all' || (scope.kind === 'subcluster' && scope.name === subcluster);
    const entry = this.#latest(command, reached);
    if (entry === undefined) return undefined;
    return collect(entry, wallMs, (member) => member.subcluster === subcluster);
  }

  /** ECC-07: what one node said to the latest unicast or broadcast of this text that asked it. */
  retrieveNode(node: string, command: string, wallMs: number): CollectedReplies | undefined {
    const asks = ({ asked }: ResultsEntry): boolean => asked.some((member) => member.node === node);
    const entry = this.#latest(command, asks);
    return entry === undefined ? undefined : collect(entry, wallMs, (member) => member.node === node);
  }

  /** ECC-08. @returns how many commands were forgotten. */
  flush(): number {
    const count = this.#entries.length;
    this.#keep(() => false);
    return count;
  }

  /** Forgets commands older than RESULTS_AGE_MAX_MS; also after the wall clock was set back. */
  expire(wallMs: number): void {
    this.#keep(({ sentWallMs }) => Math.abs(wallMs - sentWallMs) <= RESULTS_AGE_MAX_MS);
  }

  /** As text for a file; `load` reads it. */
  save(): string {
    return saveEntries(this.#entries);
  }

  /** The error says what is damaged; nothing of a damaged text is used. */
  static load(text: string, wallMs: number): Result<ResultsBuffer, string> {
    const entries = loadEntries(text);
    if (!entries.ok) return err(entries.error);
    const buffer = new ResultsBuffer();
    buffer.#entries = [...entries.value];
    buffer.#bytes = buffer.#entries.reduce((sum, entry) => sum + bytesOf(entry), 0);
    buffer.expire(wallMs);
    buffer.#evict();
    return ok(buffer);
  }

  #latest(command: string, accepts: (entry: ResultsEntry) => boolean): ResultsEntry | undefined {
    const key = command.trim();
    return this.#entries.findLast((entry) => entry.command === key && accepts(entry));
  }

  #keep(accepts: (entry: ResultsEntry) => boolean): void {
    const kept = this.#entries.filter(accepts);
    if (kept.length === this.#entries.length) return;
    this.#entries = kept;
    this.#bytes = kept.reduce((sum, entry) => sum + bytesOf(entry), 0);
    this.#revision += 1;
  }

  #evict(): void {
    while (this.#entries.length > RESULTS_ENTRIES_MAX || this.#bytes > RESULTS_BYTES_MAX) {
      this.#bytes -= bytesOf(this.#entries.shift());
    }
  }
}

function collect(
  { command, asked, sentWallMs }: ResultsEntry,
  wallMs: number,
  accepts: (member: AskedMember) => boolean,
): CollectedReplies {
  const meant = asked.filter(accepts);
  const late = Math.abs(wallMs - sentWallMs) > RESULTS_SILENT_AFTER_MS;
  const missing = meant.filter(({ answer }) => answer === undefined);
  return {
    command,
    replies: meant.flatMap(({ node, privateName, answer }) =>
      answer === undefined ? [] : [{ node, privateName, ok: answer.ok, text: answer.text }],
    ),
    missing: missing.map(({ node, privateName, left }) => {
      const state: MissingState = left ? 'left' : late ? 'silent' : 'waiting';
      return { node, privateName, state };
    }),
  };
}

function sameScope(a: ResultsScope, b: ResultsScope): boolean {
  return a.kind === b.kind && ('name' in a ? a.name : '') === ('name' in b ? b.name : '');
}

function bytesOf(entry: ResultsEntry | undefined): number {
  return entry?.asked.reduce((sum, { answer }) => sum + Buffer.byteLength(answer?.text ?? ''), 0) ?? 0;
}
