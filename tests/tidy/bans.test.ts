/**
 * What must not stand in a source file. Each ban has one pattern, the folders it holds for, and a reason.
 */

import { describe, expect, test } from 'vitest';
import { readSource, type SourceFile, sourcesBelow } from './source-files.ts';

const EVERYWHERE = ['server', 'components', 'app', 'scripts', 'tests', 'next.config.js', 'postcss.config.js'];
const PURE = [
  'base',
  'model',
  'wire',
  'conf',
  'msgc',
  'console',
  'cluster',
  'duravip',
  'replication',
  'jlog',
  'logs',
  'repo',
  'mail',
].map((room) => `server/${room}`);

type Ban = { readonly what: string; readonly pattern: RegExp; readonly folders: readonly string[] };

const BANS: readonly Ban[] = [
  { what: 'a note to come back later', pattern: /\b(?:FIXME|TODO|XXX)\b/, folders: EVERYWHERE },
  { what: 'randomness without a seed', pattern: /\bMath\.random\b/, folders: ['server', 'tests'] },
  {
    what: 'a clock in a pure room',
    pattern: /\bDate\.now\b|\bperformance\.now\b|\bnew Date\(\)/,
    folders: PURE,
  },
  {
    what: 'a test that does not run, or runs alone',
    pattern: /\b(?:test|it|describe)(?:\.\w+)*\.(?:skip|only|todo|fixme)\b|\bx(?:it|describe)\(/,
    folders: ['tests'],
  },
  { what: 'a path of one machine', pattern: /['"`(\s]\/(?:work|root|Users|home\/\w)\//, folders: EVERYWHERE },
  {
    what: 'the host of a package registry',
    pattern: /\bregistry\.\w+\.\w+|\bdeb\.debian\.org\b/,
    folders: EVERYWHERE,
  },
  {
    what: 'a folder of leftovers',
    pattern: /from '[^']*\/(?:utils?|helpers|common|misc)(?:\/|\.ts')/,
    folders: EVERYWHERE,
  },
  {
    what: 'an ignored type error',
    pattern: /@ts-(?:ignore|nocheck|expect-error)/,
    folders: ['server', 'components', 'app'],
  },
];

/** This file names what it bans. */
const OWN_NAME = 'tests/tidy/bans.test.ts';

const LINES_MAX = 400;
/** Files that may be longer, each with its reason. */
const LONGER: Readonly<Record<string, string>> = {
  'server/msgc/view-change.ts': 'the phases of one attempt to change the view share its state',
  'server/msgc/mesh.ts': 'links, their waits and REACH are one table',
  'server/msgc/order.ts': 'sequencing, acknowledging and delivering share one window',
  'server/msgc/server.ts': 'wires every part of the bus server to every other',
};

function offences(ban: Ban, files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ name, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (ban.pattern.test(line) ? [`${name}:${index + 1}: ${line.trim()}`] : [])),
  );
}

describe('bans', () => {
  test.each(BANS)('no source file has $what', (ban) => {
    const files = sourcesBelow(...ban.folders).filter(({ name }) => name !== OWN_NAME);
    expect(offences(ban, files)).toEqual([]);
  });

  test('the lock file names no host', () => {
    expect(readSource('package-lock.json')).not.toMatch(/"resolved": "https?:/);
  });

  test(`no file is longer than ${LINES_MAX} lines without a reason`, () => {
    const longer = sourcesBelow('server', 'components', 'app', 'scripts', 'tests')
      .map(({ name, text }) => ({ name, lines: text.split('\n').length - 1 }))
      .filter(
        ({ name, lines }) =>
          lines > LINES_MAX && !name.startsWith('tests/fixtures/') && !name.endsWith('.css'),
      )
      .map(({ name }) => name);
    expect(longer.filter((name) => !Object.hasOwn(LONGER, name))).toEqual([]);
    expect(Object.keys(LONGER).filter((name) => !longer.includes(name))).toEqual([]);
  });

  test('a planted offence of each kind is found', () => {
    const planted = { name: 'x.ts', text: ['// TO', "DO: Math.random() Date.now() test.only('x')"].join('') };
    expect(BANS.slice(0, 4).map((ban) => offences(ban, [planted]).length)).toEqual([1, 1, 1, 1]);
  });
});
