/**
 * Random commands of several sessions while people edit the files: what is live is always valid, modules hear exactly
 * what changed, and what was written back is what a fresh start reads.
 */

import { expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import { checkMeaning } from '../../../server/conf/check-meaning.ts';
import { checkOptions } from '../../../server/conf/check-options.ts';
import { DiagnosticSink } from '../../../server/conf/diagnostics.ts';
import type { Generation } from '../../../server/conf/generation.ts';
import { diffTrees, sameTree, sameValue } from '../../../server/conf/tree-diff.ts';
import { type LiveWorld, liveWorld } from '../../support/live-configuration.ts';

const SEEDS = Array.from({ length: 40 }, (_, i) => 20_260_400 + i);
const COMMANDS = 120;

const MAIN = `# the main file
Message_Expiration = 5   # days
include "cluster.conf"
readonly_include "shared.conf"
ESMTP_Listener = ( 192.168.0.1:25,200 192.168.0.41:25,200 <duravip="enabled"> [ 0.0.0.0/0 = ( continue ) ] )
Binding example <duravip="enabled"> { Bind_Address = 192.168.0.41 }
Logger logging/ec_logger ec_logger { /* logs */ mainlog = "cluster:///a=>master" }
`;
const CLUSTER = `cluster {
  nodename = a # name
  logs [ mainlog = "/a" ]   /* two
  lines */ paniclog = x
  replicate [ type = "inbound_cidr" ]
  Replicate "outbound_cidr" { max_pending = 7 }
  192.168.0.0/24 [ cidrmask = "32" interface = "bge0" ]
  Topology "10.0.0.0/8" { interface = "eth0" } }
msgc_server { peers = [ a = "10.0.0.1" ] }
msgcserver_listener { listen ":4809" { } }
`.replace(' paniclog = x', '');
const SHARED = 'cluster { log_group = "shared" Replicate "cache" { max_size = 9 } }\nPidFile = /p\n';

/** Scopes with what is set in them; each option is tried in other scopes too, now and then. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  '': [
    'Message_Expiration 7',
    'Relay_Hosts ( a "b c" )',
    'Relay_Hosts ()',
    'PidFile /q',
    'Local_Changes_File local.conf',
    'Local_Changes_Only true',
    'Local_Changes_Only false',
    'bad_option 1',
  ],
  cluster: [
    'nodename b',
    'log_group "it # is"',
    'logs [ mainlog = "/x y" b = "" ]',
    'enabled maybe',
    'unconditional_rebinding false',
    'heartbeats_per_sec 2.5',
  ],
  'cluster Topology 10.0.0.0/8': ['interface "eth1 /* no"', 'cidrmask 24', 'cidrmask 300'],
  'cluster Topology 192.168.0.0/24': ['interface bge1', 'cidrmask 30'],
  'cluster Replicate outbound_cidr': ['max_pending 12', 'max_pending 0', 'parameters connect'],
  'cluster Replicate inbound_cidr': ['max_pending 3', 'max_delay 0.5'],
  'cluster Replicate cache': ['max_size 10', 'max_pending 4'],
  'Domain d.example': ['Gateway "[::1]:25"', 'Max_Retries 3'],
  'Binding example': ['Enable_Duravip false', 'Bind_Address 10.0.0.1'],
  'Binding example Domain "a \\ b"': ['Message_Expiration 9'],
  msgc_server: ['port 4810', 'peers [ a = 10.0.0.1 b = 10.0.0.2 ]', 'keepalive_interval 3'],
  'ESMTP_Listener Listen 192.168.0.41:25': ['Listen_Backlog 300', 'Enable_Duravip false', 'Idle_Time 4'],
  'ESMTP_Listener Listen 192.168.0.41:25 Peer 0.0.0.0/0': ['continue false'],
  'ec_logger ec_logger': ['mainlog "cluster:///b=>master"', 'Enabled false'],
};
const PATHS = Object.keys(OPTIONS);

function command(prng: Prng): string {
  const path = prng.pick(PATHS);
  const from = prng.below(12) === 0 ? prng.pick(PATHS) : path;
  const option = prng.pick(OPTIONS[from] ?? []);
  const what = prng.below(100);
  if (what < 50) return `set ${path} ${option}`;
  if (what < 62) return `unset ${path} ${option.split(' ')[0] ?? ''}`;
  if (what < 68) return `unset ${path}`;
  if (what < 82) return 'writeback';
  if (what < 85) return prng.pick(['reload', 'reload', 'replay', 'begin from scratch']);
  return prng.pick(['begin', 'commit', 'commit', 'rollback']);
}

function editFiles(world: LiveWorld, prng: Prng): void {
  const path = prng.pick(['/main.conf', '/cluster.conf', '/shared.conf']);
  const added = prng.pick([
    '',
    '',
    '# a word\n',
    'Message_Expiration = 6\n',
    'cluster {\n',
    'Domain x { Gateway = "g" }\n',
  ]);
  world.files.put(
    path,
    path === '/cluster.conf' ? `${CLUSTER}${added}` : `${path === '/main.conf' ? MAIN : SHARED}${added}`,
  );
}

function expectValid(generation: Generation): void {
  const sink = new DiagnosticSink();
  checkOptions(generation.root, generation.registry, sink);
  checkMeaning(generation, sink);
  expect(sink.list().diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
}

test.each(SEEDS)('seed %i', (seed) => {
  const prng = new Prng(seed);
  const world = liveWorld({ '/main.conf': MAIN, '/cluster.conf': CLUSTER, '/shared.conf': SHARED });
  if (prng.below(3) === 0) world.files.protect('/cluster.conf');
  if (prng.below(4) === 0) world.files.protect('/main.conf');
  let known = world.live.generation;
  let number = world.live.number;
  for (let i = 0; i < COMMANDS; i += 1) {
    if (prng.below(25) === 0) editFiles(world, prng);
    const before = world.live.generation;
    const line = command(prng);
    const text = world.say(line, prng.pick(['one', 'two', 'three']));
    const { live } = world;
    expectValid(live.generation);
    for (const change of live.takeChanges()) {
      number += 1;
      expect(change.number).toBe(number);
      const told = diffTrees(known.root, change.generation.root).filter(({ kind }) => kind === 'option');
      expect(change.changes).toHaveLength(told.length);
      known = change.generation;
    }
    expect(sameTree(known.root, live.generation.root), line).toBe(true);
    if (line !== 'writeback' || !text.includes('Wrote')) continue;
    const read = world.fresh().generation;
    expect(read, text).toBeDefined();
    const left = diffTrees(read?.root ?? before.root, live.generation.root);
    if (!text.includes('Warning')) expect(left, text).toEqual([]);
    expect(live.unsaved === 0, text).toBe(left.length === 0);
    for (const option of ['nodename', 'log_group', 'unconditional_rebind']) {
      if (left.length > 0) continue;
      const values = [read, live.generation].map((g) =>
        g?.effective([{ name: 'cluster', instance: undefined }], option),
      );
      const [a, b] = values.map((value) => (value?.from === 'scope' ? value.option.value : undefined));
      expect(sameValue(a, b)).toBe(true);
    }
  }
});
