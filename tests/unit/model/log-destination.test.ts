import { describe, expect, test } from 'vitest';
import {
  DESTINATION_SUBSCRIBERS_MAX,
  logDirectory,
  parseLogDestination,
  SUBSCRIBER_NAME_BYTES_MAX,
} from '../../../server/model/log-destination.ts';

const stream = (directory: string, ...subscribers: readonly string[]) => ({
  ok: true,
  value: { kind: 'stream', directory, subscribers },
});
const DIRECTORY = '/var/log/ecelerity/mainlog.cluster';

describe('a destination of a logger', () => {
  test('[LOG-01] names a directory and a subscriber', () => {
    expect(parseLogDestination(`cluster://${DIRECTORY}=>master`)).toEqual(stream(DIRECTORY, 'master'));
    expect(parseLogDestination(` cluster://${DIRECTORY} => east mgr `)).toEqual(
      stream(DIRECTORY, 'east mgr'),
    );
    expect(parseLogDestination(`cluster://${DIRECTORY}`)).toEqual(stream(DIRECTORY));
  });

  test('[LOG-18] names several subscribers', () => {
    expect(parseLogDestination(`cluster://${DIRECTORY}?subscribers=mgr1,mgr2,mgr3`)).toEqual(
      stream(DIRECTORY, 'mgr1', 'mgr2', 'mgr3'),
    );
    expect(parseLogDestination(`cluster://${DIRECTORY}?subscribers=a, b ,a`)).toEqual(
      stream(DIRECTORY, 'a', 'b'),
    );
    expect(parseLogDestination(`cluster:///var/log/what?/main?subscribers=a`)).toEqual(
      stream('/var/log/what?/main', 'a'),
    );
  });

  test('[LOG-19] jlog:// is the same by another name', () => {
    expect(parseLogDestination(`jlog://${DIRECTORY}=>master`)).toEqual(stream(DIRECTORY, 'master'));
    expect(parseLogDestination(`JLOG://${DIRECTORY}?subscribers=a,b`)).toEqual(stream(DIRECTORY, 'a', 'b'));
  });

  test('is a plain file where it has no scheme, or file://', () => {
    const file = { ok: true, value: { kind: 'file', path: '/var/log/ecelerity/mainlog.ec' } };
    expect(parseLogDestination('/var/log/ecelerity/mainlog.ec')).toEqual(file);
    expect(parseLogDestination('file:///var/log/ecelerity/mainlog.ec')).toEqual(file);
  });

  test('of another scheme of the wider product is known as such', () => {
    const other = { ok: true, value: { kind: 'other', scheme: 'syslog' } };
    expect(parseLogDestination('SYSLOG://mail.info')).toEqual(other);
  });

  test.each([
    ['', /absolute path/],
    ['mainlog.ec', /absolute path/],
    ['cluster://', /absolute path/],
    ['cluster://var/log=>master', /absolute path/],
    ['cluster:///=>master', /root directory/],
    ['cluster:////', /root directory/],
    [`cluster://${DIRECTORY}=>`, /has a name/],
    [`cluster://${DIRECTORY}=>a=>b`, /once/],
    [`cluster://${DIRECTORY}?subscribers=`, /has a name/],
    [`cluster://${DIRECTORY}?subscribers=a,,b`, /has a name/],
    [`cluster://${DIRECTORY}?subscriber=a`, /subscribers=NAME/],
    [`cluster://${DIRECTORY}=>${'x'.repeat(SUBSCRIBER_NAME_BYTES_MAX + 1)}`, /at most 126 bytes/],
    [`cluster://${DIRECTORY}=>a\u0007`, /control characters/],
    [`cluster://${DIRECTORY}?subscribers=${Array.from({ length: 99 }, (_, at) => at)}`, /at most 32/],
  ])('%s is refused with a reason', (text, reason) => {
    const parsed = parseLogDestination(text);
    expect(parsed.ok ? parsed.value : parsed.error).toMatch(reason);
  });

  test('takes as many subscribers as it says', () => {
    const names = Array.from({ length: DESTINATION_SUBSCRIBERS_MAX }, (_, at) => `s${at}`);
    expect(parseLogDestination(`cluster://${DIRECTORY}?subscribers=${names}`)).toEqual(
      stream(DIRECTORY, ...names),
    );
  });
});

test('one log has one spelling', () => {
  expect(logDirectory('/var//log/main/')).toBe('/var/log/main');
  expect(logDirectory('/')).toBe('/');
});
