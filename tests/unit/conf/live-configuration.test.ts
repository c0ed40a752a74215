/** What a console can do to a running configuration, and what it cannot. */

import { describe, expect, test } from 'vitest';
import { CHANGE_NOTES_MAX, EFFECT_NOTES_MAX, NOTE_OPTIONS_MAX } from '../../../server/conf/change-record.ts';
import { DIAGNOSTICS_MAX } from '../../../server/conf/diagnostics.ts';
import type { OptionFact } from '../../../server/conf/live-api.ts';
import { PENDING_CHANGES_MAX, UNSAVED_MAX } from '../../../server/conf/live-configuration.ts';
import { SECRET_MASK } from '../../../server/conf/secrets.ts';
import {
  TRANSACTION_COMMANDS_MAX,
  TRANSACTION_IDLE_MS_MAX,
  TRANSACTIONS_MAX,
} from '../../../server/conf/transactions.ts';
import { type LiveWorld, liveWorld, START_WALL_MS } from '../../support/live-configuration.ts';

function fact({ live }: LiveWorld, scope: string, option: string): OptionFact | undefined {
  return live
    .describe()
    .find(({ path }) => path === scope)
    ?.options.find(({ name }) => name === option);
}

describe('what config set understands', () => {
  test.each([
    ['set cluster log_group=b', 'log_group = "b"'],
    ['set cluster log_group =b', 'log_group = "b"'],
    ['set cluster log_group= b', 'log_group = "b"'],
    ['set CLUSTER Log_Group = b', 'log_group = "b"'],
    ['set cluster log_group ""', 'log_group = ""'],
    ['set cluster log_group (b)', 'log_group = "(b)"'],
    ['set cluster arp_all_hosts off', 'arp_all_hosts = off'],
    ['set cluster log_group="b"', 'log_group = "b"'],
    ['set Bounce_Domains ("a b" "c")', 'Bounce_Domains = (\n  "a b"\n  "c"\n)'],
    [
      'set cluster logs [ a = /x b= "/y" c =/z d="" ]',
      'logs = [\n  a = "/x"\n  b = "/y"\n  c = "/z"\n  d = ""\n]',
    ],
    ['set cluster logs [a=/x?y=z]', 'logs = [\n  a = "/x?y=z"\n]'],
    ['set cluster logs []', 'logs = []'],
    ['set msgc_client server ( a:1, b:2 )', 'server = (\n  "a:1"\n  "b:2"\n)'],
    ['set msgc_client server a:1', 'server = "a:1"'],
    ['set Relay_Hosts ()', 'Relay_Hosts = ()'],
    ['set Bounce_Domains (a "b c")', 'Bounce_Domains = (\n  "a"\n  "b c"\n)'],
    ['set cluster unconditional_rebinding false', 'unconditional_rebind = false'],
    ['set sieve s1 opt 1', "'sieve' is not a valid scope name in scope 'Global'"],
  ])('%s', (command, text) => {
    expect(liveWorld({ '/main.conf': '' }).say(command).split('\ndid you')[0]).toBe(text);
  });

  test.each([
    ['set', 'config set needs the name of an option and a value: config set [ scope ... ] option value'],
    ['set cluster log_group', 'config set needs a value for log_group; an empty text is ""'],
    [
      'set cluster log_group a b',
      'log_group takes one value; one value with a blank needs double quotes: "a b"',
    ],
    ['set cluster logs a', 'logs takes a dictionary: config set ... logs [ key = "value" ]'],
    ['set cluster logs [ a ]', 'logs takes pairs key = "value"; \'a\' is none'],
    ['set cluster logs [ a = ]', 'logs takes pairs key = "value"; \'a\' is none'],
    ['set cluster logs [ a = 1 A = 2 ]', "logs names 'A' twice"],
    [
      'set cluster nodenam a',
      "'nodenam' is not a valid scope name in scope 'cluster'\ndid you mean 'nodename'?",
    ],
    ['set cluster log_group "a\u0007b"', 'the value of log_group contains a control character'],
    ['set Domain "a\u001bb" Max_Retries 1', "'a\\x1bb' cannot be the name of a scope"],
    ['set Domain a.com "b c" 1', "'b c' cannot be the name of an option"],
    ['begin now', "config begin takes nothing or 'from scratch', not 'now'"],
    ['reload main.conf', 'config reload takes nothing or the absolute path of a configuration file'],
    ['writeback main.conf', 'config writeback takes nothing or the absolute path of a file'],
    ['commit', 'No transaction is open: config begin starts one'],
    ['unset cluster', "The scope 'cluster' is not configured"],
  ])('%j is refused', (command, text) => {
    const world = liveWorld({ '/main.conf': '' });
    expect(world.ok(command)).toBe(false);
    expect(world.say(command)).toBe(text);
    expect(world.live.number).toBe(1);
  });

  test('a value that its type refuses changes nothing and says why', () => {
    const { say, live } = liveWorld({ '/main.conf': '' });
    expect(say('set cluster heartbeats_per_sec often')).toBe(
      "heartbeats_per_sec: 'often' is not a number\n  hint: the default is 1 (1/s)\nNothing was changed",
    );
    expect(live.takeChanges()).toEqual([]);
  });

  test('options that depend on one another change together in a transaction', () => {
    const { say, ok } = liveWorld({
      '/main.conf': 'msgc_server {}\nmsgcserver_listener { Listen ":4809" {} }',
    });
    expect(say('set msgc_server port 4810')).toMatch(
      /port is 4810 but[\s\S]*between config begin and config commit/,
    );
    say('begin');
    say('set msgc_server port 4810');
    expect(say('commit')).toContain('msgc_server.port is 4810 but');
    say('unset msgcserver_listener Listen :4809');
    expect(ok('set msgcserver_listener Listen :4810 Enable true')).toBe(true);
    expect(say('commit')).toBe('OK');
  });

  test('an unknown word shows what there is', () => {
    const { say, ok } = liveWorld({ '/main.conf': '' });
    expect(ok('help')).toBe(true);
    expect(say('frobnicate').split('\n')[0]).toBe("'frobnicate' is not one of the config commands:");
    expect(say('frobnicate')).toContain(say('help'));
  });
});

describe('what modules hear', () => {
  test('each change once, with the place, before and after', () => {
    const { say, live } = liveWorld({ '/main.conf': 'cluster { log_group = "a" }' });
    say('set cluster log_group b');
    say('set cluster log_group b');
    const [change, ...more] = live.takeChanges();
    expect(more).toEqual([]);
    expect(change).toMatchObject({ number: 2, cause: 'set', user: 'user-one' });
    expect(change?.changes).toMatchObject([
      {
        steps: [{ name: 'cluster', instance: undefined }],
        option: 'log_group',
        before: { text: 'a' },
        after: { text: 'b' },
        dynamic: true,
      },
    ]);
    expect(live.takeChanges()).toEqual([]);
  });

  test('changes that nobody takes are told as one beyond the bound', () => {
    const { say, live } = liveWorld({ '/main.conf': '' });
    for (let i = 0; i < PENDING_CHANGES_MAX + 5; i += 1) say(`set cluster log_group n${i}`);
    const changes = live.takeChanges();
    expect(changes).toHaveLength(PENDING_CHANGES_MAX);
    const last = `n${PENDING_CHANGES_MAX + 4}`;
    expect(changes.at(-1)?.changes).toMatchObject([
      { before: { text: `n${PENDING_CHANGES_MAX - 2}` }, after: { text: last } },
    ]);
  });

  test('a reload counts as a generation even when no option changed', () => {
    const { say, live } = liveWorld({ '/main.conf': '' });
    say('reload');
    expect(live.takeChanges()).toMatchObject([{ number: 2, cause: 'reload', changes: [] }]);
  });
});

describe('options that do not act at once', () => {
  test.each([
    ['cluster enabled false', 'enabled = false', 'enabled'],
    ['msgc_client messages_per_iter 7', 'messages_per_iter = 7', 'messages_per_iter'],
    ['PidFile /x', 'PidFile = "/x"', 'PidFile'],
    ['Security Chroot /x', 'Chroot = "/x"', 'Chroot'],
    ['Control_Listener Concurrency 2', 'Concurrency = 2', 'Concurrency'],
  ])(
    'nothing acts on %s: the answer says so, and does not promise it for the next start',
    (words, echo, name) => {
      const { say, live } = liveWorld({ '/main.conf': '' });
      const note = `Warning: '${name}' is kept but has no effect here`;
      expect(say(`set ${words}`)).toBe(`${echo}\n${note}`);
      expect(live.takeChanges()[0]?.changes[0]?.dynamic).toBe(true);
      expect(say(`unset ${words.replace(/ \S+$/, '')}`)).toContain(note);
    },
  );

  test('a commit and a reload say it for each option, so many of them', () => {
    const { say, files } = liveWorld({ '/main.conf': '' });
    say('begin');
    say('set PidFile /x');
    say('set cluster nodename b');
    say('set cluster log_group g');
    expect(say('commit').split('\n')).toEqual([
      'OK',
      "Warning: 'PidFile' is kept but has no effect here",
      "Warning: 'cluster nodename' cannot change at run time; the new value takes effect with the next start",
    ]);
    expect(say('reload')).toContain("'cluster nodename' cannot change");
    const listens = Array.from(
      { length: EFFECT_NOTES_MAX + 5 },
      (_, i) => `Listen "/s${i}" { Pool_Name = p }`,
    );
    files.put('/main.conf', `Control_Listener {\n${listens.join('\n')}\n}`);
    const lines = say('reload').split('\n');
    expect(lines).toHaveLength(1 + EFFECT_NOTES_MAX + 1);
    expect(lines.at(-1)).toBe('Warning: 5 more options do not act now');
  });
});

describe('bounds of transactions', () => {
  test('so many may be open, and one of each session', () => {
    const { say, ok, live } = liveWorld({ '/main.conf': '' });
    for (let i = 0; i < TRANSACTIONS_MAX; i += 1) expect(ok('begin', `s${i}`)).toBe(true);
    expect(say('begin', 'late')).toContain(`${TRANSACTIONS_MAX} transactions are open`);
    live.endSession('s0');
    expect(ok('begin', 'late')).toBe(true);
    expect(say('begin', 'late')).toContain('A transaction is open already');
  });

  test('so many commands are kept', () => {
    const { say, ok } = liveWorld({ '/main.conf': '' });
    say('begin');
    for (let i = 0; i < TRANSACTION_COMMANDS_MAX; i += 1) expect(ok(`set Max_Retries ${i}`)).toBe(true);
    expect(say('set Max_Retries 1')).toContain(`${TRANSACTION_COMMANDS_MAX} commands`);
    expect(ok('commit')).toBe(true);
  });

  test('one that nobody uses is dropped, one in use is not', () => {
    const { say, ok, pass } = liveWorld({ '/main.conf': '' });
    say('begin');
    pass(TRANSACTION_IDLE_MS_MAX - 1);
    expect(ok('replay')).toBe(true);
    pass(TRANSACTION_IDLE_MS_MAX - 1);
    expect(ok('replay')).toBe(true);
    pass(TRANSACTION_IDLE_MS_MAX);
    expect(ok('replay')).toBe(false);
  });

  test('a commit that came too late names so many options and so many changes', () => {
    const { say } = liveWorld({ '/main.conf': '' });
    say('begin');
    say('begin', 'two');
    for (let i = 0; i <= NOTE_OPTIONS_MAX; i += 1) say(`set Domain d${i} Max_Retries 1`, 'two');
    say('commit', 'two');
    expect(say('commit')).toContain('and 1 more');
    for (let i = 0; i < CHANGE_NOTES_MAX + 2; i += 1) say(`set Max_Retries ${i}`, 'two');
    expect(say('commit')).toContain('3 earlier changes not shown');
  });

  test('a transaction that was overtaken by nothing but a reload without changes can be committed', () => {
    const { say } = liveWorld({ '/main.conf': 'Max_Retries = 3' });
    say('begin');
    say('set Max_Retries 4');
    say('reload', 'two');
    expect(say('commit')).toBe('OK');
  });

  test('options that differ from the files have a number', () => {
    const full = (count: number): string =>
      Array.from({ length: count }, (_, i) => `Domain d${i} { a = 1 }\n`).join('');
    const { say, files } = liveWorld({ '/main.conf': full(UNSAVED_MAX) });
    say('begin from scratch');
    expect(say('commit')).toBe('OK');
    files.put('/main.conf', full(UNSAVED_MAX + 1));
    say('reload');
    say('begin from scratch');
    expect(say('commit')).toContain(`more than ${UNSAVED_MAX} options`);
  });
});

describe('a reload that fails', () => {
  test('counts all diagnostics and keeps a number of them', () => {
    const { say, files, live } = liveWorld({ '/main.conf': '' });
    files.put(
      '/main.conf',
      Array.from({ length: DIAGNOSTICS_MAX + 7 }, (_, i) => `wrong${i} = 1\n`).join(''),
    );
    expect(say('reload')).toContain('7 more not shown');
    expect(live.lastReload).toMatchObject({ ok: false, errors: DIAGNOSTICS_MAX + 7 });
    expect(live.lastReload?.diagnostics).toHaveLength(DIAGNOSTICS_MAX);
  });

  test('keeps what was set by command', () => {
    const { say, files, live } = liveWorld({ '/main.conf': '' });
    say('set Max_Retries 5');
    files.put('/main.conf', 'cluster {');
    say('reload');
    expect(say('get max_retries')).toBe('Max_Retries = 5');
    expect(live.unsaved).toBe(1);
  });
});

describe('where a value comes from', () => {
  const world = (): LiveWorld =>
    liveWorld({
      '/main.conf': 'include "b.conf"\nControl_Listener { File_Mode = 0600 Listen "/tmp/1" {} }',
      '/b.conf': 'cluster {\n  log_group = "a"\n}',
    });

  test('a file, with the place in an included one', () => {
    expect(fact(world(), 'cluster', 'log_group')).toMatchObject({
      value: ['a'],
      origin: { kind: 'file', scope: 'cluster', file: '/b.conf', line: 2, column: 3 },
    });
  });

  test('a wider scope', () => {
    expect(fact(world(), 'Control_Listener Listen "/tmp/1"', 'File_Mode')).toMatchObject({
      value: ['0600'],
      origin: { kind: 'file', scope: 'Control_Listener' },
    });
  });

  test('the default, or nothing at all', () => {
    expect(fact(world(), 'cluster', 'view_mature_time')).toMatchObject({
      value: ['5'],
      origin: { kind: 'default' },
    });
    expect(fact(world(), 'cluster', 'nodename')).toMatchObject({ value: null, origin: { kind: 'unset' } });
  });

  test('a command, who gave it and when, and whether it is written', () => {
    const here = world();
    here.pass(5_000);
    here.say('set cluster log_group b', 'two');
    const origin = { kind: 'console', scope: 'cluster', user: 'user-two', atMs: START_WALL_MS + 5_000 };
    expect(fact(here, 'cluster', 'log_group')?.origin).toEqual({ ...origin, written: false });
    here.say('set cluster control_group x');
    expect(fact(here, 'cluster', 'log_group')?.origin).toEqual({ ...origin, written: false });
    here.say('writeback');
    expect(fact(here, 'cluster', 'log_group')?.origin).toEqual({ ...origin, written: true });
    here.say('reload');
    expect(fact(here, 'cluster', 'log_group')?.origin).toMatchObject({ kind: 'file', file: '/b.conf' });
  });

  test('a command that sets what is there already changes nothing', () => {
    const here = world();
    here.say('set cluster log_group a');
    expect(fact(here, 'cluster', 'log_group')?.origin.kind).toBe('file');
  });

  test('an option waits for a restart until it is as it was at the start', () => {
    const here = world();
    const waits = (): boolean | undefined => fact(here, 'cluster', 'nodename')?.restartNeeded;
    expect(waits()).toBe(false);
    here.say('set cluster nodename x');
    expect(waits()).toBe(true);
    here.say('writeback');
    here.say('reload');
    expect(waits()).toBe(true);
    here.say('unset cluster nodename');
    expect(waits()).toBe(false);
  });

  test('an option that nothing acts on never waits for a restart, and is listed where it is set', () => {
    const here = world();
    expect(fact(here, '', 'PidFile')).toBeUndefined();
    here.say('set PidFile /x');
    expect(fact(here, '', 'PidFile')).toMatchObject({ restartNeeded: false, value: ['/x'] });
  });

  test('every scope that stands alone is listed, configured or not', () => {
    const scopes = world().live.describe();
    expect(scopes.find(({ path }) => path === 'cluster')?.configured).toBe(true);
    expect(scopes.find(({ path }) => path === 'Logs')?.configured).toBe(false);
    expect(scopes.map(({ path }) => path)).not.toContain('cluster Topology');
    expect(new Set(scopes.map(({ path }) => path)).size).toBe(scopes.length);
  });
});

describe('secrets', () => {
  test('are shown nowhere, and written as they are', () => {
    const here = liveWorld({
      '/main.conf': 'HTTP_Basic_Auth = "tom:secret"\nother { db_password = "hush" }\n',
    });
    const { say } = here;
    const shown = [
      say('get http_basic_auth'),
      say('eval http_basic_auth'),
      say('showrecurse'),
      say('show other'),
      say('set HTTP_Basic_Auth tom:deeper'),
      JSON.stringify(here.live.describe()),
    ].join('\n');
    expect(shown).toContain(SECRET_MASK);
    for (const secret of ['tom:', 'hush', 'deeper']) expect(shown).not.toContain(secret);
    expect(fact(here, '', 'HTTP_Basic_Auth')).toMatchObject({ secret: true, value: null });
    say('begin');
    say('set other db_password still');
    expect(say('replay')).toBe(`config set other db_password ${SECRET_MASK}`);
    say('commit');
    here.files.protect('/main.conf');
    expect(say('writeback')).not.toMatch(/deeper|still/);
    say('writeback /x.conf');
    expect(here.textOf('/x.conf')).toContain('deeper');
  });
});
