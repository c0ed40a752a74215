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

const PATHS = [
  '',
  'cluster',
  'cluster Topology 10.0.0.0/8',
  'cluster Topology 192.168.0.0/24',
  'cluster Replicate outbound_cidr',
  'cluster Replicate inbound_cidr',
  'cluster Replicate cache',
  'Domain d.example',
  'Binding example',
  'Binding example Domain "a \\ b"',
  'msgc_server',
  'ESMTP_Listener Listen 192.168.0.41:25',
  'ec_logger ec_logger',
];
const OPTIONS = [
  'Message_Expiration 7',
  'Relay_Hosts ( a "b c" )',
  'Relay_Hosts ()',
  'PidFile /q',
  'nodename b',
  'log_group "it # is"',
  'logs [ mainlog = "/x y" b = "" ]',
  'enabled maybe',
  'interface "eth1 /* no"',
  'cidrmask 24',
  'max_pending 0',
  'max_pending 12',
  'unconditional_rebinding false',
  'Enable_Duravip false',
  'Listen_Backlog 300',
  'mainlog "cluster:///b=>master"',
  'port 4810',
  'Local_Changes_File local.conf',
  'Local_Changes_Only true',
  'Local_Changes_Only false',
  'bad_option 1',
  'continue false',
];

function command(prng: Prng): string {
  const path = prng.pick(PATHS);
  const option = prng.pick(OPTIONS);
  const set = `set ${path} ${option}`;
  const unset = `unset ${path} ${option.split(' ')[0] ?? ''}`;
  return prng.pick([
    set,
    set,
    set,
    set,
    unset,
    unset,
    `unset ${path}`,
    'begin',
    'commit',
    'commit',
    'rollback',
    'writeback',
    'replay',
    'reload',
    'begin from scratch',
  ]);
}

function editFiles(world: LiveWorld, prng: Prng): void {
  const path = prng.pick(['/main.conf', '/cluster.conf', '/shared.conf']);
  const added = prng.pick([
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
