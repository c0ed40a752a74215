/** What every implementation of the port for configuration files must do. */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { DiskConfigFiles } from '../../server/adapters/config-files.ts';
import type { ConfigFiles } from '../../server/conf/config-files.ts';
import { MemoryFiles } from '../../server/memory/memory-files.ts';

const BYTES_MAX = 1_000;
const TEXTS = { 'a.conf': 'é = 1\n', 'dir/b.conf': '', 'dir/.hidden': 'x', 'dir/sub/c.conf': 'y' };
const directory = mkdtempSync(join(tmpdir(), 'conf-'));
afterAll(() => rmSync(directory, { recursive: true }));

function onDisk(): ConfigFiles {
  for (const [name, text] of Object.entries(TEXTS)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  writeFileSync(join(directory, 'large'), '');
  truncateSync(join(directory, 'large'), BYTES_MAX + 1);
  symlinkSync(join(directory, 'nowhere'), join(directory, 'dangling'));
  return new DiskConfigFiles();
}

function inMemory(): ConfigFiles {
  const files = new MemoryFiles({ [join(directory, 'large')]: ' '.repeat(BYTES_MAX + 1) });
  for (const [name, text] of Object.entries(TEXTS)) files.put(join(directory, name), text);
  return files;
}

describe.each([
  ['on disk', onDisk()],
  ['in memory', inMemory()],
])('configuration files %s', (_where, files) => {
  const at = (name: string): string => join(directory, name);

  test('tell files, directories and what is missing', () => {
    const names = ['a.conf', 'dir', 'none', 'dangling', 'a.conf/x'];
    expect(names.map((name) => files.kindOf(at(name)))).toEqual([
      'file',
      'directory',
      'missing',
      'missing',
      'missing',
    ]);
  });

  test('read text', () => {
    expect(files.read(at('a.conf'), BYTES_MAX)).toEqual({ ok: true, value: 'é = 1\n' });
    expect(files.read(at('none'), BYTES_MAX)).toEqual({ ok: false, error: 'no such file' });
  });

  test('refuse a file beyond the limit without reading it', () => {
    expect(files.read(at('large'), BYTES_MAX)).toEqual({ ok: false, error: `more than ${BYTES_MAX} bytes` });
  });

  test('list the regular files of a directory only', () => {
    const listed = files.list(at('dir'));
    expect(listed.ok && [...listed.value].sort()).toEqual(['.hidden', 'b.conf']);
    expect(files.list(at('none')).ok).toBe(false);
  });
});
