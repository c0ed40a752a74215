import { expect, test } from 'vitest';
import {
  PANIC_CHARACTERS_MAX,
  PANIC_ENTRIES_MAX,
  PANIC_LINES_WAITING_MAX,
  PanicLog,
  panicText,
} from '../../../server/cluster/panic-log.ts';
import { renderPaniclog, renderPaniclogXml } from '../../../server/console/paniclog-text.ts';
import { localTime } from '../../../server/daemons/process-loggers.ts';

const AT_MS = new Date(2003, 10, 30, 10, 31, 7).getTime();
const TIME = 'Sun 30 Nov 2003 10:31:07';

test('[CON-24] paniclog prints entries as documented', () => {
  expect(localTime(AT_MS)).toBe(TIME);
  const entries = [{ level: 'serious', time: TIME, text: 'Valid license.' }];
  expect(renderPaniclog(entries)).toBe(`[${TIME}] [serious] Valid license.`);
  expect(renderPaniclog([])).toBe('');
  expect(renderPaniclogXml([{ level: 'error', time: TIME, text: '<a>' }])).toBe(
    '<Paniclog>\n  <Entry level="error" time="Sun 30 Nov 2003 10:31:07">&lt;a&gt;</Entry>\n</Paniclog>',
  );
});

test('the last ten entries of each level are kept, in the order in which they were said', () => {
  const log = new PanicLog(String);
  for (let number = 0; number < 2 * PANIC_ENTRIES_MAX; number += 1) {
    log.note('error', 'e', { number }, AT_MS + number);
    log.note('warn', 'w', { number }, AT_MS);
    log.note('debug', 'd', { number }, AT_MS);
  }
  const texts = log.entries().map(({ text }) => text);
  expect(texts).toHaveLength(2 * PANIC_ENTRIES_MAX);
  expect(texts.slice(0, 3)).toEqual(['e number=10', 'w number=10', 'e number=11']);
});

test('only errors are lines of the paniclog, each told to others once', () => {
  const log = new PanicLog(String);
  expect(log.note('info', 'ready', {}, AT_MS)).toBeUndefined();
  expect(log.note('warn', 'link.down', {}, AT_MS)).toBeUndefined();
  const line = log.note(
    'error',
    'vip.host',
    { text: 'cannot plumb', address: '10.1.1.1' },
    1_307_461_172_500,
  );
  expect(line).toBe('1307461172:vip.host text="cannot plumb" address=10.1.1.1');
  expect(log.takeLines()).toEqual([line]);
  expect(log.takeLines()).toEqual([]);
  for (let number = 0; number <= PANIC_LINES_WAITING_MAX; number += 1) log.note('error', `e${number}`, {}, 0);
  expect(log.takeLines()[0]).toBe('0:e1');
});

test('text of others makes no second line, and no entry is long', () => {
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  expect(
    panicText('e', { text: 'a\nb\u001b[2J', none: undefined, loop, error: new Error('it "broke"') }),
  ).toBe('e text="a\\nb\\u001b[2J" none=undefined loop=? error="it \\"broke\\""');
  expect(panicText('e', { text: 'x'.repeat(9_999) })).toHaveLength(PANIC_CHARACTERS_MAX + 3);
});
