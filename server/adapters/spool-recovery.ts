/**
 * What a spool holds when its process starts: whole messages. What was not acknowledged is removed; what is damaged is set
 * aside, as it is, for people.
 */

import { type FileHandle, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Envelope } from '../mail/api.ts';
import {
  decodeFacts,
  decodeTrailer,
  encodeEnd,
  LEAD,
  type SpoolFacts,
  TRAILER_BYTES,
  type Trace,
} from './spool-format.ts';
import { socketErrorText } from './stream-endpoint.ts';

/** Sub-directories `00` to `3f`: 16,000 files each in the fullest spool. */
export const DIRECTORIES = 64;
export const MESSAGE_END = '.msg';
/** What changed since, beside the message. */
export const STATE_END = '.now';
export const TEMPORARY_END = '.tmp';
const DAMAGED = 'damaged';
const DIRECTORY_MODE = 0o750;
/** Files that are looked at together. */
const TOGETHER = 16;

export type SpoolFile = {
  readonly directory: string;
  readonly name: string;
  readonly bodyBytes: number;
  readonly trace: Trace | undefined;
  /** Messages of it that are not done, by id. */
  readonly live: Map<string, Envelope>;
};

export type Recovered = {
  readonly files: readonly SpoolFile[];
  /** Files that no reception finished. */
  readonly unfinished: number;
  /** One line for people for everything that was set aside. */
  readonly damaged: readonly string[];
};

export function directoryOf(base: string, index: number): string {
  return `${base}/${index.toString(16).padStart(2, '0')}`;
}

/** Rejects with what the file system says. */
export async function makeDirectories(base: string): Promise<void> {
  await mkdir(`${base}/${DAMAGED}`, { recursive: true, mode: DIRECTORY_MODE });
  const there = new Set(await readdir(base));
  for (let index = 0; index < DIRECTORIES; index += 1) {
    const directory = directoryOf(base, index);
    if (!there.has(path.basename(directory))) await mkdir(directory, { mode: DIRECTORY_MODE });
  }
  await syncDirectory(base);
}

export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Rejects when a directory cannot be read. */
export async function recoverSpool(base: string): Promise<Recovered> {
  const files: SpoolFile[] = [];
  const damaged: string[] = [];
  let unfinished = 0;
  for (let index = 0; index < DIRECTORIES; index += 1) {
    const directory = directoryOf(base, index);
    const names = await readdir(directory);
    for (const name of names.filter((one) => one.endsWith(TEMPORARY_END))) {
      await unlink(`${directory}/${name}`);
      if (!name.endsWith(`${STATE_END}${TEMPORARY_END}`)) unfinished += 1;
    }
    const found = new Set(names);
    const messages = names.filter((name) => name.endsWith(MESSAGE_END));
    for (let at = 0; at < messages.length; at += TOGETHER) {
      const looked = messages
        .slice(at, at + TOGETHER)
        .map((name) => lookAt({ base, directory, name, found }));
      for (const one of await Promise.all(looked)) {
        damaged.push(...one.damaged);
        if (one.file !== undefined) files.push(one.file);
      }
    }
    const stems = new Set(messages.map((name) => name.slice(0, -MESSAGE_END.length)));
    for (const name of names) {
      if (name.endsWith(STATE_END) && !stems.has(name.slice(0, -STATE_END.length))) {
        await unlink(`${directory}/${name}`);
      }
    }
  }
  return { files, unfinished, damaged };
}

type Looked = { readonly file: SpoolFile | undefined; readonly damaged: readonly string[] };

async function lookAt(where: {
  readonly base: string;
  readonly directory: string;
  readonly name: string;
  readonly found: ReadonlySet<string>;
}): Promise<Looked> {
  const { base, directory, name, found } = where;
  const place = `${directory}/${name}`;
  const stem = name.slice(0, -MESSAGE_END.length);
  const read = await readFile(place);
  if (typeof read === 'string') return { file: undefined, damaged: [await setAside(base, place, read)] };
  const { facts, bodyBytes } = read;
  const damaged: string[] = [];
  let { envelopes } = facts;
  const statePath = `${directory}/${stem}${STATE_END}`;
  if (found.has(`${stem}${STATE_END}`)) {
    const state = await readFile(statePath);
    if (typeof state === 'string') damaged.push(await setAside(base, statePath, state));
    else envelopes = state.facts.envelopes;
  }
  const live = new Map(envelopes.map((envelope) => [envelope.id, { ...envelope, bytes: bodyBytes }]));
  return { file: { directory, name: stem, bodyBytes, trace: facts.trace, live }, damaged };
}

/** A text says what is wrong. */
async function readFile(
  path: string,
): Promise<{ readonly facts: SpoolFacts; readonly bodyBytes: number } | string> {
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      const trailerAt = size - TRAILER_BYTES;
      if (trailerAt < LEAD.length) return 'it is too short';
      const trailer = decodeTrailer(await readAt(handle, trailerAt, TRAILER_BYTES));
      if (trailer === undefined) return 'its end is missing';
      const { bodyBytes, jsonBytes, crc } = trailer;
      if (LEAD.length + bodyBytes + jsonBytes !== trailerAt) return 'its length is not what its end says';
      const lead = await readAt(handle, 0, LEAD.length);
      if (!lead.equals(LEAD)) return 'it does not begin as a message of the spool';
      const facts = decodeFacts(await readAt(handle, LEAD.length + bodyBytes, jsonBytes), crc);
      return facts === undefined ? 'its envelope is damaged' : { facts, bodyBytes };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    return socketErrorText(cause);
  }
}

/** Fewer bytes where the file ends before. */
async function readAt(handle: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await handle.read(buffer, 0, bytes, at);
  return buffer.subarray(0, bytesRead);
}

async function setAside(base: string, path: string, reason: string): Promise<string> {
  const aside = `${base}/${DAMAGED}/${path.split('/').at(-1) ?? ''}`;
  try {
    await rename(path, aside);
    return `${aside}: ${reason}`;
  } catch (cause) {
    return `${path}: ${reason}; cannot be set aside: ${socketErrorText(cause)}`;
  }
}

/** The file beside a message that says how it stands. */
export function stateBytes({ trace, live }: SpoolFile): Buffer {
  return Buffer.concat([LEAD, encodeEnd(0, { trace, envelopes: [...live.values()] })]);
}
