import { describe, expect, test } from 'vitest';
import { DiagnosticSink } from '../../../server/conf/diagnostics.ts';
import { INCLUDE_DEPTH_MAX, INCLUDED_FILES_MAX, loadItems } from '../../../server/conf/include.ts';
import { loadConfiguration } from '../../../server/conf/load-configuration.ts';
import {
  expandSearchPath,
  SEARCH_PATH_ENTRIES_MAX,
  searchPathFrom,
} from '../../../server/conf/search-path.ts';
import { MemoryFiles } from '../../../server/memory/memory-files.ts';
import { load, REGISTRY } from '../../support/conf-samples.ts';

const node = (name: string): string => `cluster { nodename = ${name} }`;

function codes(
  main: string,
  others: Readonly<Record<string, string>> = {},
  searchPath = ['/'],
): readonly string[] {
  return load(main, others, searchPath).diagnostics.map((d) => `${d.file}:${d.line}:${d.column} ${d.code}`);
}

describe('includes', () => {
  test('a missing file is an error that tells where it was looked for', () => {
    const { diagnostics, generation } = load('include nothere.conf', {}, ['/a', '/b']);
    expect(generation).toBeUndefined();
    expect(diagnostics[0]).toMatchObject({
      code: 'CONF_INCLUDE_MISSING',
      message: "cannot find the configuration file 'nothere.conf'",
      hint: 'looked in /:/a:/b',
      line: 1,
      column: 9,
    });
  });

  test('a missing main file is an error of its own', () => {
    const request = {
      files: new MemoryFiles(),
      searchPath: ['/a'],
      mainFile: 'ecelerity.conf',
      registry: REGISTRY,
      nodename: 'n',
      subcluster: 'default',
    };
    expect(loadConfiguration(request).diagnostics[0]).toMatchObject({
      code: 'CONF_INCLUDE_MISSING',
      file: 'ecelerity.conf',
      hint: 'looked in /a',
    });
    const found = { ...request, files: new MemoryFiles({ '/a/ecelerity.conf': node('x') }) };
    expect(loadConfiguration(found).generation?.files[0]?.path).toBe('/a/ecelerity.conf');
  });

  test('a file that includes itself, even through others, is an error', () => {
    expect(codes('include a.conf', { '/a.conf': 'include b.conf', '/b.conf': 'include a.conf' })).toEqual([
      '/b.conf:1:9 CONF_INCLUDE_CYCLE',
    ]);
    expect(codes('include main.conf')).toEqual(['/main.conf:1:9 CONF_INCLUDE_CYCLE']);
  });

  test('a file may be included twice, which makes it read-only', () => {
    const { generation } = load('include a.conf\ninclude a.conf', { '/a.conf': node('x') });
    expect(generation?.files.map((file) => [file.path, file.readonly])).toEqual([
      ['/main.conf', false],
      ['/a.conf', true],
    ]);
  });

  test('a file without permission is an error that says so', () => {
    const files = new MemoryFiles({ '/main.conf': 'include a.conf', '/a.conf': '' });
    files.deny('/a.conf');
    const sink = new DiagnosticSink();
    loadItems(files, '/main.conf', ['/'], sink);
    expect(sink.list().diagnostics[0]).toMatchObject({
      code: 'CONF_INCLUDE_UNREADABLE',
      message: "cannot read '/a.conf': permission denied",
    });
  });

  test('file:// is read, persist:// is passed with a warning, other URIs are errors', () => {
    const { generation, diagnostics } = load('include "file:///a.conf"\ninclude "persist://x"', {
      '/a.conf': node('x'),
    });
    expect(generation?.getString(['cluster'], 'nodename')).toBe('x');
    expect(diagnostics.map((d) => [d.severity, d.code])).toEqual([['warning', 'CONF_INCLUDE_PERSIST']]);
    expect(codes('include "eccmgr://u:p@h:2027/boot/default"')).toEqual(['/main.conf:1:9 CONF_INCLUDE_URI']);
  });

  test('errors of an included file name that file', () => {
    expect(codes('include a.conf\ncluster { x }', { '/a.conf': '\n  a b' })).toEqual([
      '/main.conf:2:11 CONF_UNKNOWN_OPTION',
      '/a.conf:2:3 CONF_UNKNOWN_OPTION',
      '/a.conf:2:5 CONF_MISSING_EQUALS',
    ]);
  });

  test('what is included stands where the include stands', () => {
    const text = 'cluster {\n nodename = a\n include x.conf\n control_group = b\n}';
    const { generation } = load(text, { '/x.conf': 'nodename = c control_group = d' });
    expect(generation?.getString(['cluster'], 'nodename')).toBe('c');
    expect(generation?.getString(['cluster'], 'control_group')).toBe('b');
  });

  test('names may lead upwards, but not above the root', () => {
    const { generation } = load('include "../../x.conf"', { '/x.conf': node('up') });
    expect(generation?.getString(['cluster'], 'nodename')).toBe('up');
  });
});

describe('bounds of includes', () => {
  const chain = (length: number): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length }, (_, i) => [`/${i}.conf`, i === length - 1 ? '' : `include ${i + 1}.conf`]),
    );

  test('depth', () => {
    expect(codes('include 0.conf', chain(INCLUDE_DEPTH_MAX))).toEqual([]);
    expect(codes('include 0.conf', chain(INCLUDE_DEPTH_MAX + 1))).toEqual([
      `/${INCLUDE_DEPTH_MAX - 1}.conf:1:9 CONF_INCLUDE_LIMIT`,
    ]);
  });

  test('number of files, even where each file includes the next one twice', () => {
    expect(codes('include a.conf\n'.repeat(INCLUDED_FILES_MAX - 1), { '/a.conf': '' })).toEqual([]);
    expect(codes('include a.conf\n'.repeat(INCLUDED_FILES_MAX), { '/a.conf': '' })).toHaveLength(1);
    const bomb = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`/${i}.conf`, `include ${i + 1}.conf include ${i + 1}.conf`]),
    );
    expect(codes('include 0.conf', { ...bomb, '/20.conf': '' }).map((code) => code.split(' ')[1])).toEqual([
      'CONF_INCLUDE_LIMIT',
    ]);
  });

  test('directories of a search path', () => {
    const names = { nodename: 'n', subcluster: 's' };
    const path = (entries: number): string => Array.from({ length: entries }, (_, i) => `/${i}`).join(':');
    expect(searchPathFrom(path(SEARCH_PATH_ENTRIES_MAX), names).ok).toBe(true);
    expect(searchPathFrom(path(SEARCH_PATH_ENTRIES_MAX + 1), names).ok).toBe(false);
  });
});

describe('names in a search path', () => {
  test.each(['..', '.', 'a/b', '', 'a b'])('%j cannot stand for a directory', (nodename) => {
    expect(expandSearchPath(['/conf/{NODENAME}'], { nodename, subcluster: 'default' }).ok).toBe(false);
  });

  test('a name with dots can', () => {
    expect(
      expandSearchPath(['/conf/{NODENAME}'], { nodename: 'n1.example.com', subcluster: 'default' }),
    ).toEqual({
      ok: true,
      value: ['/conf/n1.example.com'],
    });
  });

  test('a bad name is a diagnostic, not an exception', () => {
    const loaded = loadConfiguration({
      files: new MemoryFiles({ '/main.conf': '' }),
      searchPath: ['/{NODENAME}'],
      mainFile: '/main.conf',
      registry: REGISTRY,
      nodename: '../etc',
      subcluster: 'East',
    });
    expect(loaded.diagnostics.map((d) => d.code)).toEqual(['CONF_SUBCLUSTER_NAME', 'CONF_SEARCH_PATH']);
  });
});
