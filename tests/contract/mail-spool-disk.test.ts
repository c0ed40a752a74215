/**
 * A spool on a disk that is full, or read-only: real ones where this process may mount a small one, else the same
 * answers given where the spool asks the disk.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type MailSpool, NODE_DISK, openSpool } from '../../server/adapters/mail-spool.ts';
import type { SpoolDisk } from '../../server/adapters/spool-writer.ts';
import { numberedId, scriptedEnvelope } from '../support/scripted-mail.ts';
import { until } from '../support/until.ts';

const SIZE_BYTES = 4 * 1024 * 1024;
const BODY = Buffer.alloc(200_000, 'x');

let place: string;
let mounted: boolean;
let spool: MailSpool;
let states: (string | undefined)[];
/** Of the disk that is not real. */
let usedBytes: number;
let readOnly: boolean;

function run(command: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function refuse(code: string): never {
  throw Object.assign(new Error(code), { code });
}

type Write = (bytes: Buffer, at: number) => Promise<{ bytesWritten: number; buffer: Buffer }>;

/** As small as the one that could not be mounted. */
const SMALL_DISK: SpoolDisk = {
  open: async (...args) => {
    if (readOnly) refuse('EROFS');
    const handle = await NODE_DISK.open(...args);
    const write = handle.write.bind(handle) as Write;
    handle.write = (async (bytes: Buffer, at: number) => {
      if (usedBytes + bytes.length > SIZE_BYTES) refuse('ENOSPC');
      usedBytes += bytes.length;
      return write(bytes, at);
    }) as typeof handle.write;
    const { writeFile } = handle;
    handle.writeFile = (async (bytes: Buffer) => {
      if (usedBytes + bytes.length > SIZE_BYTES) refuse('ENOSPC');
      await writeFile.call(handle, bytes);
    }) as typeof handle.writeFile;
    return handle;
  },
  rename: (from, to) => (readOnly ? refuse('EROFS') : NODE_DISK.rename(from, to)),
  unlink: async (path) => {
    if (readOnly) refuse('EROFS');
    await NODE_DISK.unlink(path);
    usedBytes = Math.max(0, usedBytes - BODY.length);
  },
};

beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), 'muster-small-'));
  mkdirSync(join(place, 'disk'));
  mounted = run('mount', '-t', 'tmpfs', '-o', `size=${SIZE_BYTES}`, 'tmpfs', join(place, 'disk'));
  usedBytes = 0;
  readOnly = false;
  states = [];
  spool = await opened();
});
afterEach(async () => {
  setReadOnly(false);
  await spool.close();
  if (mounted) run('umount', join(place, 'disk'));
  rmSync(place, { recursive: true, force: true });
});

async function opened(): Promise<MailSpool> {
  const { spool: fresh } = await openSpool({
    base: join(place, 'disk', 'spool'),
    mode: 0o640,
    onState: (problem) => states.push(problem),
    probeMs: 50,
    ...(mounted ? {} : { disk: SMALL_DISK }),
  });
  return fresh;
}

function setReadOnly(on: boolean): void {
  readOnly = on;
  if (mounted) run('mount', '-o', `remount,${on ? 'ro' : 'rw'}`, join(place, 'disk'));
}

async function store(number: number): Promise<string | undefined> {
  const writer = spool.begin();
  await writer.write(BODY);
  return spool.commit(writer, {
    trace: undefined,
    envelopes: [scriptedEnvelope({ id: numberedId(number) })],
  });
}

test('a full disk takes nothing more, loses nothing, and takes again what fits', async () => {
  const kept: number[] = [];
  let problem: string | undefined;
  for (let number = 1; problem === undefined && number < 100; number += 1) {
    problem = await store(number);
    if (problem === undefined) kept.push(number);
  }
  expect(problem).toContain('the disk is full');
  expect(spool.problem).toContain('the disk is full');
  expect(kept.length).toBeGreaterThan(10);
  for (const number of kept.splice(0, 5)) spool.remove(numberedId(number));
  await until(() => spool.problem === undefined);
  expect(await store(200)).toBeUndefined();
  await spool.close();
  spool = await opened();
  for (const number of [...kept, 200]) expect(spool.has(numberedId(number))).toBe(true);
  expect(spool.size).toBe(kept.length + 1);
});

test('a disk that becomes read-only is said, and is well again by itself', async () => {
  expect(await store(1)).toBeUndefined();
  setReadOnly(true);
  expect(await store(2)).toContain('read-only');
  spool.remove(numberedId(1));
  setReadOnly(false);
  await until(() => spool.problem === undefined);
  expect(states.at(-1)).toBeUndefined();
  expect(await store(3)).toBeUndefined();
  await spool.close();
  spool = await opened();
  expect([1, 2, 3].map((number) => spool.has(numberedId(number)))).toEqual([false, false, true]);
});
