import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DiskStore } from '../../../server/adapters/file-store.ts';
import { monotonicClock } from '../../../server/adapters/monotonic-clock.ts';
import type { Logger } from '../../../server/base/ports.ts';
import { Lifecycle } from '../../../server/daemons/lifecycle.ts';
import { openLoggers, type ProcessLoggers } from '../../../server/daemons/process-loggers.ts';
import { openLog } from '../../../server/jlog/log.ts';
import { generationOf } from '../../support/access-world.ts';
import { until } from '../../support/until.ts';

let folder: string;
let lifecycle: Lifecycle;
let logged: string[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'muster-loggers-'));
  logged = [];
  lifecycle = new Lifecycle(logger);
});
afterEach(async () => {
  await lifecycle.close();
  rmSync(folder, { recursive: true, force: true });
});

const say = (event: string) => logged.push(event);
const logger: Logger = { debug: say, info: say, warn: say, error: say };
const generation = (text: string) => generationOf(text.replaceAll('DIR', folder));
const open = (text: string): ProcessLoggers =>
  openLoggers(lifecycle, { clock: monotonicClock(), logger, generation: generation(text) });

function linesOf(log: string): readonly string[] {
  const opened = openLog(new DiskStore(), path.join(folder, log));
  if (!opened.ok) return [];
  const read = opened.value.readFrom({ segment: 0, marker: 0 }, { records: 1_000, bytes: 1e8 });
  return read.ok ? read.value.records.map(({ data }) => Buffer.from(data).toString()) : [];
}

test('a line goes to every logger that names its log, to each place once', async () => {
  const loggers = open(`
    ec_logger "a" { mainlog = "cluster://DIR/main=>master" heartbeat = 0 }
    ec_logger "b" { mainlog = "DIR/main.ec" heartbeat = 0 }
    ec_logger "c" { mainlog = "jlog://DIR/main=>other" heartbeat = 0 }
    custom_logger "d" { permanent_failure_logfile = "cluster://DIR/failures=>master" }`);
  loggers.write({ log: 'mainlog', text: 'one', atMs: 0 });
  loggers.write({ log: 'permanent_failure_logfile', text: 'failed', atMs: 0 });
  loggers.write({ log: 'rejectlog', text: 'nobody wants it', atMs: 0 });
  await until(() => linesOf('main').length > 0 && linesOf('failures').length > 0);
  await lifecycle.close();
  expect([linesOf('main'), linesOf('failures')]).toEqual([['one'], ['failed']]);
  expect(readFileSync(path.join(folder, 'main.ec'), 'utf8')).toBe('one\n');
});

test('what is said at level error is the paniclog, without secrets; the last line of a crash is written at once', () => {
  const loggers = open('ec_logger "a" { paniclog = "cluster://DIR/panic=>master" }');
  loggers.logger.error('sign_in.failed', { user: 'tom', password: 'geheim' });
  loggers.logger.warn('not a line of it');
  loggers.crashed(new Error('it broke'));
  const [first = '', second = ''] = linesOf('panic');
  expect(first).toMatch(/^\d{10}:sign_in\.failed user=tom password="<redacted>"$/);
  expect(second).toMatch(/^\d{10}:process\.crashed error=.*it broke/);
  expect(logged).toEqual(['sign_in.failed', 'not a line of it', 'process.crashed']);
  expect(loggers.panics.entries().map(({ level }) => level)).toEqual(['error', 'warning', 'error']);
});

test('heartbeats come in their interval, and follow the options', async () => {
  const loggers = open('ec_logger "a" { mainlog = "cluster://DIR/main=>master" heartbeat = 1 }');
  await until(() => linesOf('main').some((line) => /^\d{10}@@@@M1$/.test(line)));
  loggers.follow(generation('ec_logger "a" { mainlog = "cluster://DIR/main=>master" heartbeat = 0 }'));
  const lines = linesOf('main').length;
  loggers.write({ log: 'mainlog', text: 'last', atMs: 0 });
  await lifecycle.close();
  expect(linesOf('main').slice(lines)).toEqual(['last']);
});
