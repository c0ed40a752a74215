import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import {
  excesses,
  firstLoad,
  fontFiles,
  OTHER_SCRIPT_KB_MAX,
  pageSize,
  SCRIPT_KB_MAX,
  workerFiles,
} from '../../../scripts/page-sizes.mjs';

const PAGE = [
  '<head><link rel="preload" as="script" fetchPriority="low" href="/a.js"/>',
  '<link rel="modulepreload" href="/b.js"/><link rel="preload" as="font" href="/f.woff2"/>',
  '<link rel="stylesheet" href="/css/a.css" data-precedence="next"/>',
  '<script src="/a.js" async=""></script><script>inline()</script>',
  '<script src="/old.js" noModule=""></script><script type="module" src="/c.js"></script></head>',
].join('');

test('the first load is every script that the document names, once, and no old one', () => {
  expect(firstLoad(PAGE)).toEqual({ scripts: ['/a.js', '/c.js', '/b.js'], styles: ['/css/a.css'] });
});

test('fonts for other ranges of characters are not part of the first load', () => {
  const css = [
    '@font-face{font-family:a;src:url(../media/latin.woff2)format("woff2");font-weight:400}',
    '@font-face{font-family:b;src:url("../media/ext.woff2");unicode-range:U+100-2BA}',
    '@font-face{font-family:c;src:local("Arial")}',
  ].join('');
  expect(fontFiles(css)).toEqual(['../media/latin.woff2']);
});

test('sizes are those that travel: gzip for text, fonts as they are', () => {
  const files: Readonly<Record<string, Buffer>> = {
    '/a.js': Buffer.alloc(5_000, 'a'),
    '/b.js': Buffer.from('b()'),
    '/c.js': Buffer.from('c()'),
    '/css/a.css': Buffer.from('@font-face{src:url(../media/latin.woff2)}'),
    '/media/latin.woff2': Buffer.alloc(2_000),
  };
  const read = (address: string): Buffer => files[address] ?? Buffer.alloc(0);
  const zipped = (...names: readonly string[]): number =>
    names.reduce((sum, name) => sum + gzipSync(read(name)).length, 0) / 1_000;
  expect(pageSize('/x', PAGE, read)).toEqual({
    route: '/x',
    scriptKb: zipped('/a.js', '/b.js', '/c.js'),
    workerKb: 0,
    styleKb: zipped('/css/a.css'),
    fontKb: 2,
  });
});

test('a bound holds at its value and breaks above it', () => {
  const at = { workerKb: 0, styleKb: 25, fontKb: 100 };
  expect(SCRIPT_KB_MAX).toMatchObject({ '/sign-in': 90, '/overview': 240 });
  expect(excesses({ route: '/sign-in', scriptKb: 90, ...at })).toEqual([]);
  expect(excesses({ route: '/sign-in', scriptKb: 90.1, ...at })).toEqual([
    '/sign-in loads 90.1 kB of script; 90 kB is the bound.',
  ]);
  expect(excesses({ route: '/members', scriptKb: OTHER_SCRIPT_KB_MAX, ...at })).toEqual([]);
  expect(excesses({ route: '/members', scriptKb: 301, workerKb: 0, styleKb: 26, fontKb: 101 })).toHaveLength(
    3,
  );
});

const STARTS =
  'e.v(e.r(1).f("static/chunks/turbopack-worker-x.js",["static/chunks/w.js","static/chunks/shared.js"]))';

test('the worker that a page starts is part of its first load, and what both use counts once', () => {
  const html = '<script src="/a.js"></script><script src="/_next/static/chunks/shared.js"></script>';
  const files: Readonly<Record<string, Buffer>> = {
    '/a.js': Buffer.from(STARTS),
    '/_next/static/chunks/turbopack-worker-x.js': Buffer.from('w'),
    '/_next/static/chunks/w.js': Buffer.alloc(4_000, 'socket'),
    '/_next/static/chunks/shared.js': Buffer.alloc(9_000, 'shared'),
  };
  const read = (address: string): Buffer => {
    const found = files[address];
    if (found === undefined) throw new Error(`no file ${address}`);
    return found;
  };
  const sizes = Object.values(files).map((file) => gzipSync(file).length / 1_000);
  const { scriptKb, workerKb } = pageSize('/x', html, read);
  expect(scriptKb).toBeCloseTo(sizes.reduce((sum, size) => sum + size, 0));
  expect(workerKb).toBeCloseTo((sizes[1] ?? 0) + (sizes[2] ?? 0));
});

test('a worker whose files cannot be found is an error, not a smaller sum', () => {
  expect(workerFiles('plain()')).toEqual([]);
  expect(() => workerFiles('new SharedWorker(u)')).toThrow('worker');
  expect(() => workerFiles('f("static/chunks/turbopack-worker-x.js",chunks)')).toThrow('worker');
});
