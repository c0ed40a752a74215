/** What nodes and managers do when their configuration changes while they run: whole processes in virtual time. */

import { describe, expect, test } from 'vitest';
import { RESET_WARNING } from '../../../server/cluster/node-commands.ts';
import { commandsReply, optionsReply } from '../../../server/wire/options.ts';
import { MAIN_FILE } from '../../support/live-configurations.ts';
import {
  BUS_PORT,
  configurationOf,
  ProcessWorld,
  type SimulatedProcess,
} from '../../support/process-world.ts';

const nodesSeenBy = (process: SimulatedProcess): readonly string[] =>
  [...process.type('cluster membership').matchAll(/Node Name: (\S+)/g)].map(([, name = '']) => name).sort();

function started() {
  const world = new ProcessWorld();
  return { world, ...world.startAll() };
}

describe('a new generation', () => {
  test('[CON-16] is live in all modules when the command is answered, and is logged', () => {
    const { node1 } = started();
    expect(node1.type('config set cluster heartbeats_per_sec 2')).toBe('heartbeats_per_sec = 2');
    expect(node1.type('config eval cluster heartbeats_per_sec')).toContain('heartbeats_per_sec = 2');
    expect(node1.effects.some(({ type }) => type === 'optionsChanged')).toBe(true);
    expect(node1.logged('config.changed')).toMatchObject([
      { generation: 2, cause: 'set', user: 'local', options: ['heartbeats_per_sec'] },
    ]);
  });

  test('[CON-19] [CON-23] a reload that fails keeps the old one; each diagnostic is in reply and log', () => {
    const { world, manager, node1 } = started();
    node1.files.put(
      MAIN_FILE,
      configurationOf('node1', 'cluster { if_down_limit = soon  debug_level = LOUD }'),
    );
    const { ok, text } = node1.ask('config reload');
    expect(ok).toBe(false);
    expect(text).toMatch(/^Reconfigure failed\n/);
    const logged = node1.logged('config.diagnostic').map(({ text: line }) => line as string);
    expect(logged.length).toBeGreaterThanOrEqual(2);
    for (const line of logged) expect(line).toMatch(/^\/main\.conf:\d+:\d+: /);
    expect(node1.logged('config.reload_failed')).toMatchObject([{ user: 'local', errors: logged.length }]);
    expect(node1.config.number).toBe(1);
    world.clock.runFor(2_000);
    expect(manager.type('info')).toContain('Nodes: 3');
    node1.files.put(MAIN_FILE, configurationOf('node1'));
    expect(node1.type('config reload')).toBe('OK');
    expect(node1.logged('config.reloaded')).toHaveLength(1);
    expect(node1.config.number).toBe(2);
  });

  test('[MSG-22] peers are removed and added by `config reload` on every server: nobody else loses a link', () => {
    const { world, manager, node1, node2, node3 } = started();
    const others = [manager, node1, node2];
    const without = (process: SimulatedProcess, name: string) =>
      process.files.put(MAIN_FILE, configurationOf(name).replace(/^ {4}node3 = .*\n/m, ''));
    for (const [process, name] of [
      [manager, 'manager'],
      [node1, 'node1'],
      [node2, 'node2'],
    ] as const) {
      without(process, name);
      expect(process.type('config reload')).toBe('OK');
    }
    world.clock.runFor(2_000);
    expect(nodesSeenBy(node1)).toEqual(['(Null)', 'node1', 'node2']);
    expect(nodesSeenBy(node3)).toEqual(['node3']);
    for (const process of others) {
      const down = process.logged('link.down').map(({ peer }) => peer);
      expect(down).toEqual(['node3']);
      process.files.put(
        MAIN_FILE,
        configurationOf(process === manager ? 'manager' : process === node1 ? 'node1' : 'node2'),
      );
      expect(process.type('config reload')).toBe('OK');
    }
    world.clock.runFor(15_000);
    expect(nodesSeenBy(node3)).toEqual(['(Null)', 'node1', 'node2', 'node3']);
  });

  test('[BUS-09] `config set` of silence_timeout on one node holds at once and costs no link', () => {
    const { world, manager, node1, node2, node3 } = started();
    expect(node1.type('config set msgc_server silence_timeout 100')).toBe('silence_timeout = 100');
    world.clock.runFor(5_000);
    for (const process of [manager, node1, node2, node3]) expect(process.logged('link.down')).toEqual([]);
    for (const other of ['manager', 'node1', 'node2']) {
      world.network.block('node3', other);
      world.network.block(other, 'node3');
    }
    world.clock.runFor(250);
    expect(node1.logged('link.down')).toMatchObject([{ peer: 'node3', cause: 'silence' }]);
    expect(node2.logged('view.installed').at(-1)?.['lost']).toMatchObject([{ node: 'node3' }]);
    expect(node2.type('msgc_server stats')).toMatch(
      /^ {2}\S+, 0 s ago, took \S+ ms: 3 members; lost node3 \(silence\)$/m,
    );
  });

  test('[MSG-21] [MSG-22] the bus server of a node changes; it comes back under the name of its new server', () => {
    const { world, node1, node2 } = started();
    node1.type(`config set msgc_client server ( node2:${BUS_PORT} )`);
    world.clock.runFor(2_000);
    expect(node1.type('cluster info')).toMatch(
      new RegExp(`^Daemon: node2:${BUS_PORT} \\[m:#ec0-\\d+#node2,`),
    );
    expect(nodesSeenBy(node2)).toEqual(['(Null)', 'node1', 'node2', 'node3']);
    expect(node2.logged('member.departed')).toMatchObject([{ member: 'node1', cause: 'leave' }]);
  });

  test('[CLU-09] a slower heartbeat is told before others miss it', () => {
    const { world, node1, node2 } = started();
    world.clock.runFor(5_000);
    node1.type('config set cluster heartbeats_per_sec 0.1');
    world.clock.runFor(60_000);
    expect(node2.logged('member.suspect')).toEqual([]);
    node1.type('config set cluster heartbeats_per_sec 10');
    world.clock.runFor(60_000);
    expect(node2.logged('member.suspect')).toEqual([]);
  });

  test('[CLU-08] another start delay holds for a node that has not begun to send heartbeats', () => {
    const world = new ProcessWorld();
    const node1 = world.start('node1', 'cluster { heartbeat_start_delay = 3600 }');
    const node2 = world.start('node2');
    world.clock.runFor(3_000);
    node1.type('config set cluster heartbeat_start_delay 5');
    world.clock.runFor(3_000);
    node1.kill();
    world.clock.runFor(500);
    expect(nodesSeenBy(node2)).toEqual(['node2']);
  });

  test('[CLU-03] another control group: the node leaves the old one and answers in the new one', () => {
    const { world, manager, node1, node3 } = started();
    for (const process of [manager, node1]) {
      expect(process.type('config set cluster control_group ec_other')).toBe('control_group = "ec_other"');
    }
    world.clock.runFor(500);
    expect(node1.type('cluster membership')).toMatch(
      /Node Name: node1\n[\s\S]*?Groups: ec_other, ec_sc_default, ec_cluster/,
    );
    expect(node3.type('cluster membership')).toMatch(
      /Node Name: node1\n[\s\S]*?Groups: ec_other, ec_sc_default, ec_cluster/,
    );
    manager.type('broadcast pid');
    world.clock.runFor(500);
    const { text } = manager.ask('retrieve pid');
    expect(text).toContain('Node: node1');
    expect(text).toMatch(/node2 \(.*\) waiting/);
  });

  test('[CLU-02] another cluster group: those who changed find each other there', () => {
    const { world, node1, node2, node3 } = started();
    for (const process of [node1, node2]) process.type('config set cluster cluster_group ec_blue');
    world.clock.runFor(1_000);
    expect(node1.type('cluster info')).toMatch(/Cluster Group: ec_blue \(node\d is leader\)/);
    expect(node1.type('cluster info')).toBe(node1.type('cluster info'));
    expect(node3.type('cluster info')).toContain('Cluster Group: ec_cluster (node3 is leader)');
    const groups = /Node Name: node2\n[\s\S]*?Groups: (.*)/.exec(node1.type('cluster membership'))?.[1];
    expect(groups).toContain('ec_blue');
  });

  test('[MSG-11] debug_level DEBUG adds what a module says for debugging, and takes it away again', () => {
    const { world, node1 } = started();
    node1.type('config set msgc_client debug_level DEBUG');
    const shown = () =>
      node1.effects.filter(
        (effect) => effect.type === 'log' && effect.level === 'info' && effect.event === 'bus.view',
      );
    node1.type('config set cluster control_group ec_a');
    world.clock.runFor(200);
    const count = shown().length;
    expect(count).toBeGreaterThan(0);
    node1.type('config set msgc_client debug_level ERROR');
    node1.type('config set cluster control_group ec_b');
    world.clock.runFor(200);
    expect(shown()).toHaveLength(count);
  });

  test('[CFG-28] an option that is not dynamic waits for a restart and says so', () => {
    const { node1 } = started();
    expect(node1.type('config set cluster nodename other')).toMatch(
      /^nodename = "other"\nWarning: .* next start$/,
    );
    expect(node1.type('cluster nodename')).toBe('node1');
    expect(node1.type('cluster info')).toContain('#node1');
  });
});

describe('options that pass the checks and cannot be used', () => {
  test('the process goes on as before and says so: in the reply, in the log and when it is asked', () => {
    const { world, node1, node2 } = started();
    const peers = '[ node1 = "node1:99999" node2 = "node2" ]';
    node1.files.put(MAIN_FILE, configurationOf('node1', `msgc_server { peers = ${peers} }`));
    expect(node1.type('config reload')).toMatch(/^OK\nWarning: msgc_server\.peers: node1: /);
    expect(node1.logged('config.not_used')).toHaveLength(1);
    world.clock.runFor(2_000);
    expect(nodesSeenBy(node1)).toEqual(nodesSeenBy(node2));
    expect(nodesSeenBy(node1)).toHaveLength(4);
    node1.files.put(MAIN_FILE, configurationOf('node1'));
    expect(node1.type('config reload')).toBe('OK');
  });
});

describe('the manager', () => {
  test('[ECC-12] [ECC-14] sets its own options while it runs; the files stay as they are and win at a reload', () => {
    const { manager, node1 } = started();
    expect(manager.type('config set Logs max_open 9')).toBe('max_open = 9');
    expect(manager.type('config get Logs max_open').trim()).toBe('max_open = 9');
    expect(manager.type('config eval Logs max_idle').trim()).toBe('max_idle = 10');
    expect(manager.files.read(MAIN_FILE, 100_000)).toEqual({ ok: true, value: configurationOf('manager') });
    expect(node1.config.number).toBe(1);
    expect(manager.type('config reload')).toBe('OK');
    expect(manager.type('config eval Logs max_open').trim()).toBe('max_open = 128');
  });
});

describe('sessions', () => {
  test('[CON-20] transactions of two control connections do not see each other; the end of one drops its own', () => {
    const { node1 } = started();
    node1.type('config begin', 'unix 1');
    node1.type('config set cluster view_mature_time 9', 'unix 1');
    expect(node1.type('config eval cluster view_mature_time', 'unix 1')).toContain('9');
    expect(node1.type('config eval cluster view_mature_time', 'unix 2')).toContain('5');
    node1.give({ type: 'consoleClosed', session: 'unix 1' });
    expect(node1.ask('config commit', 'unix 1').ok).toBe(false);
    expect(node1.config.number).toBe(1);
  });

  test('a transaction that was begun over the bus ends when whoever began it leaves', () => {
    const { world, manager, node1 } = started();
    manager.type('unicast node1 config begin');
    manager.type('unicast node1 config set cluster view_mature_time 9');
    world.clock.runFor(200);
    expect(manager.type('retrieve_node node1 config begin')).toContain('OK');
    manager.give({ type: 'stop', reason: 'test' });
    world.clock.runFor(1_500);
    manager.kill();
    const again = world.start('manager');
    world.clock.runFor(5_000);
    again.type('unicast node1 config commit');
    world.clock.runFor(200);
    expect(again.type('retrieve_node node1 config commit')).toContain('No transaction');
    expect(node1.config.number).toBe(1);
  });

  test('[CON-16] an option is set on all nodes over the bus', () => {
    const { world, manager, node1, node2, node3 } = started();
    manager.type('broadcast config set cluster view_mature_time 7');
    world.clock.runFor(200);
    for (const process of [node1, node2, node3]) {
      expect(process.config.generation.getInteger(['cluster'], 'view_mature_time')).toBe(7);
      expect(process.logged('config.changed')).toMatchObject([
        { cause: 'set', user: expect.stringMatching(/^#manager#/) },
      ]);
    }
    expect(manager.config.number).toBe(1);
  });
});

describe('cluster reset', () => {
  test('[CMD-16] warns, leaves the cluster, comes back; nobody else is touched', () => {
    const { world, node1, node2 } = started();
    expect(node1.type('cluster reset')).toBe(RESET_WARNING);
    world.clock.runFor(1_000);
    expect(nodesSeenBy(node1)).toEqual(['(Null)', 'node1', 'node2', 'node3']);
    expect(node2.logged('member.departed')).toMatchObject([{ member: 'node1', cause: 'leave' }]);
    expect(node2.logged('member.rejoined')).toMatchObject([{ member: 'node1' }]);
    expect(node1.logged('bus.reset')).toHaveLength(1);
  });

  test('[CMD-16] over the bus the reply comes first', () => {
    const { world, manager } = started();
    manager.type('broadcast cluster reset');
    world.clock.runFor(5_000);
    const text = manager.type('retrieve cluster reset');
    expect(text.match(/^Warning: /gm)).toHaveLength(3);
    expect(manager.type('info')).toContain('Nodes: 3');
  });
});

describe('what a process tells about itself', () => {
  test('options and commands as the gateway reads them, a failed reload and problems of listeners included', () => {
    const { world, node1 } = started();
    node1.files.put(MAIN_FILE, '}');
    node1.type('config reload');
    node1.give({ type: 'listenersChanged', clusterAddress: 'node1:4803', problems: ['cannot listen'] });
    const { observer, events } = world.watch('node2');
    world.clock.runFor(1_500);
    expect(observer.model().members['node1']?.config).toMatchObject({
      generation: 1,
      unsaved: 0,
      lastReload: { ok: false },
    });
    expect(Object.values(observer.model().members).filter(({ config }) => config !== null)).toHaveLength(4);
    observer.query('q1', 'node1', 'options');
    observer.query('q2', '#manager#manager', 'commands');
    observer.query('q3', 'node1', 'commands');
    world.clock.runFor(500);
    const answer = (request: string): unknown => {
      const found = events.find((event) => event.type === 'reply' && event.request === request);
      return found?.type === 'reply' ? JSON.parse(found.text) : undefined;
    };
    const options = optionsReply.parse(answer('q1'));
    expect(options).toMatchObject({
      generation: 1,
      unsaved: 0,
      omitted: 0,
      lastReload: { ok: false, user: 'local' },
    });
    expect(options.notUsed).toEqual(['cannot listen']);
    expect(options.lastReload?.diagnostics).not.toContain('cannot listen');
    expect(options.scopes.find(({ path }) => path === 'msgc_server')?.configured).toBe(true);
    const manager = commandsReply.parse(answer('q2')).commands.map(({ words }) => words);
    expect(manager).toContain('broadcast');
    expect(manager).not.toContain('cluster reset');
    const { commands } = commandsReply.parse(answer('q3'));
    expect(commands.map(({ words }) => words)).toContain('config set');
    expect(commands.find(({ words }) => words === 'cluster reset')?.class).toBe('W4');
    expect(node1.type('cluster nodeaddr')).toBe('node1:4803');
  });

  test('an endpoint that cannot be opened is told with the options, also where nothing was ever reloaded', () => {
    const { world, manager, node1 } = started();
    const { observer, events } = world.watch('node2');
    world.clock.runFor(1_500);
    const notUsed = (request: string, of: string): unknown => {
      observer.query(request, of, 'options');
      world.clock.runFor(500);
      const found = events.find((event) => event.type === 'reply' && event.request === request);
      const reply = found?.type === 'reply' ? optionsReply.parse(JSON.parse(found.text)) : undefined;
      expect(reply?.lastReload).toBeNull();
      return reply?.notUsed;
    };
    manager.type('unicast node1 config set Control_Listener Listen /none/x Enable true');
    world.clock.runFor(500);
    for (const process of [node1, manager]) {
      process.give({ type: 'listenersChanged', clusterAddress: undefined, problems: ['/none/x: no'] });
    }
    expect(notUsed('q1', 'node1')).toEqual(['/none/x: no']);
    expect(notUsed('q2', '#manager#manager')).toEqual(['/none/x: no']);
    node1.give({ type: 'listenersChanged', clusterAddress: undefined, problems: [] });
    expect(notUsed('q3', 'node1')).toEqual([]);
  });

  test('[CON-16] help and usage give the forms of config as they are documented', () => {
    const { node1, manager } = started();
    expect(node1.type('config unset')).toBe('Usage: config unset [ scope_name ... ] { optname }');
    for (const process of [node1, manager]) {
      const help = process.type('help config').split('\n');
      for (const form of [
        'config set [ scope_name ... ] { optname } { value }',
        'config locate { scope_name } [ regex ]',
        'config reload [ /alternate/path ]',
      ]) {
        expect(help.some((line) => line.startsWith(form))).toBe(true);
      }
    }
  });
});
