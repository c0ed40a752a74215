import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import {
  excesses,
  firstLoad,
  fontFiles,
  OTHER_SCRIPT_KB_MAX,
  pageSize,
  SCRIPT_KB_MAX,
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
    styleKb: zipped('/css/a.css'),
    fontKb: 2,
  });
});

test('a bound holds at its value and breaks above it', () => {
  const at = { styleKb: 25, fontKb: 100 };
  expect(SCRIPT_KB_MAX).toMatchObject({ '/sign-in': 90, '/overview': 240 });
  expect(excesses({ route: '/sign-in', scriptKb: 90, ...at })).toEqual([]);
  expect(excesses({ route: '/sign-in', scriptKb: 90.1, ...at })).toEqual([
    '/sign-in loads 90.1 kB of script; 90 kB is the bound.',
  ]);
  expect(excesses({ route: '/members', scriptKb: OTHER_SCRIPT_KB_MAX, ...at })).toEqual([]);
  expect(excesses({ route: '/members', scriptKb: 301, styleKb: 26, fontKb: 101 })).toHaveLength(3);
});
