/** The writing `config` commands in the texts of the manuals (momentum.md 7.5, 8.6, 8.7, 8.9, 12.6, 12.9). */

import { describe, expect, test } from 'vitest';
import { ENVIRONMENT_NAMES, parseEnvironmentFile } from '../../server/conf/environment-file.ts';
import { liveWorld } from '../support/live-configuration.ts';

describe('config set and unset', () => {
  test('[CON-16] set echoes the option in documented spelling, arrays over several lines', () => {
    const { say } = liveWorld({ '/main.conf': '' });
    expect(say('set message_expiration = 900')).toBe('Message_Expiration = 900');
    expect(say('set relay_hosts ( 10.0.0.0/8 "127.0.0.1" )')).toBe(
      'Relay_Hosts = (\n  "10.0.0.0/8"\n  "127.0.0.1"\n)',
    );
    expect(say('get message_expiration')).toBe('Message_Expiration = 900');
  });

  test('[CON-16] the path of a set names scopes and their instances in turn', () => {
    const { say } = liveWorld({ '/main.conf': '' });
    expect(say('set ESMTP_Listener Peer 127.0.0.1 Pathway foo')).toBe('Pathway = "foo"');
    expect(say('showrecurse ESMTP_Listener Peer 127.0.0.1')).toBe('Peer "127.0.0.1" {\n  Pathway = "foo"\n}');
  });

  test('[CON-16] the debug flags of the manual can be set', () => {
    const { say } = liveWorld({ '/main.conf': '' });
    expect(say('set Debug_Flags DEBUG (LOG1)')).toBe('DEBUG = (\n  "LOG1"\n)');
    expect(say('set cluster Debug_Level DEBUG')).toBe('debug_level = "DEBUG"');
  });

  test('[CON-21] [CON-22] unset says so and shows the effective value', () => {
    const { say } = liveWorld({ '/main.conf': 'Message_Expiration = 900' });
    expect(say('unset message_expiration')).toBe(
      '"Message_Expiration" has been unset. Effective value is now:\n        Message_Expiration = 86400',
    );
    expect(say('get message_expiration')).toBe("Option 'Message_Expiration' is not set in scope ''.");
    expect(say('eval message_expiration')).toBe('Message_Expiration = 86400');
  });

  test('[CON-22] unset in a scope shows what a wider scope says now', () => {
    const { say } = liveWorld({ '/main.conf': 'Max_Retries = 3\nDomain a.com { Max_Retries = 5 }' });
    expect(say('unset Domain a.com max_retries')).toBe(
      '"Max_Retries" has been unset. Effective value is now:\n        Max_Retries = 3',
    );
  });

  test('[CON-21] unset without an option clears the scope, but never the global one', () => {
    const { say, ok, live } = liveWorld({
      '/main.conf': 'cluster { Topology "10.0.0.0/8" { cidrmask = 8 } }',
    });
    expect(ok('unset')).toBe(false);
    expect(say('unset cluster')).toBe("The scope 'cluster' has been unset");
    expect(live.generation.scope(['cluster'])).toBeUndefined();
  });
});

describe('config reload', () => {
  test('[CON-19] reload says OK, replaces everything and drops what was set by command', () => {
    const { say, files, live } = liveWorld({ '/main.conf': 'Max_Retries = 3' });
    say('set Message_Expiration 7');
    files.put('/main.conf', 'Max_Retries = 4');
    expect(say('reload')).toBe('OK');
    expect(say('get max_retries')).toBe('Max_Retries = 4');
    expect(say('get message_expiration')).toBe("Option 'Message_Expiration' is not set in scope ''.");
    expect(live.unsaved).toBe(0);
  });

  test('[CON-19] reload takes another main file for once', () => {
    const { say } = liveWorld({ '/main.conf': 'Max_Retries = 3', '/other.conf': 'Max_Retries = 9' });
    expect(say('reload /other.conf')).toBe('OK');
    expect(say('get max_retries')).toBe('Max_Retries = 9');
    say('reload');
    expect(say('get max_retries')).toBe('Max_Retries = 3');
  });

  test('[CON-23] [CFG-28] a reload that fails keeps the old generation and says everything that is wrong', () => {
    const { say, files, live } = liveWorld({ '/main.conf': 'Max_Retries = 3' });
    files.put('/main.conf', 'invalid_option = 1\ncluster {\n  arp_all_hosts = maybe\n}');
    const before = live.generation;
    const [first, ...rest] = say('reload').split('\n');
    expect(first).toBe('Reconfigure failed');
    expect(rest.filter((line) => line.startsWith('/main.conf:'))).toEqual([
      "/main.conf:1:1: error: 'invalid_option' is not a valid scope name in scope 'Global' [CONF_UNKNOWN_OPTION]",
      "/main.conf:3:19: error: arp_all_hosts: 'maybe' is neither true nor false: write true, false, on, off, yes, no, enabled, disabled, 1 or 0 [CONF_BAD_VALUE]",
    ]);
    expect(live.generation).toBe(before);
    expect(live.lastReload).toMatchObject({ ok: false, errors: 2, user: 'user-one' });
    expect(live.lastReload?.diagnostics[0]).toBe(
      "/main.conf:1:1: 'invalid_option' is not a valid scope name in scope 'Global'",
    );
  });

  test('[CFG-28] an option that cannot change at run time warns, and the change proceeds', () => {
    const { say, live } = liveWorld({ '/main.conf': '' });
    expect(say('set cluster nodename node9')).toBe(
      'nodename = "node9"\nWarning: \'nodename\' cannot change at run time; the new value takes effect with the next start',
    );
    expect(live.generation.getString(['cluster'], 'nodename')).toBe('node9');
    expect(live.takeChanges()[0]?.changes[0]).toMatchObject({ option: 'nodename', dynamic: false });
    expect(say('set use_iflist_cache true')).toBe(
      "Use_IFList_Cache = true\nWarning: 'Use_IFList_Cache' is kept but has no effect here",
    );
    expect(live.takeChanges()[0]?.changes[0]).toMatchObject({ option: 'Use_IFList_Cache', dynamic: false });
  });
});

describe('transactions', () => {
  test('[CON-20] what is set between begin and commit is seen by its own session only', () => {
    const { say, live } = liveWorld({ '/main.conf': 'Max_Retries = 3' });
    expect(say('begin')).toBe('OK');
    say('set Max_Retries 4');
    say('unset Domain a.com Max_Retries');
    expect(say('get max_retries')).toBe('Max_Retries = 4');
    expect(say('get max_retries', 'two')).toBe('Max_Retries = 3');
    expect(say('commit')).toBe('OK');
    expect(say('get max_retries', 'two')).toBe('Max_Retries = 4');
    expect(live.takeChanges().map(({ cause }) => cause)).toEqual(['commit']);
  });

  test('[CON-20] rollback forgets, replay lists the commands so far', () => {
    const { say } = liveWorld({ '/main.conf': 'Max_Retries = 3' });
    say('begin');
    say('set cluster logs [ mainlog = "/a b" ]');
    say('set Domain a.com Max_Retries 4');
    say('unset max_retries');
    expect(say('replay')).toBe(
      [
        'config set cluster logs [ mainlog = "/a b" ]',
        'config set Domain "a.com" Max_Retries 4',
        'config unset Max_Retries',
      ].join('\n'),
    );
    expect(say('rollback')).toBe('OK');
    expect(say('get max_retries')).toBe('Max_Retries = 3');
  });

  test('[CON-20] begin from scratch starts from the defaults alone', () => {
    const { say, live } = liveWorld({ '/main.conf': 'Max_Retries = 3\ncluster { nodename = a }' });
    expect(say('begin from scratch')).toBe('OK');
    expect(say('show')).toBe('');
    say('set cluster log_group x');
    say('commit');
    expect(say('showrecurse')).toBe('cluster {\n  log_group = "x"\n}');
    expect(live.takeChanges()[0]?.changes.map(({ option }) => option)).toEqual([
      'log_group',
      'nodename',
      'Max_Retries',
    ]);
  });

  test('[CON-20] the first commit wins; a later one is refused with what changed', () => {
    const { say, ok, pass } = liveWorld({ '/main.conf': 'Max_Retries = 3' });
    say('begin');
    say('set Message_Expiration 1');
    say('begin', 'two');
    say('set Max_Retries 5', 'two');
    say('set cluster nodename b', 'two');
    pass(5_000);
    say('commit', 'two');
    pass(7_000);
    expect(say('commit').split('\n')).toEqual([
      'Commit refused: the configuration changed after this transaction began, 12 seconds ago',
      '  7 seconds ago, commit by user-two: Max_Retries, cluster nodename',
      'config replay shows the commands of this transaction; config rollback ends it, config begin starts a new one',
    ]);
    expect(ok('commit')).toBe(false);
    expect(say('replay')).toBe('config set Message_Expiration 1');
    expect(say('get message_expiration', 'two')).toBe("Option 'Message_Expiration' is not set in scope ''.");
  });

  test('[CON-20] reload inside a transaction is an error', () => {
    const { say, ok } = liveWorld({ '/main.conf': '' });
    say('begin');
    expect(ok('reload')).toBe(false);
    expect(ok('reload', 'two')).toBe(true);
  });
});

describe('config writeback', () => {
  test('[CFG-24] nothing reaches a file before writeback; a value is replaced where it is defined', () => {
    const main = '# retries\nMax_Retries = 3   # three\n';
    const { say, textOf } = liveWorld({ '/main.conf': main });
    say('set Max_Retries 4');
    expect(textOf('/main.conf')).toBe(main);
    expect(say('writeback')).toBe('Wrote /main.conf');
    expect(textOf('/main.conf')).toBe('# retries\nMax_Retries = 4   # three\n');
  });

  const SHARED = {
    '/main.conf': 'readonly_include "shared.conf"\ninclude "a.conf"\ninclude "b.conf"\n',
    '/shared.conf': 'cluster { log_group = "shared" }\n',
    '/a.conf': 'cluster {\n  nodename = "n"\n}\n',
    '/b.conf': 'cluster {\n  control_group = "c"\n}\n',
  };

  test('[CFG-24] an option of a read-only file goes into the first writable file that defines its scope', () => {
    const { say, textOf } = liveWorld(SHARED);
    say('set cluster log_group mine');
    expect(say('writeback')).toBe('Wrote /a.conf');
    expect(textOf('/a.conf')).toBe('cluster {\n  nodename = "n"\n  log_group = "mine"\n}\n');
    expect(textOf('/shared.conf')).toBe(SHARED['/shared.conf']);
  });

  test('[CFG-24] a file that is included twice is read-only', () => {
    const { say, textOf } = liveWorld({
      '/main.conf': 'include "a.conf"\ninclude "a.conf"\n',
      '/a.conf': 'Max_Retries = 3\n',
    });
    say('set Max_Retries 4');
    expect(say('writeback')).toBe('Wrote /main.conf');
    expect(textOf('/main.conf')).toBe('include "a.conf"\ninclude "a.conf"\nMax_Retries = 4\n');
  });

  test('[CFG-24] a scope that no writable file defines goes into the Local_Changes_File, which is read last', () => {
    const main = 'Local_Changes_File = "local.conf"\n';
    const { say, textOf, fresh } = liveWorld({ '/main.conf': main });
    say('set cluster nodename b');
    expect(say('writeback')).toBe('Wrote /local.conf');
    expect(textOf('/local.conf')).toBe('cluster {\n  nodename = "b"\n}\n');
    expect(textOf('/main.conf')).toBe(main);
    expect(fresh().generation?.getString(['cluster'], 'nodename')).toBe('b');
    expect(fresh().generation?.files.at(-1)?.path).toBe('/local.conf');
  });

  test('[CFG-24] without one it goes into the main file', () => {
    const { say, textOf } = liveWorld({ '/main.conf': 'Max_Retries = 3\n' });
    say('set cluster nodename b');
    expect(say('writeback')).toBe('Wrote /main.conf');
    expect(textOf('/main.conf')).toBe('Max_Retries = 3\ncluster {\n  nodename = "b"\n}\n');
  });

  test('[CFG-24] what no file can hold is displayed with a warning', () => {
    const { say, ok, files, live } = liveWorld({ '/main.conf': 'Max_Retries = 3\n' });
    files.protect('/main.conf');
    say('set cluster nodename b');
    expect(say('writeback')).toBe(
      [
        'Warning: no file can hold these changes; they are lost with the next reload or start:',
        'cluster {',
        '  nodename = "b"',
        '}',
      ].join('\n'),
    );
    expect(ok('writeback')).toBe(false);
    expect(live.unsaved).toBe(1);
  });

  test('[CFG-24] with Local_Changes_Only nothing else is written', () => {
    const main = 'Local_Changes_File = "local.conf"\nLocal_Changes_Only = true\nMax_Retries = 3\n';
    const { say, textOf } = liveWorld({ '/main.conf': main });
    say('set Max_Retries 4');
    expect(say('writeback')).toBe('Wrote /local.conf');
    expect(textOf('/main.conf')).toBe(main);
    expect(textOf('/local.conf')).toBe('Max_Retries = 4\n');
    say('set Max_Retries 5');
    say('writeback');
    expect(textOf('/local.conf')).toBe('Max_Retries = 5\n');
  });

  test.each([
    ['is the main file', 'Local_Changes_File = "/main.conf"\n', {}],
    ['is included already', 'Local_Changes_File = "a.conf"\ninclude "a.conf"\n', { '/a.conf': '' }],
  ])('[CFG-24] a Local_Changes_File that %s is refused', (what, main, others) => {
    const { say, files } = liveWorld({ '/main.conf': '', ...others });
    files.put('/main.conf', main);
    expect(say('reload')).toContain(what);
  });

  test('[CON-21] writeback to another path writes the changes alone, and never over a foreign file', () => {
    const { say, ok, textOf, live } = liveWorld({
      '/main.conf': 'Max_Retries = 3\ncluster {}\n',
      '/foreign': 'x',
    });
    say('set Max_Retries 4');
    say('unset cluster');
    expect(say('writeback /changes.conf')).toBe('Wrote /changes.conf');
    expect(textOf('/changes.conf')).toBe(
      '# Changes of a running configuration, written by config writeback\nMax_Retries = 4\n# unset: cluster\n',
    );
    expect(live.unsaved).toBe(1);
    expect(ok('writeback /changes.conf')).toBe(true);
    expect(ok('writeback /foreign')).toBe(false);
    expect(textOf('/foreign')).toBe('x');
  });
});

test('[CFG-27] the environment file gives the variables of the documents', () => {
  const { variables, problems } = parseEnvironmentFile(`
    # read by ec_ctl
    BINDIR=/opt/msys/ecelerity/bin
    CONFFILE="/opt/msys/ecelerity/etc/conf/default/ecelerity.conf"
    CONTROL='/tmp/2030'
    export EC_CONF_SEARCH_PATH="/a:/b/{NODENAME}"
    EC_DIGEST_REALM="Momentum Console"
    EXTRA_ARGS="-s EC_SUB_CLUSTER" TRY=10
    TMPDIR=/var/tmp; LD_LIBRARY_PATH=$BINDIR/../lib
    HTTPS_PROXY_PASSWORD='it''s $ecret'
  `);
  expect(problems).toEqual([]);
  expect(ENVIRONMENT_NAMES).toEqual(expect.arrayContaining([...variables.keys()]));
  expect(Object.fromEntries(variables)).toEqual({
    BINDIR: '/opt/msys/ecelerity/bin',
    CONFFILE: '/opt/msys/ecelerity/etc/conf/default/ecelerity.conf',
    CONTROL: '/tmp/2030',
    EC_CONF_SEARCH_PATH: '/a:/b/{NODENAME}',
    EC_DIGEST_REALM: 'Momentum Console',
    EXTRA_ARGS: '-s EC_SUB_CLUSTER',
    TRY: '10',
    TMPDIR: '/var/tmp',
    LD_LIBRARY_PATH: '/opt/msys/ecelerity/bin/../lib',
    HTTPS_PROXY_PASSWORD: 'its $ecret',
  });
});
