import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newKeyFile, readBusKeys } from '../../../server/adapters/bus-keys.ts';
import { KEY_ID_BYTES_MAX, MAC_BYTES, NONCE_BYTES_MIN } from '../../../server/msgc/auth-frames.ts';

const KEY = 'q1Yx7Ztd0uE4nW2kB8rLmC5sVfGh3JpA9oNiXbTe6wQ=';
const HEX = '0123456789abcdef0123456789abcdef';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'keys-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function keyFile(text: string, mode = 0o600): string {
  const file = path.join(folder, 'msgc.key');
  writeFileSync(file, text, { mode });
  chmodSync(file, mode);
  return file;
}

function idsIn(text: string): readonly string[] {
  const read = readBusKeys(keyFile(text));
  if (!read.ok) throw new Error(read.error);
  return read.value.keys.map(({ id }) => id);
}

function refusal(file: string): string {
  const read = readBusKeys(file);
  if (read.ok) throw new Error('the file was taken');
  expect(read.error.startsWith(`${file}: `)).toBe(true);
  expect(read.error).not.toContain('\n');
  return read.error.slice(file.length + 2);
}

describe('a key file', () => {
  test('holds one key in a line, in the order of the file; comments, spaces and empty lines are none', () => {
    const [one, two] = idsIn(`# the key of the bus\n\n  ${KEY}  \r\n#${HEX}\n${HEX}\n`);
    expect(idsIn(`${HEX}\n${KEY}`)).toEqual([two, one]);
    expect(one).not.toBe(two);
    expect(Buffer.byteLength(one ?? '')).toBeLessThanOrEqual(KEY_ID_BYTES_MAX);
  });

  test('gives the same id and MAC to whoever has the same key, other ones to anybody else', () => {
    const data = Buffer.from('what was said');
    const macs = [KEY, KEY, HEX].map((key) => {
      const read = readBusKeys(keyFile(key));
      return read.ok ? read.value.keys[0]?.mac(data) : undefined;
    });
    expect(macs[0]).toHaveLength(MAC_BYTES);
    expect(macs[1]).toEqual(macs[0]);
    expect(macs[2]).not.toEqual(macs[0]);
  });

  test('comes with nonces that are fresh each time', () => {
    const read = readBusKeys(keyFile(KEY));
    const nonces = Array.from({ length: 100 }, () => (read.ok ? read.value.nonce().toString('hex') : ''));
    expect(new Set(nonces).size).toBe(100);
    expect((nonces[0]?.length ?? 0) / 2).toBeGreaterThanOrEqual(NONCE_BYTES_MIN);
  });

  test('that we make is one that we take', () => {
    expect(idsIn(newKeyFile())).toHaveLength(1);
    expect(newKeyFile()).not.toBe(newKeyFile());
  });

  test('that is made as the refusal says is taken', () => {
    const file = path.join(folder, 'made.key');
    const command = /make one with: (\(.*\))/.exec(refusal(file))?.[1]?.replace('FILE', `'${file}'`);
    execFileSync('/bin/sh', ['-c', command ?? 'false']);
    expect(readBusKeys(file).ok).toBe(true);
  });

  test('is shown in no object that could be printed', () => {
    const read = readBusKeys(keyFile(KEY));
    expect(inspect(read, { depth: 9, showHidden: true })).not.toContain(KEY.slice(0, 8));
    expect(JSON.stringify(read)).not.toContain(KEY.slice(0, 8));
  });
});

describe('refused with what to do', () => {
  test.each([0o640, 0o604, 0o620, 0o666])('a file with mode %o', (mode) => {
    const file = keyFile(KEY, mode);
    expect(refusal(file)).toBe(
      `others may read or write it (mode 0${mode.toString(8)}); run: chmod 600 ${file}`,
    );
  });

  test.each([
    ['is empty', '', 'it holds no key; make one with: '],
    ['has comments only', '# no key yet\n', 'it holds no key; make one with: '],
    ['has a short key', `${KEY}\nabc123\n`, 'line 2: a key has at least 32 characters'],
    ['has a key that could be guessed', 'a'.repeat(40), 'line 1: a key is random'],
    ['has another text', 'my secret is safe with nobody but me and you', 'line 1: a key is base64 or hex'],
    ['has a key twice', `${KEY}\n\n${KEY}`, 'line 3: it is the key of line 1 again'],
    ['has a very long key', HEX.repeat(20), 'line 1: a key has at most 512 characters'],
    [
      'has nine keys',
      Array.from({ length: 9 }, (_, index) => `${HEX}${index}`).join('\n'),
      'it holds 9 keys, at most 8 can be used',
    ],
    ['is very long', `${'#'.repeat(70_000)}\n${KEY}`, 'it has more than 65536 bytes'],
  ])('a file that %s', (_what, text, reason) => {
    const told = refusal(keyFile(text));
    expect(told.startsWith(reason)).toBe(true);
    for (const word of ['abc123', 'secret', KEY.slice(0, 8), HEX.slice(0, 8)])
      expect(told).not.toContain(word);
  });

  test('a path that leads to no file of its own', () => {
    expect(refusal(path.join(folder, 'none'))).toMatch(/^no such file; make one with: /);
    mkdirSync(path.join(folder, 'sub'), { mode: 0o700 });
    expect(refusal(path.join(folder, 'sub'))).toBe('it is not a regular file');
    execFileSync('/bin/sh', ['-c', 'mkfifo -m 600 "$0"', path.join(folder, 'pipe')]);
    expect(refusal(path.join(folder, 'pipe'))).toBe('it is not a regular file');
    expect(refusal('conf/msgc.key')).toBe('the path of a key file is absolute');
  });
});
