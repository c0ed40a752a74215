import { describe, expect, test } from 'vitest';
import { must } from '../../../server/base/assert.ts';
import { heartbeatLine, loggerPlans, publishedLogs } from '../../../server/cluster/logger-plan.ts';
import { load } from '../../support/conf-samples.ts';

const plans = (text: string) => loggerPlans(must(load(text).generation, 'the sample loads'));
const published = (text: string) => publishedLogs(must(load(text).generation, 'the sample loads'));

describe('what loggers write', () => {
  test('[LOG-25] [CON-10] is what every enabled logger names', () => {
    const text = `ec_logger "one" { acctlog = /var/log/acctlog.ec heartbeat = 0 }
      ec_logger "cluster" { mainlog = "cluster:///m=>master" acctlog = "jlog:///a?subscribers=x,y" }
      ec_logger "off" { enabled = false acctlog = /var/log/off }
      ec_logger "none" { mainlog = "" paniclog = "syslog://daemon" }
      bounce_logger "b" { bouncelog = "file:///var/log/b" heartbeat = 5 }
      custom_logger "c" { permanent_failure_logfile = "cluster:///c=>master" }`;
    const main = {
      log: 'mainlog',
      destination: { kind: 'stream', directory: '/m', subscribers: ['master'] },
    };
    const bounce = { log: 'bouncelog', destination: { kind: 'file', path: '/var/log/b' } };
    expect(plans(text)).toEqual([
      {
        kind: 'ec_logger',
        instance: 'one',
        outputs: [{ log: 'acctlog', destination: { kind: 'file', path: '/var/log/acctlog.ec' } }],
        heartbeat: undefined,
      },
      {
        kind: 'ec_logger',
        instance: 'cluster',
        outputs: [
          main,
          { log: 'acctlog', destination: { kind: 'stream', directory: '/a', subscribers: ['x', 'y'] } },
        ],
        heartbeat: { output: main, everyMs: 60_000 },
      },
      { kind: 'ec_logger', instance: 'none', outputs: [], heartbeat: undefined },
      {
        kind: 'bounce_logger',
        instance: 'b',
        outputs: [bounce],
        heartbeat: { output: bounce, everyMs: 5_000 },
      },
      {
        kind: 'custom_logger',
        instance: 'c',
        outputs: [
          {
            log: 'permanent_failure_logfile',
            destination: { kind: 'stream', directory: '/c', subscribers: ['master'] },
          },
        ],
        heartbeat: undefined,
      },
    ]);
  });

  test('a heartbeat is the documented line', () => {
    expect(heartbeatLine(1_251_222_268_999)).toBe('1251222268@@@@M1');
  });
});

describe('[LOG-04] what a node publishes', () => {
  test('[LOG-05] are the documented five where nothing else is said', () => {
    expect([...published('cluster { }').keys()].sort()).toEqual([
      'acctlog',
      'bouncelog',
      'mainlog',
      'paniclog',
      'rejectlog',
    ]);
    expect(published('cluster { }').get('mainlog')).toBe('/var/log/ecelerity/mainlog.cluster');
  });

  test('are the keys that the file names, with any name, as far as they have a path', () => {
    expect([...published('cluster { logs = [ any_name = "/a//b/" none = "" ] }')]).toEqual([
      ['any_name', '/a/b'],
    ]);
  });
});
