import { expect, test } from 'vitest';
import { withoutFramework } from '../../../scripts/static-pages.mjs';

const PAGE = [
  '<html><head><link rel="preload" href="/f.woff2" as="font"/><link rel="stylesheet" href="/a.css"/>',
  '<link rel="preload" as="script" fetchPriority="low" href="/a.js"/>',
  '<script src="/a.js" async=""></script><script data-static="">theme()</script>',
  '<script src="/old.js" noModule=""></script></head><body><form></form>',
  '<script id="_R_">self.x.push("</div>")</script><script>self.__next_f=[]</script></body></html>',
].join('');

test('only marked scripts stay, styles and fonts are untouched, the own script comes last in the head', () => {
  expect(withoutFramework(PAGE, '/own.js')).toBe(
    [
      '<html><head><link rel="preload" href="/f.woff2" as="font"/><link rel="stylesheet" href="/a.css"/>',
      '<script data-static="">theme()</script><script type="module" src="/own.js"></script></head>',
      '<body><form></form></body></html>',
    ].join(''),
  );
});

test('a page without a script of its own has none but the marked ones', () => {
  expect(withoutFramework(PAGE, null).match(/<script/g)).toHaveLength(1);
});

test('a document that cannot take the script is refused', () => {
  expect(() => withoutFramework('<p>', '/own.js')).toThrow('head');
});
