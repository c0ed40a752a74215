/** The configuration language as documented (momentum.md 8, 12.9). */

import { describe, expect, test } from 'vitest';
import { withoutPositions } from '../../server/conf/ast.ts';
import type { Generation } from '../../server/conf/generation.ts';
import { modernize } from '../../server/conf/modernize.ts';
import { printItems } from '../../server/conf/printer.ts';
import { DEFAULT_SEARCH_PATH, includeSearchPath, searchPathFrom } from '../../server/conf/search-path.ts';
import { parseBool, parseInteger, parseThrottle } from '../../server/conf/values.ts';
import { load, parse, seedSample } from '../support/conf-samples.ts';

const LISTENER = ['msgcserver_listener { listen ":4809" { } }'];

function generationOf(...texts: readonly string[]): Generation {
  const { generation, diagnostics } = load(texts.join('\n'));
  if (generation === undefined) throw new Error(JSON.stringify(diagnostics));
  return generation;
}

/** What a text means in the new form, positions aside. */
function meaning(text: string): unknown {
  return withoutPositions(modernize(parse(text).items));
}

describe('syntax', () => {
  test('[CFG-01] scopes nest, with and without a name of their own', () => {
    const generation = generationOf('cluster { Topology "10.1.1.0/24" { interface = "eth1" } }');
    const topology = { name: 'Topology', instance: '10.1.1.0/24' };
    expect(generation.getString(['cluster', topology], 'interface')).toBe('eth1');
  });

  test('[CFG-02] options take quoted texts and bare words', () => {
    const generation = generationOf('cluster { cluster_group = ec_cluster control_group = "ec_console" }');
    expect(generation.getString(['cluster'], 'cluster_group')).toBe('ec_cluster');
    expect(generation.getString(['cluster'], 'control_group')).toBe('ec_console');
  });

  test('[CFG-03] dictionaries need no separators', () => {
    const generation = generationOf(seedSample('000-msgc-server.conf'), ...LISTENER);
    expect([...(generation.getDictionary(['msgc_server'], 'peers') ?? [])]).toEqual([
      ['node1', '192.168.0.10'],
      ['node2', '192.168.0.11'],
      ['manager', '192.168.0.12'],
    ]);
  });

  test('[CFG-04] arrays hold values', () => {
    const generation = generationOf(seedSample('000-msgc-client.conf'));
    expect(generation.getStrings(['msgc_client'], 'server')).toEqual(['127.0.0.1:4809']);
  });

  test('[CFG-05] a comment reaches from # to the end of the line', () => {
    expect(meaning('# a = "1" {\nb = 2 # c = 3\n')).toEqual(meaning('b = 2'));
  });

  test('[CFG-06] a comment in /* */ may span lines and does not nest', () => {
    expect(meaning('/* a\n /* b */ c = 1 /* d */')).toEqual(meaning('c = 1'));
  });

  test('[CFG-07] scopes may be empty and stand on one line', () => {
    expect(
      parse('Replicate "inbound_cidr" {}\nmsgcserver_listener { listen ":4809" { } }').diagnostics,
    ).toEqual([]);
  });

  test('[CFG-08] a value may stand on the line after its =', () => {
    expect(meaning('a =\n    "b"')).toEqual(meaning('a = "b"'));
  });

  test('[CFG-09] attributes after a scope or endpoint are options of it', () => {
    expect(meaning('Binding example <duravip="enabled"> {}')).toEqual(
      meaning('Binding example { Enable_Duravip = true }'),
    );
    expect(meaning(seedSample('003-duravip-attribute.conf'))).toEqual(
      meaning('ESMTP_Listener { Listen "192.168.0.41:25" { Listen_Backlog = 200 Enable_Duravip = true } }'),
    );
  });

  test('[CFG-10] a module load of 2.2 is the scope of its module', () => {
    expect(meaning('Logger logging/ec_logger ec_logger { a = b }')).toEqual(
      meaning('ec_logger "ec_logger" { a = b }'),
    );
    expect(meaning('Logger cluster/ec_cluster cluster { }')).toEqual(meaning('cluster { }'));
  });

  test('[CFG-11] sections of 2.2 without = and arrays of sections are read', () => {
    expect(meaning('logs [ a = "/b" ]')).toEqual(meaning('logs = [ a = "/b" ]'));
    expect(
      meaning('X_Listener = ( 0.0.0.0:25 [ 10.0.0.0/8 = ( personality [ idle_time = 300 ] continue ) ] )'),
    ).toEqual(
      meaning('X_Listener { Listen "0.0.0.0:25" { Peer "10.0.0.0/8" { idle_time = 300 continue = true } } }'),
    );
  });

  test('[CFG-12] an endpoint may carry backlog and concurrency, a flag stands alone', () => {
    expect(meaning('ESMTP_Listener = ( 192.168.0.1:25,200~4 )')).toEqual(
      meaning('ESMTP_Listener { Listen "192.168.0.1:25" { Listen_Backlog = 200 Concurrency = 4 } }'),
    );
    expect(meaning('Peer "10.0.0.1" {\ncontinue\n}')).toEqual(meaning('Peer "10.0.0.1" { continue = true }'));
  });

  test('[CFG-13] names ignore case, instance names of bindings do not', () => {
    const generation = generationOf('CLUSTER { NodeName = a }', 'Binding A { x = 1 }', 'binding a { x = 2 }');
    expect(generation.getString(['cluster'], 'NODENAME')).toBe('a');
    expect(generation.instances([], 'Binding')).toEqual(['A', 'a']);
  });

  test('[CFG-14] numbers and booleans may stand in quotes', () => {
    const generation = generationOf('cluster { enabled = "true" Topology "10.0.0.0/8" { cidrmask = "24" } }');
    expect(generation.getBoolean(['cluster'], 'enabled')).toBe(true);
    expect(generation.getInteger(['cluster', { name: 'Topology', instance: '10.0.0.0/8' }], 'cidrmask')).toBe(
      24,
    );
  });

  test('[CFG-15] all spellings of true and false are read', () => {
    for (const word of ['true', 'on', 'yes', 'enabled', '1', 'TRUE']) {
      expect(parseBool(word)).toEqual({ ok: true, value: true });
    }
    for (const word of ['false', 'off', 'no', 'disabled', '0', 'Off']) {
      expect(parseBool(word)).toEqual({ ok: true, value: false });
    }
  });

  test('[CFG-16] integers are decimal, octal or hexadecimal, throttles are N or N/seconds', () => {
    const values = ['10', '010', '0x10', '-1', '0'].map(parseInteger);
    expect(values.map((value) => value.ok && value.value)).toEqual([10, 8, 16, -1, 0]);
    expect(parseThrottle('5/60')).toEqual({ ok: true, value: { count: 5, perSeconds: 60 } });
    expect(parseThrottle('5')).toEqual({ ok: true, value: { count: 5, perSeconds: 1 } });
  });
});

describe('search path and includes', () => {
  const etc = '/opt/msys/ecelerity/etc';
  const names = { nodename: 'node1', subcluster: 'east' };
  const conf = (value: string): string => `cluster { nodename = "${value}" }`;

  test('[CFG-17] the default path has four directories and the first hit wins', () => {
    expect(DEFAULT_SEARCH_PATH).toEqual([
      etc,
      `${etc}/conf/global`,
      `${etc}/conf/{NODENAME}`,
      `${etc}/conf/default`,
    ]);
    const loaded = load('include x.conf', { '/g/x.conf': conf('global'), '/d/x.conf': conf('default') }, [
      '/g',
      '/d',
    ]);
    expect(loaded.generation?.getString(['cluster'], 'nodename')).toBe('global');
  });

  test('[CFG-18] {NODENAME} stands for the name of the node', () => {
    expect(searchPathFrom(undefined, names)).toEqual({
      ok: true,
      value: [etc, `${etc}/conf/global`, `${etc}/conf/node1`, `${etc}/conf/default`],
    });
  });

  test('[CFG-19] EC_CONF_SEARCH_PATH replaces the order', () => {
    expect(searchPathFrom('/a:/b/{NODENAME}', names)).toEqual({ ok: true, value: ['/a', '/b/node1'] });
  });

  test('[CFG-20] the directory of the including file comes first, even twice', () => {
    const path = searchPathFrom(undefined, { nodename: 'nodename', subcluster: 'default' });
    const whole = includeSearchPath(`${etc}/conf/default/ecelerity.conf`, path.ok ? path.value : []);
    expect(whole.join(':')).toBe(
      [`${etc}/conf/default`, etc, `${etc}/conf/global`, `${etc}/conf/nodename`, `${etc}/conf/default`].join(
        ':',
      ),
    );
  });

  const OPTION_OF = [
    ['node1', 'FOO'],
    ['node2', 'BAR'],
  ] as const;
  test.each(OPTION_OF)('[CFG-21] include node-local.conf gives %s its own value', (nodename, value) => {
    const files = {
      '/conf/default/ecelerity.conf': seedSample('001-include-node-local.conf'),
      '/conf/node1/node-local.conf': conf('FOO'),
      '/conf/node2/node-local.conf': conf('BAR'),
    };
    const { generation } = load('include ecelerity.conf', files, [`/conf/${nodename}`, '/conf/default']);
    expect(generation?.getString(['cluster'], 'nodename')).toBe(value);
  });

  test('[CFG-22] directories are included in lexical order, in any scope, and read-only if asked', () => {
    const files = {
      '/extra/20.conf': 'nodename = "b"',
      '/extra/10.conf': 'nodename = "a"\ncontrol_group = "g"',
      '/extra/.hidden': 'nodename = "c"',
      '/extra/sub/30.conf': 'nodename = "d"',
    };
    const { generation } = load('cluster { readonly_include "/extra" }', files);
    expect(generation?.getString(['cluster'], 'nodename')).toBe('b');
    expect(generation?.getString(['cluster'], 'control_group')).toBe('g');
    expect(generation?.files.map((file) => [file.path, file.readonly])).toEqual([
      ['/main.conf', false],
      ['/extra/10.conf', true],
      ['/extra/20.conf', true],
    ]);
  });

  test('[CFG-23] {SUBCLUSTER} stands for the subcluster', () => {
    expect(searchPathFrom('/conf/{SUBCLUSTER}/{NODENAME}', names)).toEqual({
      ok: true,
      value: ['/conf/east/node1'],
    });
  });

  test('[CFG-29] nodes and manager share msgc_server.conf and load their own files', () => {
    const files = {
      '/conf/default/ecelerity.conf':
        'include "ecelerity-cluster.conf"\nControl_Listener { Listen "/tmp/2025" {} }',
      '/conf/default/ecelerity-cluster.conf': `include "msgc_server.conf"\n${seedSample('002-cluster-default.conf')}\n${seedSample('000-msgc-client.conf')}`,
      '/conf/default/eccluster.conf': `include "msgc_server.conf"\n${seedSample('000-msgc-client.conf')}\nLogs {}`,
      '/conf/global/msgc_server.conf': `${seedSample('000-msgc-server.conf')}\n${seedSample('000-msgcserver-listener.conf')}`,
    };
    const path = ['/conf/global', '/conf/default'];
    const node = load('include ecelerity.conf', files, path);
    const manager = load('include eccluster.conf', files, path);
    expect(node.errors + manager.errors).toBe(0);
    expect(node.generation?.scope(['cluster'])).toBeDefined();
    expect(manager.generation?.scope(['cluster'])).toBeUndefined();
    expect(manager.generation?.getDictionary(['msgc_server'], 'peers')?.get('manager')).toBe('192.168.0.12');
  });

  test('[CFG-30] Security has user, group, Capabilities and Privileges', () => {
    const security = seedSample('003-overview-2.2.conf').split('ESMTP_Listener')[0] ?? '';
    const generation = generationOf(security);
    expect(generation.getString(['Security'], 'user')).toBe('ecuser');
    expect(generation.getString(['Security'], 'Capabilities')).toBe('cap_net_bind_service+ep');
    expect(generation.getString(['Security'], 'privileges')).toBe('basic net_privaddr');
  });
});

describe('scopes and errors', () => {
  const DELIVERY = `
    Message_Expiration = 1
    Domain d { Message_Expiration = 2 }
    Binding b { Message_Expiration = 4 Domain d { Message_Expiration = 5 } }
  `;
  const domain = { name: 'Domain', instance: 'd' };
  const binding = { name: 'Binding', instance: 'b' };
  const unknown = { name: 'Domain', instance: 'other' };

  test('[CFG-25] the most specific scope wins', () => {
    const generation = generationOf(DELIVERY);
    const at = (...path: readonly { name: string; instance: string }[]): string | undefined =>
      generation.getString(path, 'message_expiration');
    expect([at(binding, domain), at(binding, unknown), at(domain), at(unknown), at()]).toEqual([
      '5',
      '4',
      '2',
      '1',
      '1',
    ]);
  });

  test('[CFG-25] a binding group is asked after its binding and before the global domain', () => {
    const generation = generationOf(`
      Binding_Group g { Binding b { } Domain d { x = 3 } y = 4 }
      Domain d { x = 1 y = 1 z = 1 }
    `);
    const path = [{ name: 'Binding_Group', instance: 'g' }, binding, domain];
    const values = ['x', 'y', 'z'].map((option) => generation.getString(path, option));
    expect(values).toEqual(['3', '4', '1']);
  });

  test('[CFG-25] a Peer of a listener stands between Listen and listener, the longest network first', () => {
    const generation = generationOf(`Control_Listener {
      Enable_Authentication = true
      Listen ":2025" { Peer "10.1.2.3" { } }
      Peer "10.0.0.0/8" { Enable_Authentication = on }
      Peer "10.1.0.0/16" { Enable_Authentication = off }
    }`);
    const listen = { name: 'Listen', instance: ':2025' };
    const path = ['Control_Listener', listen, { name: 'Peer', instance: '10.1.2.3' }];
    expect(generation.getBoolean(path, 'Enable_Authentication')).toBe(false);
    expect(generation.getBoolean(['Control_Listener', listen], 'Enable_Authentication')).toBe(true);
  });

  test('[CFG-26] errors carry the documented texts with file and line', () => {
    expect(load('invalid_option = 1').diagnostics[0]).toMatchObject({
      message: "'invalid_option' is not a valid scope name in scope 'Global'",
      file: '/main.conf',
      line: 1,
      column: 1,
    });
    expect(load('cluster {\n  nodename "a"\n}').diagnostics[0]).toMatchObject({
      message: expect.stringMatching(/^Syntax error in \/main\.conf at line 2 near 'a'/),
      line: 2,
      column: 12,
    });
  });

  test('[CFG-28] a configuration with an error makes no generation, a correct one is frozen', () => {
    expect(load('cluster { enabled = maybe }').generation).toBeUndefined();
    const generation = generationOf('cluster { }');
    expect(Object.isFrozen(generation) && Object.isFrozen(generation.root.entries)).toBe(true);
    expect(generation.entry([], 'use_iflist_cache')?.dynamic).toBe(false);
  });

  test('[CLU-28] use_iflist_cache is off and cannot change at run time', () => {
    const generation = generationOf('');
    expect(generation.getBoolean([], 'use_iflist_cache')).toBe(false);
  });

  test('[CLU-17] mbus_daemon and cluster_listener are read with a deprecation warning', () => {
    const { generation, diagnostics } = load(seedSample('003-overview-2.2.conf'));
    expect(generation?.getString(['cluster'], 'mbus_daemon')).toBe('4803');
    expect(generation?.getString(['cluster'], 'cluster_listener')).toBe('*:4802');
    const deprecated = diagnostics.filter((d) => d.code === 'CONF_DEPRECATED').map((d) => d.message);
    expect(deprecated).toEqual([
      "the option 'mbus_daemon' is deprecated",
      "the option 'cluster_listener' is deprecated",
    ]);
  });

  test('[MSG-19] a bus port that differs from its listener is one clear error', () => {
    const { diagnostics } = load(`msgc_server { port = 4810 }\n${LISTENER[0]}`);
    expect(diagnostics.map((d) => d.message)).toEqual([
      'msgc_server.port is 4810 but msgcserver_listener listens on 4809',
    ]);
  });
});

test('[CFG-07] the default configuration of the cluster module prints as it is written', () => {
  const written = seedSample('002-cluster-default.conf').split('\n').slice(1);
  const printed = printItems(parse(written.join('\n')).items).split('\n');
  const lines = written.filter((line) => !line.trim().startsWith('#'));
  expect(printed.map((line) => line.trim())).toEqual(lines);
});
