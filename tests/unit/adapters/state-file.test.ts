import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replaceFile, STATE_FILE_INTERVAL_MS, StateFile } from '../../../server/adapters/state-file.ts';
import type { ClusterError } from '../../../server/base/errors.ts';

let directory: string;
let errors: ClusterError[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'muster-state-'));
  errors = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function stateFile(name = 'control_cache'): { file: StateFile; path: string } {
  const path = join(directory, name);
  return { file: new StateFile({ path, mode: 0o640, onError: (error) => errors.push(error) }), path };
}

test('what was saved is loaded, with the mode that was asked for', async () => {
  const { file, path } = stateFile();
  expect(await file.load()).toBeUndefined();
  file.save(() => 'one');
  await file.settled();
  expect(await file.load()).toBe('one');
  expect(statSync(path).mode & 0o777).toBe(0o640);
});

test('saves that come while one is written are merged into the last', async () => {
  const { file } = stateFile();
  let made = 0;
  for (let n = 0; n < 50; n += 1) {
    file.save(() => {
      made += 1;
      return String(n);
    });
  }
  await file.settled();
  expect(await file.load()).toBe('49');
  expect(made).toBe(1);
  expect(STATE_FILE_INTERVAL_MS).toBe(200);
});

test('a leftover of a crash beside the file does not matter', async () => {
  const { file, path } = stateFile();
  writeFileSync(`${path}.new`, 'half', { mode: 0o400 });
  file.save(() => 'whole');
  await file.settled();
  expect(await file.load()).toBe('whole');
});

test('a damaged file is set aside and kept', async () => {
  const { file, path } = stateFile();
  writeFileSync(path, 'damaged');
  const aside = await file.setAside(1_700_000_000_999);
  expect(aside).toBe(`${path}.damaged-1700000000`);
  expect(readFileSync(aside, 'utf8')).toBe('damaged');
  expect(await file.load()).toBeUndefined();
});

test('a file that cannot be written or read is one clear error, and nothing throws on saving', async () => {
  const { file, path } = stateFile('no/such/directory');
  file.save(() => 'x');
  await file.settled();
  expect(errors.map(({ message }) => message)).toEqual([`cannot write ${path}: ENOENT`]);
  await expect(stateFile('').file.load()).rejects.toMatchObject({ code: 'STATE_FILE_UNREADABLE' });
});

test('a write that fails leaves the old text', async () => {
  const { file, path } = stateFile();
  file.save(() => 'old');
  await file.settled();
  file.save(() => {
    throw new Error('no text');
  });
  await file.settled();
  expect(await file.load()).toBe('old');
  await replaceFile({ path, mode: 0o600 }, 'new');
  expect(await file.load()).toBe('new');
});
