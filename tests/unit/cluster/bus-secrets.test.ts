/** Keys of the bus as an option of whole processes: at the start, at run time, and when a file cannot be used. */

import { describe, expect, test } from 'vitest';
import { busSecrets } from '../../../server/adapters/bus-keys.ts';
import { err, ok } from '../../../server/base/result.ts';
import { type BusOptionsOf, withKeys } from '../../../server/cluster/bus-secrets.ts';
import { busOptions } from '../../../server/cluster/process-options.ts';
import { liveConfiguration, MAIN_FILE } from '../../support/live-configurations.ts';
import {
  configurationOf,
  PROCESS_NAMES,
  ProcessWorld,
  type SimulatedProcess,
} from '../../support/process-world.ts';

const KEY = 'e1c5a90b7d3f42686e1c5a90b7d3f426';
const NEXT = '93d07be5f1a84c2693d07be5f1a84c27';
const FILE = '/keys/msgc.key';
const WITH_KEY = `msgc_server { auth_key_file = "${FILE}" }`;

const nodesSeenBy = (process: SimulatedProcess): readonly string[] =>
  [...process.type('cluster membership').matchAll(/Node Name: (node\d)/g)]
    .map(([, name = '']) => name)
    .sort();

const keyOf = (keys: readonly string[]) => busSecrets(keys).keys[0]?.id;

/** What a generation with this text asks for; files are read as `read` says. */
function optionsOf(
  text: string,
  files: Readonly<Record<string, readonly string[]>> = { [FILE]: [KEY] },
  optionsFrom: BusOptionsOf = busOptions,
) {
  const read = (path: string) => {
    const keys = files[path];
    return keys === undefined ? err(`${path}: no such file`) : ok(busSecrets(keys));
  };
  const { config } = liveConfiguration(`msgcserver_listener { Listen ":4809" {} }\n${text}`);
  return withKeys(optionsFrom, read)(config.generation);
}

describe('auth_key_file', () => {
  test('of the server holds for the client as well, unless the client has its own or an empty one', () => {
    const files = { [FILE]: [KEY], '/own.key': [NEXT] };
    const ids = (more: string) => {
      const bus = optionsOf(`${WITH_KEY}\n${more}`, files);
      if (!bus.ok) throw new Error(bus.error.join());
      return [bus.value.server, bus.value.client].map(({ secrets }) => secrets?.keys[0]?.id);
    };
    expect(ids('')).toEqual([keyOf([KEY]), keyOf([KEY])]);
    expect(ids('msgc_client { auth_key_file = "/own.key" }')).toEqual([keyOf([KEY]), keyOf([NEXT])]);
    expect(ids('msgc_client { auth_key_file = "" }')).toEqual([keyOf([KEY]), undefined]);
  });

  test('that is not set leaves the bus without keys, as it was', () => {
    expect(optionsOf('')).toMatchObject({
      value: { server: { secrets: undefined }, client: { secrets: undefined } },
    });
  });

  test('that cannot be used is told once for server and client, beside everything else that is wrong', () => {
    const both = 'msgc_server { auth_key_file = "/gone" }\nmsgc_client { auth_key_file = "/away" }';
    const problems = ['msgc_server.auth_key_file: /gone: no such file'];
    expect(optionsOf('msgc_server { auth_key_file = "/gone" }')).toEqual({ ok: false, error: problems });
    problems.push('msgc_client.auth_key_file: /away: no such file');
    expect(optionsOf(both)).toEqual({ ok: false, error: problems });
    const other = optionsOf(both, {}, () => err(['msgc_server.peers: a has no address']));
    expect(other).toEqual({ ok: false, error: ['msgc_server.peers: a has no address', ...problems] });
  });
});

describe('processes with keys', () => {
  const startAll = (world: ProcessWorld, more = WITH_KEY) => {
    const [manager, node1, node2, node3] = PROCESS_NAMES.map((name) => world.start(name, more));
    if (!manager || !node1 || !node2 || !node3) throw new Error('four processes');
    world.clock.runFor(3_000);
    return { manager, node1, node2, node3 };
  };

  test('meet, and none of them warns', () => {
    const world = new ProcessWorld();
    world.keyFiles.set(FILE, [KEY]);
    const all = startAll(world);
    expect(all.manager.type('info')).toContain('Nodes: 3');
    for (const one of Object.values(all)) expect(one.logged('bus.without_authentication')).toEqual([]);
  });

  test('without keys each of them warns, once', () => {
    const all = startAll(new ProcessWorld(), '');
    for (const one of Object.values(all)) expect(one.logged('bus.without_authentication')).toHaveLength(1);
  });

  test('get them by config set, keep their links, and shut out whoever comes without', () => {
    const world = new ProcessWorld();
    const { node1, node2, node3, manager } = startAll(world, '');
    world.keyFiles.set(FILE, [KEY]);
    for (const one of [manager, node1, node2]) {
      expect(one.type(`config set msgc_server auth_key_file ${FILE}`)).toBe(`auth_key_file = "${FILE}"`);
    }
    world.clock.runFor(2_000);
    expect(nodesSeenBy(node1)).toEqual(['node1', 'node2', 'node3']);
    node3.kill();
    world.clock.runFor(1_000);
    const back = world.start('node3');
    world.clock.runFor(5_000);
    expect(nodesSeenBy(node1)).toEqual(['node1', 'node2']);
    expect(back.logged('connection.refused').length + back.logged('link.refused').length).toBeGreaterThan(0);
    expect(back.type(`config set msgc_server auth_key_file ${FILE}`)).toBe(`auth_key_file = "${FILE}"`);
    world.clock.runFor(8_000);
    expect(nodesSeenBy(node1)).toEqual(['node1', 'node2', 'node3']);
  });

  test('take another content of the file over by config reload, in three steps, without losing anybody', () => {
    const world = new ProcessWorld();
    world.keyFiles.set(FILE, [KEY]);
    const all = startAll(world);
    const views = all.node1.logged('view.installed').length;
    for (const keys of [[KEY, NEXT], [NEXT, KEY], [NEXT]]) {
      world.keyFiles.set(FILE, keys);
      for (const one of Object.values(all)) expect(one.type('config reload')).toBe('OK');
      world.clock.runFor(1_000);
    }
    expect(all.node1.logged('view.installed')).toHaveLength(views);
    all.node2.kill();
    world.clock.runFor(1_000);
    world.start('node2', WITH_KEY);
    world.clock.runFor(6_000);
    expect(nodesSeenBy(all.node1)).toEqual(['node1', 'node2', 'node3']);
  });

  test('keep the old keys when the file cannot be used, and say so in reply and log', () => {
    const world = new ProcessWorld();
    world.keyFiles.set(FILE, [KEY]);
    const { node1, node3 } = startAll(world);
    world.keyFiles.delete(FILE);
    const problem = `msgc_server.auth_key_file: ${FILE}: no such file`;
    const { ok: done, text } = node1.ask('config reload');
    expect(done).toBe(true);
    expect(text).toContain(problem);
    expect(node1.logged('config.not_used')).toMatchObject([{ problems: [problem] }]);
    expect(node1.logged('bus.without_authentication')).toEqual([]);
    world.keyFiles.set(FILE, [KEY]);
    node3.kill();
    world.clock.runFor(1_000);
    world.start('node3', WITH_KEY);
    world.clock.runFor(5_000);
    expect(nodesSeenBy(node1)).toEqual(['node1', 'node2', 'node3']);
  });

  test('warn when the keys are taken away while they run', () => {
    const world = new ProcessWorld();
    world.keyFiles.set(FILE, [KEY]);
    const { node1 } = startAll(world);
    node1.files.put(MAIN_FILE, configurationOf('node1'));
    expect(node1.type('config reload')).toBe('OK');
    expect(node1.logged('bus.without_authentication')).toHaveLength(1);
    world.clock.runFor(2_000);
    expect(nodesSeenBy(node1)).toEqual(['node1', 'node2', 'node3']);
  });
});
