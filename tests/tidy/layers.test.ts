/**
 * Who may import whom. The table is the authority; a folder that is not in it fails until it is placed.
 */

import { describe, expect, test } from 'vitest';
import { foldersIn, importsOf, resolveRelative, type SourceFile, sourcesBelow } from './source-files.ts';

type Room = {
  /** Rooms of this checkout that may be imported. Its own files always may. */
  readonly rooms: readonly string[];
  /** Rooms of which only types may be imported. */
  readonly typesOf?: readonly string[];
  /** Node's own modules: all, none, or these. */
  readonly builtins: boolean | readonly string[];
  /** Packages, or true for any. A name ending in `/` stands for a whole scope. */
  readonly packages: readonly string[] | true;
};

const CORES = ['conf', 'msgc', 'duravip', 'replication', 'jlog', 'logs', 'repo', 'mail'] as const;
const SERVER = (names: readonly string[]): readonly string[] => names.map((name) => `server/${name}`);
const pure = (...names: readonly string[]): Room => ({ rooms: SERVER(names), builtins: false, packages: [] });
const outer = (...names: readonly string[]): Room => ({
  rooms: SERVER(names),
  builtins: true,
  packages: true,
});
const BELOW_DAEMONS = [
  'base',
  'model',
  'wire',
  ...CORES,
  'console',
  'cluster',
  'memory',
  'adapters',
  'gateway',
];
const REACT = ['react', 'react-dom', 'react-aria-components', 'react-aria', '@tanstack/', 'socket.io-client'];

/** Pages that are made from tables of the server. */
const BUILD_TIME = 'app/(board)/reference';

const ROOMS: Readonly<Record<string, Room>> = {
  'server/base': pure(),
  'server/model': pure('base'),
  'server/wire': { ...pure('base', 'model'), packages: ['zod'] },
  ...Object.fromEntries(CORES.map((core) => [`server/${core}`, pure('base', 'model')])),
  // re2js: patterns of the configuration, decided in linear time.
  'server/conf': { ...pure('base', 'model'), packages: ['re2js'] },
  // node:crypto: a hash is a pure function.
  'server/console': { ...pure('base', 'model', 'wire', 'conf'), builtins: ['node:crypto'] },
  // zod: bus messages of other members are outside input and are parsed here.
  'server/cluster': { ...pure('base', 'model', 'wire', 'console', ...CORES), packages: ['zod'] },
  // Types of ports only: those of the cores, and the observer that the cluster offers to the gateway.
  'server/memory': { ...pure('base', 'model', 'wire'), typesOf: SERVER([...CORES, 'cluster']) },
  // The store's port belongs to the gateway, which uses it; the adapter that implements it takes its types.
  'server/adapters': { ...outer('base', 'model', 'wire', ...CORES), typesOf: ['server/gateway'] },
  'server/gateway': outer('base', 'model', 'wire', 'console', 'cluster'),
  'server/daemons': outer(...BELOW_DAEMONS),
  'server/bin': { rooms: SERVER(['base', 'conf', 'daemons']), builtins: true, packages: [] },
  components: {
    rooms: SERVER(['wire', 'model']),
    builtins: false,
    packages: [...REACT, 'zod', 'next'],
  },
  app: {
    rooms: ['components', 'server/wire'],
    builtins: false,
    packages: ['next', 'react', '@fontsource/', '@fontsource-variable/', 'tailwindcss'],
  },
  // Reads the option tables at build time, in server components only: a test below holds it to that.
  [BUILD_TIME]: {
    rooms: ['components', ...SERVER(['wire', 'conf', 'msgc'])],
    builtins: false,
    packages: ['react'],
  },
  scripts: { rooms: [], builtins: true, packages: ['esbuild', '@playwright/test'] },
};

/** Folders that may import anything and that nothing may import. */
const TESTS = 'tests';
/** Top-level folders without sources of ours, and what tools make. */
const WITHOUT_SOURCES = ['public', 'node_modules', 'dist', 'out', 'data', 'coverage', 'test-results', 'docs'];

function roomOf(name: string): string | undefined {
  if (name.startsWith(`${BUILD_TIME}/`)) return BUILD_TIME;
  const parts = name.split('/');
  const room = parts[0] === 'server' ? parts.slice(0, 2).join('/') : parts[0];
  return room !== undefined && Object.hasOwn(ROOMS, room) ? room : undefined;
}

function packageAllowed(specifier: string, packages: Room['packages']): boolean {
  if (packages === true) return true;
  return packages.some((allowed) =>
    allowed.endsWith('/')
      ? specifier.startsWith(allowed)
      : specifier === allowed || specifier.startsWith(`${allowed}/`),
  );
}

/** One line for every import of the file that the table does not allow. */
function violationsOf({ name, text }: SourceFile): readonly string[] {
  const own = roomOf(name);
  if (own === undefined) return [`${name} is in no room`];
  const room = ROOMS[own];
  if (room === undefined) return [`${name} is in no room`];
  const violations: string[] = [];
  for (const { specifier, typeOnly } of importsOf(text)) {
    if (specifier.startsWith('.')) {
      const target = roomOf(resolveRelative(name, specifier));
      const types = typeOnly && target !== undefined && (room.typesOf ?? []).includes(target);
      const allowed = target === own || types || (target !== undefined && room.rooms.includes(target));
      if (!allowed) violations.push(`${name} imports ${specifier}: ${own} may not`);
    } else if (specifier.startsWith('node:')) {
      const { builtins } = room;
      const allowed = typeof builtins === 'boolean' ? builtins : builtins.includes(specifier);
      if (!allowed) violations.push(`${name} imports ${specifier}: ${own} has no node built-ins`);
    } else if (!packageAllowed(specifier, room.packages)) {
      violations.push(`${name} imports ${specifier}: this package is not for ${own}`);
    }
  }
  return violations;
}

describe('layers', () => {
  test('every folder has a place in the table', () => {
    const unplaced = [
      ...foldersIn('server').map((name) => `server/${name}`),
      ...foldersIn('.').filter((name) => !name.startsWith('.') && name !== 'server'),
    ].filter((name) => !Object.hasOwn(ROOMS, name) && name !== TESTS && !WITHOUT_SOURCES.includes(name));
    expect(unplaced).toEqual([]);
  });

  test('no file imports what its room may not', () => {
    const violations = sourcesBelow('server', 'components', 'app', 'scripts').flatMap(violationsOf);
    expect(violations).toEqual([]);
  });

  test('the table is enforced: a planted violation of each kind is found', () => {
    const planted = {
      name: 'server/conf/planted.ts',
      text: [
        "import { a } from '../msgc/server.ts';",
        "import fs from 'node:fs';",
        "import { z } from 'zod';",
        "export { b } from '../../tests/b.ts';",
        "const c = await import('../gateway/c.ts');",
        "import { fine } from '../model/names.ts';",
      ].join('\n'),
    };
    expect(violationsOf(planted)).toHaveLength(5);
    expect(violationsOf({ name: 'server/novel/x.ts', text: '' })).toHaveLength(1);
  });

  test('what reads tables of the server at build time never becomes a script of a page', () => {
    const inBrowser = sourcesBelow(BUILD_TIME).filter(({ text }) => /^\s*['"]use client['"]/m.test(text));
    expect(inBrowser).toEqual([]);
  });

  test('memory takes only types from the cores', () => {
    const typed = { name: 'server/memory/a.ts', text: "import type { A } from '../msgc/a.ts';" };
    const valued = { name: 'server/memory/a.ts', text: "import { A } from '../msgc/a.ts';" };
    expect(violationsOf(typed)).toEqual([]);
    expect(violationsOf(valued)).toHaveLength(1);
  });
});
