import { describe, expect, test } from 'vitest';
import { PUBLISHED_LOGS_MAX } from '../../../server/conf/check-logs.ts';
import { load } from '../../support/conf-samples.ts';

const MAIN = 'cluster:///var/log/ecelerity/mainlog.cluster=>master';
const said = (text: string): readonly string[] =>
  load(text).diagnostics.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`);

describe('destinations of loggers', () => {
  test('[LOG-01] [LOG-18] [LOG-19] [LOG-25] of every logger and every documented form are taken', () => {
    const text = `ec_logger "ec_logger_cluster" { mainlog = "${MAIN}" heartbeat = 0
        rejectlog = "jlog:///r?subscribers=a,b" paniclog = "/var/log/p" acctlog = "file:///var/log/a" }
      bounce_logger "bounce_logger_cluster" { bouncelog = "cluster:///b=>master" }
      custom_logger "c" { permanent_failure_logfile = "cluster:///bounces.cluster=>master" }`;
    expect(said(text)).toEqual([]);
    expect(said('ec_logger "off" { mainlog = "" }')).toEqual([]);
  });

  test('that are malformed are told with file, line and column', () => {
    expect(said('ec_logger "l" {\n  mainlog = "cluster://mainlog=>master"\n}')).toEqual([
      '2:13 CONF_BAD_VALUE mainlog: a log needs an absolute path, such as /var/log/ecelerity/mainlog.cluster',
    ]);
    expect(said('bounce_logger "l" {\n  bouncelog = "cluster:///b=>"\n}')).toEqual([
      '2:15 CONF_BAD_VALUE bouncelog: a subscriber has a name',
    ]);
    expect(load('ec_logger "l" { mainlog = "cluster://x" }').generation).toBeUndefined();
  });

  test('of another scheme of the wider product get nothing, and the file still loads', () => {
    const text = 'ec_logger "l" { paniclog = "syslog://daemon.err" }';
    expect(said(text)).toEqual(['1:28 CONF_KEPT_OPTION paniclog: nothing is written to syslog:// here']);
    expect(load(text).generation).toBeDefined();
  });
});

describe('[LOG-04] published logs', () => {
  const logger = `ec_logger "l" { mainlog = "${MAIN}" }`;

  test('match the destination of a logger', () => {
    expect(said(`${logger} cluster { logs = [ mainlog = "/var/log/ecelerity/mainlog.cluster" ] }`)).toEqual(
      [],
    );
    expect(
      said(`${logger} cluster { logs = [ any_name = "/var/log/ecelerity//mainlog.cluster/" ] }`),
    ).toEqual([]);
  });

  test('[LOG-05] by default are the documented five, of which nothing is said', () => {
    expect(said('cluster { }')).toEqual([]);
  });

  test('that nobody writes, or that have no path, are told', () => {
    expect(said(`${logger}\ncluster { logs = [\n  mainlog = "/var/log/main"\n  b = ""\n] }`)).toEqual([
      "3:13 CONF_LOG_UNWRITTEN the log 'mainlog' is published from /var/log/main, where no logger writes",
      "4:7 CONF_LOG_UNWRITTEN the log 'b' is not published: its path is not absolute",
    ]);
  });

  test('have a number', () => {
    const logs = Array.from(
      { length: PUBLISHED_LOGS_MAX + 1 },
      (_, at) => `l${at} = "/var/log/ecelerity/mainlog.cluster"`,
    );
    const [only, ...more] = said(`${logger} cluster { logs = [ ${logs.join('\n')} ] }`);
    expect(only).toContain("the log 'l64' is not published: 64 logs are the most");
    expect(more).toEqual([]);
  });
});
