/**
 * The spool of a node (SpoolBase): every message that it promised to deliver, on disk. A reception is acknowledged when
 * its file has its name and all of that is synced; receptions that come together share a round of syncs. What is told of a
 * message later may be lost with the machine, and then some of it is tried again: nothing accepted is lost.
 */

import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ClusterError } from '../base/errors.ts';
import { lockWriter, type WriterLock } from '../jlog/writer-lock.ts';
import type { Envelope, MessageId } from '../mail/api.ts';
import { DiskStore } from './file-store.ts';
import { LEAD, receivedField, type SpoolFacts } from './spool-format.ts';
import {
  DIRECTORIES,
  directoryOf,
  MESSAGE_END,
  makeDirectories,
  type Recovered,
  recoverSpool,
  type SpoolFile,
  syncDirectory,
} from './spool-recovery.ts';
import { SpoolStates } from './spool-states.ts';
import { type SpoolDisk, SpoolWriter } from './spool-writer.ts';
import { socketErrorText } from './stream-endpoint.ts';

/** Receptions of one round of syncs. */
const ROUND_MAX = 64;
/** After the disk refused something it is tried again so often. */
const PROBE_MS = 2_000;
/** Has to fit before the spool takes messages again. */
const PROBE_BYTES = 256 * 1024;

export const NODE_DISK: SpoolDisk = { open, rename, unlink };

export type SpoolOptions = {
  /** `SpoolBase` */
  readonly base: string;
  /** `Spool_Mode`: permissions of files. */
  readonly mode: number;
  /** Why it cannot take messages now, one line; undefined when it can again. */
  readonly onState: (problem: string | undefined) => void;
  readonly disk?: SpoolDisk;
  readonly probeMs?: number;
};

export type OpenedSpool = {
  readonly spool: MailSpool;
  /** Oldest first. */
  readonly envelopes: readonly Envelope[];
  readonly unfinished: number;
  /** One line for people each. */
  readonly damaged: readonly string[];
};

type Waiting = {
  readonly writer: SpoolWriter;
  readonly facts: SpoolFacts;
  readonly done: (problem: string | undefined) => void;
};

/** @throws ClusterError SPOOL_IN_USE, SPOOL_UNUSABLE. */
export async function openSpool(options: SpoolOptions): Promise<OpenedSpool> {
  const { base } = options;
  let lock: WriterLock;
  let recovered: Recovered;
  try {
    await makeDirectories(base);
    const locked = lockWriter(new DiskStore(), base);
    if (!locked.ok) throw locked.error;
    lock = locked.value;
  } catch (cause) {
    throw unusable(base, cause);
  }
  try {
    recovered = await recoverSpool(base);
  } catch (cause) {
    lock.release();
    throw unusable(base, cause);
  }
  const { files, unfinished, damaged } = recovered;
  const envelopes = files.flatMap(({ live }) => [...live.values()]);
  envelopes.sort((a, b) => a.receivedWallMs - b.receivedWallMs);
  return { spool: new MailSpool(options, lock, files), envelopes, unfinished, damaged };
}

function unusable(directory: string, cause: unknown): ClusterError {
  if (cause instanceof ClusterError && cause.code === 'LOG_IN_USE') {
    return new ClusterError('SPOOL_IN_USE', { directory, owner: cause.details['owner'] ?? '' });
  }
  const reason =
    cause instanceof ClusterError ? (cause.details['reason'] ?? cause.code) : socketErrorText(cause);
  return new ClusterError('SPOOL_UNUSABLE', { directory, reason }, { cause });
}

export class MailSpool {
  readonly #base: string;
  readonly #mode: number;
  readonly #disk: SpoolDisk;
  readonly #onState: SpoolOptions['onState'];
  readonly #probeMs: number;
  readonly #lock: WriterLock;
  readonly #files = new Map<MessageId, SpoolFile>();
  readonly #states: SpoolStates;
  readonly #open = new Set<SpoolWriter>();
  readonly #stamp: string;
  #names = 0;
  #directory = 0;
  readonly #waiting: Waiting[] = [];
  #round: Promise<void> | undefined;
  #problem: string | undefined;
  #probe: NodeJS.Timeout | undefined;
  #closed = false;

  /** Made by `openSpool`. */
  constructor(options: SpoolOptions, lock: WriterLock, files: readonly SpoolFile[]) {
    this.#base = options.base;
    this.#mode = options.mode;
    this.#disk = options.disk ?? NODE_DISK;
    this.#onState = options.onState;
    this.#probeMs = options.probeMs ?? PROBE_MS;
    this.#lock = lock;
    // Fresh with every process: a name that is there already would be replaced.
    this.#stamp = randomBytes(6).toString('hex');
    this.#states = new SpoolStates(this.#disk, this.#mode, (cause) => this.#failed(cause));
    for (const file of files) for (const id of file.live.keys()) this.#files.set(id, file);
  }

  /** Messages that are not done. */
  get size(): number {
    return this.#files.size;
  }

  /** Why it takes nothing now; undefined when it does. */
  get problem(): string | undefined {
    return this.#problem;
  }

  has(id: MessageId): boolean {
    return this.#files.has(id);
  }

  /** A message that is coming in; `commit` or `abandon` ends it. */
  begin(): SpoolWriter {
    this.#names += 1;
    const name = `${this.#stamp}-${this.#names.toString(36)}`;
    const directory = directoryOf(this.#base, this.#directory);
    const writer = new SpoolWriter({ disk: this.#disk, directory, name, mode: this.#mode });
    this.#open.add(writer);
    return writer;
  }

  /** @returns undefined once the messages survive a loss of power, else why they do not, and nothing of them is left. */
  commit(writer: SpoolWriter, facts: SpoolFacts): Promise<string | undefined> {
    this.#open.delete(writer);
    if (this.#closed) return writer.discard().then(() => 'the spool is closed');
    return new Promise((done) => {
      this.#waiting.push({ writer, facts, done });
      this.#round ??= this.#work();
    });
  }

  async abandon(writer: SpoolWriter): Promise<void> {
    this.#open.delete(writer);
    await writer.discard();
  }

  /** What is sent of a message: the body as it came in behind a `Received` field. Undefined when there is none. */
  body(id: MessageId): { readonly stream: Readable; readonly bytes: number } | undefined {
    const file = this.#files.get(id);
    if (file === undefined) return undefined;
    const { bodyBytes, trace } = file;
    const head = trace === undefined ? Buffer.alloc(0) : receivedField(trace, id);
    const read = bodyBytes === 0 ? undefined : { start: LEAD.length, end: LEAD.length + bodyBytes - 1 };
    const stream = Readable.from(parts(head, messagePath(file), read), { objectMode: false });
    return { stream, bytes: head.length + bodyBytes };
  }

  /** The first bytes of a body as it came in; fewer where it is shorter or cannot be read. */
  async head(id: MessageId, bytesMax: number): Promise<Buffer> {
    const file = this.#files.get(id);
    if (file === undefined) return Buffer.alloc(0);
    try {
      const handle = await open(messagePath(file), 'r');
      try {
        const bytes = Buffer.alloc(Math.min(bytesMax, file.bodyBytes));
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, LEAD.length);
        return bytes.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    } catch {
      return Buffer.alloc(0); // whoever wants it for people goes on without it
    }
  }

  /** Keeps what changed; soon on disk, not at once. */
  update(envelope: Envelope): void {
    const file = this.#files.get(envelope.id);
    if (file === undefined) return;
    file.live.set(envelope.id, envelope);
    this.#states.changed(file);
  }

  /** Forgets a message. */
  remove(id: MessageId): void {
    const file = this.#files.get(id);
    if (file === undefined) return;
    this.#files.delete(id);
    file.live.delete(id);
    this.#states.changed(file);
  }

  /** What was committed before is finished; what is still coming in is dropped. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#probe);
    await this.#round;
    await Promise.all([...this.#open].map((writer) => this.abandon(writer)));
    await this.#states.close();
    this.#lock.release();
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, ROUND_MAX);
      // Later receptions begin in the next directory, so that one round seldom has to sync more than one.
      this.#directory = (this.#directory + 1) % DIRECTORIES;
      await this.#commitTogether(batch);
    }
    this.#round = undefined;
  }

  async #commitTogether(batch: readonly Waiting[]): Promise<void> {
    const named = await Promise.all(batch.map((one) => this.#name(one)));
    const directories = new Set(
      batch.flatMap(({ writer }, at) => (named[at] === undefined ? [writer.directory] : [])),
    );
    const unsynced = new Map<string, string>();
    const sync = async (directory: string): Promise<void> => {
      try {
        await syncDirectory(directory);
      } catch (cause) {
        unsynced.set(directory, this.#failed(cause));
      }
    };
    await Promise.all([...directories].map(sync));
    for (const [at, one] of batch.entries()) {
      const problem = named[at] ?? unsynced.get(one.writer.directory);
      if (problem === undefined) this.#keep(one);
      else await this.#drop(one.writer, named[at] === undefined);
      one.done(problem);
    }
    if (batch.some((_, at) => named[at] === undefined) && unsynced.size === 0) this.#well();
  }

  async #name({ writer, facts }: Waiting): Promise<string | undefined> {
    try {
      await writer.finish(facts);
      await this.#disk.rename(writer.temporaryPath, messagePath(writer));
      return undefined;
    } catch (cause) {
      return this.#failed(cause);
    }
  }

  #keep({ writer, facts }: Waiting): void {
    const { directory, name, bodyBytes } = writer;
    const live = new Map(facts.envelopes.map((envelope) => [envelope.id, envelope]));
    const file: SpoolFile = { directory, name, bodyBytes, trace: facts.trace, live };
    for (const id of live.keys()) this.#files.set(id, file);
  }

  /** Nobody was told that it is here, so it must not come back with the next start. */
  async #drop(writer: SpoolWriter, named: boolean): Promise<void> {
    await writer.discard();
    for (const path of named ? [messagePath(writer)] : [writer.temporaryPath]) {
      try {
        await this.#disk.unlink(path);
      } catch {
        // Not there, or the disk takes nothing at all; then it may come back, and a message twice is none lost.
      }
    }
  }

  #failed(cause: unknown): string {
    const problem = `${this.#base}: ${reasonOf(cause)}`;
    if (this.#problem !== problem) this.#onState(problem);
    this.#problem = problem;
    if (!this.#closed) this.#probe ??= setTimeout(() => void this.#tryAgain(), this.#probeMs);
    return problem;
  }

  #well(): void {
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.#onState(undefined);
    this.#states.retry();
  }

  async #tryAgain(): Promise<void> {
    const path = `${this.#base}/probe.tmp`;
    let cause: unknown;
    try {
      const handle = await this.#disk.open(path, 'w', this.#mode);
      try {
        await handle.writeFile(Buffer.alloc(PROBE_BYTES));
        await handle.datasync();
      } finally {
        await handle.close();
      }
    } catch (refused) {
      cause = refused;
    }
    await this.#disk.unlink(path).catch(() => undefined);
    this.#probe = undefined;
    if (this.#closed) return;
    if (cause === undefined) this.#well();
    else this.#failed(cause);
  }
}

function messagePath({ directory, name }: { readonly directory: string; readonly name: string }): string {
  return `${directory}/${name}${MESSAGE_END}`;
}

async function* parts(
  head: Buffer,
  path: string,
  read: { readonly start: number; readonly end: number } | undefined,
): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  if (read !== undefined) yield* createReadStream(path, read);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EIO: 'the disk reports an error',
  EMFILE: 'this process has too many open files',
};

function reasonOf(cause: unknown): string {
  const text = socketErrorText(cause);
  return REASONS[text] ?? text;
}
