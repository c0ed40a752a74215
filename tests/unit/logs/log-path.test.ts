import { normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type LocalTime, parseLogPath, safeName } from '../../../server/logs/log-path.ts';

const NAMES = { log: 'mainlog', subcluster: 'default', node: 'pono' };
const AT_MS = Date.UTC(2026, 2, 9, 4, 5, 6);
const utc = (ms: number): LocalTime => {
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  return {
    year,
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    weekday: date.getUTCDay(),
    dayOfYear: Math.floor((ms - Date.UTC(year, 0, 1)) / 86_400_000) + 1,
  };
};

function pathOf(text: string, names: Partial<typeof NAMES> = {}, ms = AT_MS): string {
  const parsed = parseLogPath(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value.pathOf({ ...NAMES, ...names }, ms * 1_000, utc);
}

describe('where a line goes', () => {
  test('[LOG-15] the default path has the day of the record, the log, the subcluster and the node', () => {
    expect(pathOf('/var/log/eccluster/%Y/%m/%d/%{l}/%{s}/%{n}')).toBe(
      '/var/log/eccluster/2026/03/09/mainlog/default/pono',
    );
  });

  test('[LOG-15] macros of strftime', () => {
    expect(pathOf('/x/%y%m%d-%H%M%S-%j-%a-%b-%e-%I%p-%u%w-%F-%T-%R-%C-%%')).toBe(
      '/x/260309-040506-068-Mon-Mar- 9-04AM-11-2026-03-09-04:05:06-04:05-20-%',
    );
    expect(pathOf('/x/%A/%B')).toBe('/x/Monday/March');
  });

  test.each(['/x/%Q', '/x/%{z}', '/x/%', '/x/%{l', 'relative/%{n}', '/x/', '/x/\0'])(
    'what is no path of a file is refused with words: %j',
    (text) => {
      expect(parseLogPath(text)).toMatchObject({ ok: false, error: expect.stringContaining('logfile: ') });
    },
  );

  test.each([
    ['..', '%2E.'],
    ['.', '%2E'],
    ['', '%'],
    ['../../etc/passwd', '%2E.%2F..%2Fetc%2Fpasswd'],
    ['a/b', 'a%2Fb'],
    ['a\0b', 'a%00b'],
    ['a\nb\u202e', 'a%0Ab%E2%80%AE'],
    ['50%', '50%25'],
    ['main log', 'main%20log'],
    ['größe', 'größe'],
  ])('a hostile name stays one harmless part of the path: %j', (name, safe) => {
    expect(safeName(name)).toBe(safe);
    const path = pathOf('/logs/%{l}/%{n}', { log: name, node: name });
    expect(path).toBe(`/logs/${safe}/${safe}`);
    expect(normalize(path)).toBe(path);
  });

  test('two names side by side leave no directory either', () => {
    expect(pathOf('/logs/%{l}%{s}/x', { log: '.', subcluster: '.' })).toBe('/logs/%2E%2E/x');
    expect(pathOf('/logs/.%{l}/x', { log: '.' })).toBe('/logs/.%2E/x');
  });

  test('long names are cut and still differ', () => {
    const [a, b] = [safeName(`${'ä'.repeat(300)}a`), safeName(`${'ä'.repeat(300)}b`)];
    expect(a).not.toBe(b);
    expect(Math.max(Buffer.byteLength(a), Buffer.byteLength(b))).toBeLessThanOrEqual(200);
  });

  test('times that are none have a place too', () => {
    const parsed = parseLogPath('/x/%Y');
    if (!parsed.ok) throw new Error(parsed.error);
    const at = (timeUs: number) => parsed.value.pathOf(NAMES, timeUs, utc);
    expect([Number.NaN, -1, 1e300, Number.POSITIVE_INFINITY].map(at)).toEqual([
      '/x/1970',
      '/x/1970',
      '/x/9999',
      '/x/1970',
    ]);
  });

  test('records of one span have one path', () => {
    const minutes = parseLogPath('/x/%H');
    const seconds = parseLogPath('/x/%S');
    if (!minutes.ok || !seconds.ok) throw new Error('paths');
    const us = AT_MS * 1_000;
    expect(minutes.value.spanOf(us)).toBe(minutes.value.spanOf(us + 1_000_000));
    expect(seconds.value.spanOf(us)).not.toBe(seconds.value.spanOf(us + 1_000_000));
  });
});
