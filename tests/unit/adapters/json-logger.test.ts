import { expect, test } from 'vitest';
import {
  jsonLogger,
  LOG_ENTRIES_MAX,
  LOG_TEXT_CHARACTERS_MAX,
} from '../../../server/adapters/json-logger.ts';

function lines(level: 'debug' | 'info' = 'info') {
  const written: string[] = [];
  const stream = { write: (line: string) => void written.push(line) };
  return { log: jsonLogger({ program: 'ecnode', level, stream }), records: () => written.map(parse) };
}

function parse(line: string): Record<string, unknown> & { fields: Record<string, unknown> } {
  expect(line.endsWith('\n')).toBe(true);
  return JSON.parse(line);
}

test('a record is one JSON line with level, time, program, event and fields', () => {
  const { log, records } = lines();
  log.warn('link.closed', { peer: 'pono', reason: 'line\nbreak' });
  expect(records()[0]).toMatchObject({
    level: 'warn',
    program: 'ecnode',
    event: 'link.closed',
    fields: { peer: 'pono', reason: 'line\nbreak' },
  });
  expect(String(records()[0]?.['time'])).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('secrets are replaced by name at every depth', () => {
  const { log, records } = lines();
  log.info('sign.in', { user: 'ana', Password: 'p', nested: { shared_key: 'k', list: [{ token: 't' }] } });
  const text = JSON.stringify(records()[0]);
  expect(records()[0]?.fields).toEqual({
    user: 'ana',
    Password: '<redacted>',
    nested: { shared_key: '<redacted>', list: [{ token: '<redacted>' }] },
  });
  expect(text).not.toContain('"k"');
});

test('a field cannot imitate the event, long texts are cut, long lists end', () => {
  const { log, records } = lines();
  log.info('frame.refused', {
    event: 'fake',
    text: 'x'.repeat(LOG_TEXT_CHARACTERS_MAX + 5),
    list: Array(999).fill(1),
  });
  const record = records()[0];
  expect(record?.['event']).toBe('frame.refused');
  expect(record?.fields['text']).toBe(`${'x'.repeat(LOG_TEXT_CHARACTERS_MAX)}<cut 5>`);
  expect(record?.fields['list']).toHaveLength(LOG_ENTRIES_MAX);
});

test('errors keep name, code and cause, bytes and big numbers become readable, circles end', () => {
  const { log, records } = lines();
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  log.error('store.failed', {
    error: new Error('no store', { cause }),
    bytes: Buffer.from('abc'),
    big: 1n,
    circle,
  });
  expect(records()[0]?.fields).toMatchObject({
    error: { message: 'no store', cause: { code: 'ECONNREFUSED' } },
    bytes: '<3 bytes>',
    big: '1',
  });
});

test('the level is obeyed and can change', () => {
  const { log, records } = lines();
  log.debug('step');
  log.setLevel('debug');
  log.debug('step', { n: 1 });
  expect(records()).toHaveLength(1);
});
