/** A real eccmgr pulls the logs of real nodes into files: the scope `Logs` (LOG-14 to LOG-17). */

import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BundledPrograms, bundlePrograms } from '../support/bundled-programs.ts';
import { ClusterProcesses } from '../support/cluster-processes.ts';
import { NumberedLog } from '../support/numbered-log.ts';
import { until } from '../support/until.ts';

const LIMIT_MS = 120_000;
const NODES = ['node1', 'node2'] as const;
const AT_MS = new Date(2026, 2, 9, 4, 5, 6).getTime();

describe('the aggregator of a manager', { timeout: LIMIT_MS }, () => {
  let cluster: ClusterProcesses;
  let programs: BundledPrograms;
  const logs = new Map<string, NumberedLog>();

  const log = (node: string, key: string): NumberedLog => {
    const found = logs.get(`${node}/${key}`);
    if (found === undefined) throw new Error(`${node} has no ${key}`);
    return found;
  };
  const file = (...parts: readonly string[]): string => path.join(cluster.folder, 'aggregated', ...parts);
  const content = (place: string): string => (existsSync(place) ? readFileSync(place, 'utf8') : '');
  const holds = (place: string, text: string): Promise<unknown> =>
    until(() => content(place) === text || undefined, LIMIT_MS);
  /** Files below the folder that the manager has open. */
  const openFiles = (): readonly string[] => {
    const folder = `/proc/${cluster.process('manager').child.pid}/fd`;
    return readdirSync(folder).flatMap((fd) => {
      try {
        const place = readlinkSync(path.join(folder, fd));
        return place.startsWith(file()) ? [place] : [];
      } catch {
        return []; // closed meanwhile
      }
    });
  };

  beforeAll(async () => {
    cluster = await ClusterProcesses.create(NODES.length);
    programs = await bundlePrograms({
      ecnode: 'server/bin/ecnode.ts',
      eccmgr: 'server/bin/eccmgr.ts',
      vipguard: 'server/bin/vipguard.ts',
    });
    cluster.bundles = programs.folder;
    const keys = { mainlog: ['manager', 'master'], rejectlog: ['master'], paniclog: ['other'] };
    for (const node of NODES) {
      for (const [key, subscribers] of Object.entries(keys)) {
        const directory = path.join(cluster.folder, 'logs', node, `${key}.cluster`);
        logs.set(`${node}/${key}`, new NumberedLog(directory, { subscribers }));
      }
      cluster.write(`conf/${node}/logs.conf`, [
        'cluster {',
        '  log_active_interval = 0',
        '  log_idle_interval = 1',
        `  logs = [ ${Object.keys(keys)
          .map((key) => `${key} = "${log(node, key).directory}"`)
          .join(' ')} ]`,
        '}',
      ]);
      cluster.append(`conf/${node}/node-local.conf`, ['include "logs.conf"']);
    }
    cluster.write('conf/manager/logs.conf', [
      'Logs {',
      `  logfile = "${cluster.folder}/aggregated/%Y/%m/%d/%{l}/%{s}/%{n}"`,
      '  file_mode = "0604"',
      '  dir_mode = "0711"',
      '  max_idle = 1',
      '  Manager "other" { Node "node1" { Subscriber = () } }',
      '  Manager "manager" { Node "node2" { Subscriber = () } }',
      '}',
    ]);
    cluster.append('conf/manager/node-local.conf', ['include "logs.conf"']);
    await cluster.start('manager', ...NODES);
  }, LIMIT_MS);
  afterAll(async () => {
    for (const one of logs.values()) one.close();
    await cluster.stop();
    await programs.remove();
  }, LIMIT_MS);

  test('[LOG-07] [LOG-08] [LOG-15] lines go into the file of their day, log, subcluster and node', async () => {
    log('node1', 'mainlog').append(['first line', 'second line\n', ''], AT_MS);
    const place = file('2026', '03', '09', 'mainlog', 'default', 'node1');
    await holds(place, 'first line\nsecond line\n\n');
    log('node1', 'mainlog').append(['next day'], AT_MS + 86_400_000);
    await holds(file('2026', '03', '10', 'mainlog', 'default', 'node1'), 'next day\n');
    expect(content(place)).toBe('first line\nsecond line\n\n');
  });

  test('[LOG-14] files and directories that are made have their modes', () => {
    const place = file('2026', '03', '09', 'mainlog', 'default', 'node1');
    expect(statSync(place).mode & 0o777).toBe(0o604);
    expect(statSync(file('2026', '03', '09')).mode & 0o777).toBe(0o711);
    expect(statSync(file()).mode & 0o777).toBe(0o711);
  });

  test('[LOG-17] the own name is tried first, then master, and none is made', async () => {
    log('node1', 'rejectlog').append(['rejected'], AT_MS);
    await holds(file('2026', '03', '09', 'rejectlog', 'default', 'node1'), 'rejected\n');
    const at = (key: string) => log('node1', key).subscribers();
    await until(() => at('rejectlog')[0] === 'master 00000000:00000001' || undefined, LIMIT_MS);
    await until(() => at('mainlog').includes('manager 00000000:00000004') || undefined, LIMIT_MS);
    expect(at('mainlog')).toContain('master 00000000:00000000');
    expect(at('paniclog')).toEqual(['other 00000000:00000000']);
  });

  test('[LOG-14] a file is closed when it was idle for max_idle', async () => {
    await until(() => openFiles().length === 0 || undefined, LIMIT_MS);
    expect(existsSync(`${cluster.folder}/cache/control.cache.aggregation`)).toBe(true);
  });

  test('[LOG-16] nothing is pulled from a node whose list is empty, until it is not', async () => {
    log('node2', 'mainlog').append(['from node2'], AT_MS);
    log('node1', 'mainlog').append(['meanwhile'], AT_MS);
    const other = file('2026', '03', '09', 'mainlog', 'default', 'node2');
    await until(
      () => content(other.replace('node2', 'node1')).endsWith('meanwhile\n') || undefined,
      LIMIT_MS,
    );
    expect(existsSync(other)).toBe(false);
    const set = 'config set Logs Manager manager Node node2 Subscriber ( "nobody", "master" )';
    expect(await cluster.ask('manager', set)).toContain('master');
    await holds(other, 'from node2\n');
    expect(log('node2', 'mainlog').subscribers()).toContain('manager 00000000:00000000');
  });

  test('[LOG-14] another logfile, set while all runs, gets the lines that come then', async () => {
    const shown = await cluster.ask('manager', 'config show Logs');
    expect(shown).toContain(`logfile = "${cluster.folder}/aggregated/%Y/%m/%d/%{l}/%{s}/%{n}"`);
    expect(shown).toContain('dir_mode = "0711"');
    await cluster.ask('manager', `config set Logs logfile "${file('all-%{n}')}"`);
    await cluster.ask('manager', 'config set Logs max_open 1');
    log('node1', 'mainlog').append(['elsewhere'], AT_MS);
    log('node1', 'rejectlog').append(['elsewhere too'], AT_MS);
    await until(() => content(file('all-node1')).split('\n').length === 3 || undefined, LIMIT_MS);
    expect(content(file('all-node1')).split('\n').sort()).toEqual(['', 'elsewhere', 'elsewhere too']);
  });

  test('[LOG-14] a logfile that is none is refused with words, and all goes on', async () => {
    expect(await cluster.ask('manager', 'config set Logs logfile "/x/%Q"')).toContain('there is no macro %Q');
    log('node1', 'mainlog').append(['still here'], AT_MS);
    await until(() => content(file('all-node1')).includes('still here\n') || undefined, LIMIT_MS);
  });

  test('[LOG-09] a manager that is killed and a file with more than was committed: each line once', async () => {
    const place = file('all-node1');
    const before = content(place);
    // What was not committed yet would be cut off and come again, and go where the files say.
    await until(() => log('node1', 'mainlog').isRead('manager') || undefined, LIMIT_MS);
    await cluster.process('manager').end('SIGKILL');
    log('node1', 'mainlog').append(['while it was dead'], AT_MS);
    await cluster.start('manager');
    // The options that were set at the console are gone with the process.
    await holds(
      file('2026', '03', '09', 'mainlog', 'default', 'node1'),
      'first line\nsecond line\n\nmeanwhile\nwhile it was dead\n',
    );
    expect(content(place)).toBe(before);
  });
});
