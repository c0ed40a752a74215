import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DiskStore } from '../../../server/adapters/file-store.ts';
import { createLog, openLog } from '../../../server/jlog/log.ts';
import { openWriter } from '../../../server/jlog/writer.ts';
import { LOG_BEGIN } from '../../../server/model/log-position.ts';
import { given } from '../../support/given.ts';
import { readTexts, START_US } from '../../support/jlog-world.ts';

let root = '';
const store = new DiskStore();

beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'file-store-'));
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** When the writer has closed and all is on disk. */
function closed(writer: {
  close(done: (error: Error | undefined) => void): void;
}): Promise<Error | undefined> {
  return new Promise((done) => writer.close(done));
}

describe('logs on the disk', () => {
  test('are written, read and retired', async () => {
    const directory = path.join(root, 'deep/er/log');
    given(createLog(store, directory, { unitBytes: 100, subscribers: ['master'] }));
    const writer = given(openWriter(store, directory));
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    expect(writer.append(lines, START_US)).toMatchObject({ messages: 20, error: undefined });
    const flushed = new Promise((done) => writer.flush(done));
    expect(await flushed).toBeUndefined();
    expect(await closed(writer)).toBeUndefined();
    const log = given(openLog(store, directory));
    expect(readTexts(log)).toEqual(lines);
    const { next } = given(log.readFrom(LOG_BEGIN, { records: 11, bytes: 10_000 }));
    expect(given(log.checkpoint('master', next)).retired).toEqual([0, 1]);
    expect(readdirSync(directory).sort()).toEqual([
      '00000002',
      '00000003',
      '00000004',
      'cp.6d6173746572',
      'metastore',
      'pre_commit',
    ]);
    expect(statSync(path.join(directory, 'metastore')).mode & 0o7777 & ~0o640).toBe(0);
    expect(statSync(directory).mode & 0o007).toBe(0);
  });

  test('a writer that goes while its syncs are on their way loses nothing', async () => {
    const directory = path.join(root, 'syncs');
    given(createLog(store, directory, { unitBytes: 50 }));
    const writer = given(openWriter(store, directory));
    const answers: unknown[] = [];
    for (let turn = 0; turn < 10; turn += 1) {
      writer.append([`turn ${turn}`], START_US);
      writer.flush((error) => answers.push(error));
    }
    expect(await closed(writer)).toBeUndefined();
    expect(answers).toEqual(Array.from({ length: 10 }, () => undefined));
    expect(readTexts(given(openLog(store, directory)))).toHaveLength(10);
  });

  test('the file of a writer that was killed does not keep the next one out, that of one alive does', async () => {
    const directory = path.join(root, 'owners');
    given(createLog(store, directory, {}));
    const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const [boot] = store.processId.split('-');
    const started = startOf(other.pid ?? 0);
    const owner = path.join(directory, `writer.${boot}-${other.pid}-${started}`);
    writeFileSync(owner, '');
    expect(openWriter(store, directory)).toMatchObject({ error: { code: 'LOG_IN_USE' } });
    const ended = new Promise((done) => other.on('exit', done));
    other.kill('SIGKILL');
    await ended;
    expect(await closed(given(openWriter(store, directory)))).toBeUndefined();
    expect(readdirSync(directory).filter((name) => name.startsWith('writer.'))).toEqual([]);
    writeFileSync(path.join(directory, `writer.${boot}-${process.pid}-1`), '');
    expect(await closed(given(openWriter(store, directory)))).toBeUndefined();
  });

  test('names of processes that no process has are not alive', () => {
    expect(store.isAlive(store.processId)).toBe(true);
    for (const name of ['', 'x', '0-1-1', `${store.processId}1`, 'deadbeef-1-1'])
      expect(store.isAlive(name)).toBe(false);
  });

  test('without permission the refusal says so', () => {
    const directory = path.join(root, 'denied');
    given(createLog(store, directory, {}));
    given(openWriter(store, directory)).close();
    chmodSync(directory, 0o500);
    const opened = openWriter(store, directory);
    chmodSync(directory, 0o700);
    // The superuser may do everything.
    if (process.getuid?.() !== 0) expect(opened).toMatchObject({ error: { code: 'LOG_READ_ONLY' } });
  });
});

function startOf(pid: number): string {
  const stat = given(store.open(`/proc/${pid}/stat`, 'read'));
  const bytes = Buffer.alloc(1_000);
  const read = given(stat.read(bytes, 0));
  stat.close();
  const text = bytes.toString('latin1', 0, read);
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
