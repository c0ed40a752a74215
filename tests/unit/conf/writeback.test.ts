/** `config writeback` where files get in the way. */

import { describe, expect, test } from 'vitest';
import { CHANGES_HEADER, WRITEBACK_NAMES_MAX } from '../../../server/conf/writeback.ts';
import { seedSample } from '../../support/conf-samples.ts';
import { liveWorld } from '../../support/live-configuration.ts';

describe('files that changed under it', () => {
  test('are not overwritten, and what changed is named', () => {
    const { say, files, textOf, live } = liveWorld({ '/main.conf': 'Max_Retries = 3\n' });
    say('set Message_Expiration 1');
    const edited = 'Max_Retries = 4\ncluster {}\n';
    files.put('/main.conf', edited);
    expect(say('writeback').split('\n')).toEqual([
      'The files were changed since they were read, nothing was written:',
      '  Max_Retries',
      '  cluster',
      'config reload reads them; it drops what was changed by command',
    ]);
    expect(textOf('/main.conf')).toBe(edited);
    expect(say('writeback')).toContain('nothing was written');
    expect(live.unsaved).toBe(1);
  });

  test('only in comments take the changes', () => {
    const { say, files, textOf } = liveWorld({ '/main.conf': 'Max_Retries = 3\n' });
    say('set Max_Retries 4');
    files.put('/main.conf', '# retries\n\nMax_Retries = "3"\n');
    expect(say('writeback')).toBe('Wrote /main.conf');
    expect(textOf('/main.conf')).toBe('# retries\n\nMax_Retries = 4\n');
  });

  test('into something with errors are not touched', () => {
    const { say, files } = liveWorld({ '/main.conf': 'Max_Retries = 3\n' });
    say('set Max_Retries 4');
    files.put('/main.conf', 'cluster {');
    expect(say('writeback').split('\n')[0]).toBe('The files have errors, nothing was written');
  });

  test('in many places name so many of them', () => {
    const many = (count: number): string =>
      Array.from({ length: count }, (_, i) => `Domain d${i} { a = 1 }\n`).join('');
    const { say, files } = liveWorld({ '/main.conf': many(0) });
    files.put('/main.conf', many(WRITEBACK_NAMES_MAX));
    expect(say('writeback')).toContain(`  ${WRITEBACK_NAMES_MAX} more`);
  });
});

describe('where a change goes', () => {
  test('a write that fails leaves that file, and the others are written', () => {
    const { say, ok, files, textOf, live } = liveWorld({
      '/main.conf': 'include "a.conf"\nMax_Retries = 3\n',
      '/a.conf': 'Message_Expiration = 1\n',
    });
    say('set Max_Retries 4');
    say('set Message_Expiration 2');
    const write = files.write.bind(files);
    files.write = (path, text) => (path === '/a.conf' ? { ok: false, error: 'no space' } : write(path, text));
    expect(say('writeback').split('\n').sort()).toEqual([
      "Cannot write '/a.conf': no space; it stays as it was",
      'Wrote /main.conf',
    ]);
    expect(textOf('/a.conf')).toBe('Message_Expiration = 1\n');
    expect(live.unsaved).toBe(1);
    expect(live.generation.getString([], 'Message_Expiration')).toBe('2');
    files.write = write;
    expect(ok('writeback')).toBe(true);
    expect(live.unsaved).toBe(0);
  });

  test('a value that a later read-only file would override goes to a place after it', () => {
    const { say, textOf, fresh } = liveWorld({
      '/main.conf': 'Local_Changes_File = "local.conf"\ninclude "a.conf"\nreadonly_include "ro.conf"\n',
      '/a.conf': 'cluster { nodename = "a" }\n',
      '/ro.conf': 'cluster { log_group = "ro" }\n',
    });
    say('set cluster log_group mine');
    expect(say('writeback')).toBe('Wrote /local.conf');
    expect(textOf('/local.conf')).toBe('cluster {\n  log_group = "mine"\n}\n');
    expect(fresh().generation?.getString(['cluster'], 'log_group')).toBe('mine');
  });

  test('what is defined twice is taken away twice, or not at all', () => {
    const twice = {
      '/main.conf': 'Max_Retries = 3\ninclude "a.conf"\n',
      '/a.conf': '# a\nMax_Retries = 4\n',
    };
    const { say, textOf } = liveWorld(twice);
    say('unset Max_Retries');
    say('writeback');
    expect([textOf('/main.conf'), textOf('/a.conf')]).toEqual(['include "a.conf"\n', '# a\n']);
    const other = liveWorld(twice);
    other.files.protect('/a.conf');
    other.say('unset Max_Retries');
    expect(other.say('writeback')).toContain('# unset: Max_Retries');
    expect(other.textOf('/main.conf')).toBe(twice['/main.conf']);
  });

  test('a scope that includes a file is taken away without it, the file stays', () => {
    const { say, textOf, fresh } = liveWorld({
      '/main.conf': 'cluster {\n  include "in.conf"\n}\n# end\n',
      '/in.conf': 'log_group = "x"\n',
    });
    say('unset cluster');
    expect(say('writeback')).toBe('Wrote /main.conf');
    expect(textOf('/main.conf')).toBe('# end\n');
    expect(textOf('/in.conf')).toBe('log_group = "x"\n');
    expect(fresh().generation?.scope(['cluster'])).toBeUndefined();
  });

  test('a scope that is opened inside an included file of another scope is found there', () => {
    const { say, textOf } = liveWorld({
      '/main.conf': 'cluster {\n  include "in.conf"\n}\n',
      '/in.conf': 'Topology "10.0.0.0/8" {\n  cidrmask = 8\n}\n',
    });
    say('set cluster Topology 10.0.0.0/8 interface eth0');
    expect(say('writeback')).toBe('Wrote /in.conf');
    expect(textOf('/in.conf')).toBe('Topology "10.0.0.0/8" {\n  cidrmask = 8\n  interface = "eth0"\n}\n');
  });

  test('a file that is not part of the configuration is never taken for the Local_Changes_File', () => {
    const { say, textOf } = liveWorld({ '/main.conf': '# main\n', '/foreign.conf': 'mine = 1\n' });
    say('set Local_Changes_File foreign.conf');
    say('set cluster log_group x');
    say('writeback');
    expect(textOf('/foreign.conf')).toBe('mine = 1\n');
  });

  test('the file of changes is replaced, with its head line', () => {
    const { say, textOf } = liveWorld({ '/main.conf': '' });
    say('set Max_Retries 1');
    say('writeback /x.conf');
    say('set Max_Retries 2');
    expect(say('writeback /x.conf')).toBe('Wrote /x.conf');
    expect(textOf('/x.conf')).toBe(`${CHANGES_HEADER}\nMax_Retries = 2\n`);
    expect(say('writeback /nowhere/x.conf')).toContain("Cannot write '/nowhere/x.conf'");
  });
});

test('the sample of 2.2 takes changes and keeps its comments and its form', () => {
  const sample = seedSample('003-overview-2.2.conf');
  const { say, textOf, live, fresh } = liveWorld({ '/main.conf': sample });
  say('set Security user someone');
  say('set cluster cluster_group other');
  say('set cluster Replicate inbound_cidr max_pending 7');
  say('set cluster Topology 192.168.0.0/24 interface bge1');
  say('set Binding example Enable_Duravip false');
  say('set ESMTP_Listener Listen 192.168.0.1:25 Listen_Backlog 300');
  say('unset ec_logger ec_logger log_transient_failures');
  expect(say('writeback')).toBe('Wrote /main.conf');
  expect(live.unsaved).toBe(0);
  const { generation } = fresh();
  expect(generation?.getString(['Security'], 'user')).toBe('someone');
  expect(
    generation?.getString(['cluster', { name: 'Replicate', instance: 'inbound_cidr' }], 'max_pending'),
  ).toBe('7');
  const lines = textOf('/main.conf').split('\n');
  const changed = [
    '  user = ecuser',
    '    cluster_group = ec_cluster',
    '        interface = "bge0"',
    '    log_transient_failures = on',
  ];
  for (const line of sample.trimEnd().split('\n')) {
    if (!changed.includes(line)) expect(lines).toContain(line);
  }
});
