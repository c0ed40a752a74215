/** What every implementation of the port for configuration files must do. */

import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { DiskConfigFiles } from '../../server/adapters/config-files.ts';
import type { ConfigFiles, ConfigWriter } from '../../server/conf/config-files.ts';
import { MemoryFiles } from '../../server/memory/memory-files.ts';

const BYTES_MAX = 1_000;
const TEXTS = { 'a.conf': 'é = 1\n', 'dir/b.conf': '', 'dir/.hidden': 'x', 'dir/sub/c.conf': 'y' };
const directory = mkdtempSync(join(tmpdir(), 'conf-'));
afterAll(() => rmSync(directory, { recursive: true }));

function onDisk(): ConfigFiles & ConfigWriter {
  for (const [name, text] of Object.entries(TEXTS)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  writeFileSync(join(directory, 'large'), '');
  truncateSync(join(directory, 'large'), BYTES_MAX + 1);
  symlinkSync(join(directory, 'nowhere'), join(directory, 'dangling'));
  return new DiskConfigFiles();
}

function inMemory(): ConfigFiles & ConfigWriter {
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

  test('replace a file as a whole, and make a new one where its directory is', () => {
    const path = at('dir/written.conf');
    expect(files.isWritable(path)).toBe(true);
    expect(files.write(path, 'é = 1\n').ok).toBe(true);
    expect(files.write(path, 'b = 2\n').ok).toBe(true);
    expect(files.read(path, BYTES_MAX)).toEqual({ ok: true, value: 'b = 2\n' });
    const listed = files.list(at('dir'));
    expect(listed.ok && [...listed.value].sort()).toEqual(['.hidden', 'b.conf', 'written.conf']);
  });

  test.each(['dir', 'nowhere/x.conf', 'a.conf/x'])('do not write %s', (name) => {
    expect(files.isWritable(at(name))).toBe(false);
    expect(files.write(at(name), 'x').ok).toBe(false);
    expect(files.kindOf(at(name))).not.toBe('file');
  });
});

describe('on disk', () => {
  const files = new DiskConfigFiles();
  const at = (name: string): string => join(directory, name);

  test('a file keeps its permissions, a new one is not for everybody', () => {
    writeFileSync(at('mode.conf'), 'a');
    chmodSync(at('mode.conf'), 0o604);
    files.write(at('mode.conf'), 'b');
    files.write(at('new.conf'), 'b');
    expect(statSync(at('mode.conf')).mode & 0o777).toBe(0o604);
    expect(statSync(at('new.conf')).mode & 0o007).toBe(0);
  });

  test('a link stays a link, its target is replaced', () => {
    writeFileSync(at('target.conf'), 'a');
    symlinkSync(at('target.conf'), at('link.conf'));
    expect(files.isWritable(at('link.conf'))).toBe(true);
    files.write(at('link.conf'), 'b');
    expect(lstatSync(at('link.conf')).isSymbolicLink()).toBe(true);
    expect(readFileSync(at('target.conf'), 'utf8')).toBe('b');
  });

  test('what a crash left beside a file stands in no way', () => {
    mkdirSync(at('crashed'));
    writeFileSync(at(`crashed/.a.conf.${process.pid}.new`), 'half');
    expect(files.write(at('crashed/a.conf'), 'b').ok).toBe(true);
    expect(readdirSync(at('crashed'))).toEqual(['a.conf']);
  });

  test('a write that fails leaves the old text and nothing beside it', () => {
    mkdirSync(at('full'));
    writeFileSync(at('full/a.conf'), 'a');
    mkdirSync(at(`full/.a.conf.${process.pid}.new`));
    expect(files.write(at('full/a.conf'), 'b').ok).toBe(false);
    expect(readFileSync(at('full/a.conf'), 'utf8')).toBe('a');
    expect(readdirSync(at('full'))).toHaveLength(2);
  });
});
