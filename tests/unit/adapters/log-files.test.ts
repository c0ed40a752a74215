/** Files and journal of an aggregator on this machine's disk. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LogFiles } from '../../../server/adapters/log-files.ts';
import type { DiskOperation, DiskResult } from '../../../server/logs/aggregation-disk.ts';

type Request = DiskOperation extends infer One ? (One extends unknown ? Omit<One, 'id'> : never) : never;

describe('files of an aggregator', () => {
  let folder = '';
  let files: LogFiles;
  let lastId = 0;
  const waiting = new Map<number, (result: DiskResult) => void>();
  const at = (...parts: readonly string[]): string => path.join(folder, ...parts);
  const ask = (request: Request): Promise<DiskResult> =>
    new Promise((resolve) => {
      lastId += 1;
      waiting.set(lastId, resolve);
      files.perform({ ...request, id: lastId } as DiskOperation);
    });
  const open = (file: number, place: string): Promise<DiskResult> =>
    ask({ type: 'open', file, path: place, fileMode: 0o604, dirMode: 0o711 });

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'muster-files-'));
    files = new LogFiles({
      journalPath: at('state/journal'),
      give: (result) => waiting.get(result.id)?.(result),
    });
  });
  afterEach(async () => {
    await files.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('[LOG-14] are made with their directories and modes, whatever the mask of the process', async () => {
    const mask = process.umask(0o077);
    try {
      expect(await open(1, at('a/b/c'))).toMatchObject({ type: 'opened', size: 0 });
    } finally {
      process.umask(mask);
    }
    expect(statSync(at('a/b/c')).mode & 0o777).toBe(0o604);
    expect(statSync(at('a/b')).mode & 0o777).toBe(0o711);
    expect(statSync(at('a')).mode & 0o777).toBe(0o711);
  });

  test('grow at their end, are cut, and say when another file is in their place', async () => {
    writeFileSync(at('log'), 'there\n');
    const opened = await open(1, at('log'));
    expect(opened).toMatchObject({ type: 'opened', size: 6 });
    expect(await ask({ type: 'append', file: 1, bytes: Buffer.from('more\n') })).toMatchObject({ size: 11 });
    const identity = opened.type === 'opened' ? opened.identity : '';
    expect(await ask({ type: 'look', file: 1, path: at('log') })).toMatchObject({ identity, size: 11 });
    await ask({ type: 'cut', file: 1, size: 8 });
    await ask({ type: 'cut', file: 1, size: 100 });
    expect(readFileSync(at('log'), 'utf8')).toBe('there\nmo');
    renameSync(at('log'), at('log.1'));
    expect(await ask({ type: 'look', file: 1, path: at('log') })).toMatchObject({ identity: undefined });
    await open(2, at('log'));
    const looked = await ask({ type: 'look', file: 1, path: at('log') });
    expect(looked.type === 'looked' && looked.identity).not.toBe(identity);
    expect(await ask({ type: 'close', file: 1 })).toMatchObject({ type: 'done' });
    expect(await ask({ type: 'append', file: 1, bytes: Buffer.from('x') })).toMatchObject({ type: 'failed' });
  });

  test('are cut back at a start only where they are the same and longer', async () => {
    const opened = await open(1, at('log'));
    const identity = opened.type === 'opened' ? opened.identity : '';
    await ask({ type: 'append', file: 1, bytes: Buffer.from('whole\ntorn') });
    const cut = (place: string, size: number) => ask({ type: 'cutBack', path: place, identity, size });
    expect(await cut(at('log'), 6)).toMatchObject({ outcome: 'cut', bytes: 4 });
    expect(await cut(at('log'), 6)).toMatchObject({ outcome: 'asIs' });
    expect(await cut(at('log'), 7)).toMatchObject({ outcome: 'shorter' });
    renameSync(at('log'), at('log.1'));
    expect(await cut(at('log'), 0)).toMatchObject({ outcome: 'gone' });
    writeFileSync(at('log'), 'of somebody else');
    expect(await cut(at('log'), 0)).toMatchObject({ outcome: 'other' });
    expect(readFileSync(at('log'), 'utf8')).toBe('of somebody else');
    expect(readFileSync(at('log.1'), 'utf8')).toBe('whole\n');
  });

  test('what is no file is refused, and a named pipe stops nobody', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    expect(await open(1, at('pipe'))).toMatchObject({ type: 'failed' });
    expect(await open(2, folder)).toMatchObject({ type: 'failed' });
    expect(await open(3, '/proc/nowhere/log')).toMatchObject({ type: 'failed' });
    expect(await open(4, '/dev/full')).toMatchObject({ type: 'failed' });
  });

  test('the journal is made, grows, is replaced as a whole and set aside', async () => {
    expect(await ask({ type: 'loadJournal' })).toMatchObject({ type: 'journal', bytes: undefined });
    await ask({ type: 'replaceJournal', bytes: Buffer.from('one\n') });
    await ask({ type: 'appendJournal', bytes: Buffer.from('two\n') });
    expect(readFileSync(at('state/journal'), 'utf8')).toBe('one\ntwo\n');
    await ask({ type: 'replaceJournal', bytes: Buffer.from('three\n') });
    await ask({ type: 'appendJournal', bytes: Buffer.from('four\n') });
    const loaded = await ask({ type: 'loadJournal' });
    expect(loaded.type === 'journal' && loaded.bytes?.toString()).toBe('three\nfour\n');
    const aside = await ask({ type: 'setJournalAside' });
    expect(aside.type === 'setAside' && readFileSync(aside.path, 'utf8')).toBe('three\nfour\n');
    expect(await ask({ type: 'loadJournal' })).toMatchObject({ bytes: undefined });
  });
});
