/** jlogctl on the golden logs, compared with what the C program printed. */

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runJlogctl } from '../../server/daemons/jlogctl.ts';
import { comparePositions, type LogPosition, parsePosition } from '../../server/model/log-position.ts';
import { given } from '../support/given.ts';
import { contentOf, FIXTURES, loadFixture, storeOf } from '../support/jlog-fixtures.ts';

let root = '';

beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'jlogctl-'));
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function copyOf(name: string): string {
  const directory = mkdtempSync(path.join(root, 'log-'));
  cpSync(storeOf(name), directory, { recursive: true });
  return directory;
}

type Ran = { readonly code: number; readonly output: string; readonly errors: string };

async function jlogctl(...args: readonly string[]): Promise<Ran> {
  const texts = { output: '', errors: '' };
  const into = (which: keyof typeof texts): Writable =>
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        texts[which] += chunk.toString('utf8');
        done();
      },
    });
  const code = await runJlogctl({ args, output: into('output'), errors: into('errors') });
  return { code, ...texts };
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** To list a log, the C program writes to it: it moves buffered records and makes the current segment. Or it refuses. */
const CHANGED_BY_LOOKING = ['11', '47', '48', '51'];
/** It shows names as bytes, and leaves out what it cannot read. */
const OTHER_NAMES = ['14', '43', '48', '51'];

describe('[LOG-21] jlogctl', () => {
  test.each(FIXTURES.filter((name) => !OTHER_NAMES.includes(name.slice(0, 2))))(
    '-s of %s is what the C program prints',
    async (name) => {
      const expected = loadFixture(name).manifest.jlogctl?.s ?? [];
      const { code, output } = await jlogctl('-s', copyOf(name));
      expect(code).toBe(0);
      expect([...linesOf(output).slice(1)].sort()).toEqual([...expected].sort());
    },
  );

  test.each(FIXTURES.filter((name) => !CHANGED_BY_LOOKING.includes(name.slice(0, 2))))(
    '-l -i of %s is what the C program prints',
    async (name) => {
      const expected = (loadFixture(name).manifest.jlogctl?.l_i ?? []).flatMap((lines) => lines.split('\n'));
      const { code, output } = await jlogctl('-l', '-i', copyOf(name));
      expect(code).toBe(0);
      expect(linesOf(output).slice(1)).toEqual(expected);
    },
  );

  test.each(FIXTURES)('looking at %s changes nothing', async (name) => {
    const directory = copyOf(name);
    const filesOf = (): readonly unknown[] =>
      readdirSync(directory).map((file) => [file, readFileSync(path.join(directory, file), 'hex')]);
    const before = filesOf();
    await jlogctl('-s', '-l', '-i', '-d', '-p', 'master', directory);
    await jlogctl('--cat', directory);
    expect(filesOf()).toEqual(before);
  });

  test('--cat prints every record as a line of JSON, and damage as gap', async () => {
    const name = '26-corrupt-header-middle-closed';
    const { code, output, errors } = await jlogctl('--cat', copyOf(name));
    expect(code).toBe(0);
    expect(errors).toContain('1 places could not be read');
    const lines = linesOf(output).map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    expect(lines[2]).toEqual({
      gap: { after: '00000000:00000002', reason: 'damaged', bytes: 150, offset: 299 },
    });
    const fixture = loadFixture(name);
    const [first] = fixture.manifest.messages;
    expect(lines[0]).toEqual({
      id: '00000000:00000001',
      time: '2023-11-14T22:13:20.318595Z',
      data: first === undefined ? '' : contentOf(first, fixture).toString('base64'),
    });
    const ids: readonly LogPosition[] = lines.flatMap(({ id }) =>
      typeof id === 'string' ? [given(parsePosition(id))] : [],
    );
    expect(ids).toEqual([...ids].sort(comparePositions));
    expect(ids).toHaveLength(
      fixture.manifest.written?.messages.filter(({ still_intact }) => still_intact).length ?? -1,
    );
  });

  test('-p shows where a subscriber stands', async () => {
    const { output } = await jlogctl('-p', 'master', copyOf('04-multi-segment'));
    expect(linesOf(output).slice(1)).toEqual([
      '--------------------',
      "  Perspective of the 'master' subscriber",
      '    current checkpoint: 00000002:00000003',
      'Last write: 00000007:00000001',
      '\t     next interval: [00000002:00000004, 00000002:00000009]',
      '--------------------',
    ]);
  });

  test('-a adds, -e erases, -c deletes what nobody needs', async () => {
    const directory = copyOf('05-advanced-deleted');
    expect((await jlogctl('-a', 'new', directory)).output).toContain(
      "Added subscriber 'new' -> 00000000:00000000",
    );
    expect(await jlogctl('-a', 'new', directory)).toMatchObject({ code: 1 });
    expect((await jlogctl('-c', directory)).output).toContain('deleted 0 segments');
    expect((await jlogctl('-e', 'new', directory)).output).toContain("Erased subscriber 'new'");
    expect((await jlogctl('-e', 'new', directory)).errors).toContain('no subscriber new');
    expect((await jlogctl('-c', directory)).output).toContain('deleted 4 segments');
  });

  test('-c leaves everything when there is no subscriber', async () => {
    const directory = copyOf('03-single-segment');
    await jlogctl('-e', 'master', directory);
    expect((await jlogctl('-c', directory)).output).toContain('deleted 0 segments');
  });

  test.each(['23', '25', '26', '27'])(
    '-r of %s keeps every readable record under its number',
    async (start) => {
      const directory = copyOf(FIXTURES.find((name) => name.startsWith(start)) ?? '');
      const recordsOf = async (): Promise<readonly string[]> =>
        linesOf((await jlogctl('--cat', directory)).output).filter((line) => !line.includes('"gap"'));
      const before = await recordsOf();
      expect((await jlogctl('-d', directory)).output).toContain('of junk');
      expect((await jlogctl('-r', directory)).code).toBe(0);
      expect(await recordsOf()).toEqual(before);
      expect((await jlogctl('-d', directory)).output).not.toContain('of junk');
      expect(readdirSync(directory).filter((name) => /repair|writer/.test(name))).toEqual([]);
    },
  );

  test('-r makes a metastore where there is none', async () => {
    const directory = copyOf('48-metastore-missing');
    expect((await jlogctl('-r', directory)).output).toContain('metastore: segment 00000002');
    expect(readFileSync(path.join(directory, 'metastore'), 'hex')).toBe(
      '020000000000400001000000' + '18733a66',
    );
  });

  test.each(['50-legacy-v1', '51-big-endian'])('-r refuses %s', async (name) => {
    expect(await jlogctl('-r', copyOf(name))).toMatchObject({ code: 1 });
  });

  test('what is not understood is explained, with exit code 2', async () => {
    expect(await jlogctl()).toMatchObject({ code: 2 });
    const { code, errors } = await jlogctl('-x', '/nowhere');
    expect([code, errors.includes('Usage: jlogctl')]).toEqual([2, true]);
    expect(await jlogctl('-s', path.join(root, 'nothing'))).toMatchObject({ code: 1 });
  });
});
