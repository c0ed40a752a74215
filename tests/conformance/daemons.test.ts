/** The programs ecnode and eccmgr as real processes: one cluster, driven through control sockets and signals. */

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VERSION } from '../../server/base/version.ts';
import { ClusterProcesses, type ProcessName, RealProcess } from '../support/cluster-processes.ts';

const NODES: readonly ProcessName[] = ['node1', 'node2', 'node3'];
const LIMIT_MS = 60_000;

function blocks(text: string): readonly string[] {
  return text.split('\n\n').filter((block) => block.trim() !== '');
}

describe('a cluster of three nodes and a manager', { timeout: LIMIT_MS }, () => {
  let cluster: ClusterProcesses;

  beforeAll(async () => {
    cluster = await ClusterProcesses.create(NODES.length);
    await cluster.start('manager', ...NODES);
  }, LIMIT_MS);
  afterAll(async () => {
    await cluster.stop();
  }, LIMIT_MS);

  const complete = (text: string): boolean => NODES.every((name) => text.includes(`Node Name: ${name}`));
  const wholeMembership = (name: ProcessName): Promise<string> =>
    cluster.askUntil(name, 'cluster membership', complete);

  test('[CLU-14] [CMD-12] [CMD-13] all nodes list the same members', async () => {
    const lists = await Promise.all(NODES.map(wholeMembership));
    expect(new Set(lists.map((text) => [...blocks(text)].sort().join('\n\n'))).size).toBe(1);
    const [first = ''] = lists;
    expect(first).toContain(
      [
        'Node Name: node1',
        'Subcluster: default',
        'Node Type: Momentum',
        `Version: ${VERSION}`,
        `Address: ${cluster.clusterAddress('node1')}`,
        'Groups: ec_console, ec_sc_default, ec_cluster',
      ].join('\n'),
    );
    expect(first).toContain(
      [
        'Private Name: #manager#manager',
        'Node Name: (Null)',
        'Subcluster: (Null)',
        'Node Type: Manager',
        `Version: ${VERSION}`,
        'Address: 0.0.0.0:0',
        'Groups: ec_cluster',
      ].join('\n'),
    );
  });

  test('[CLU-13] [CLU-15] [CMD-11] private names carry the process id, and all name the same leader', async () => {
    const texts = await Promise.all(NODES.map((name) => cluster.ask(name, 'cluster info')));
    const pid = String(cluster.process('node1').child.pid).padStart(5, '0');
    expect(texts[0]).toContain(
      `Daemon: ${cluster.address('node1')}:${cluster.busPort} [m:#ec0-${pid}#node1,s:#ec1-${pid}#node1]`,
    );
    const leaders = texts.map((text) => /\((\w+) is leader\)/.exec(text)?.[1]);
    expect(new Set(leaders).size).toBe(1);
    expect(leaders[0]).toMatch(/^node\d$/);
  });

  test('[CLU-12] [CMD-14] the cluster listener accepts where `cluster nodeaddr` says', async () => {
    const address = await cluster.ask('node2', 'cluster nodeaddr');
    expect(address).toBe(cluster.clusterAddress('node2'));
    const [host = '', port] = address.split(':');
    const heard = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), host, () => socket.write('GET / HTTP/1.0\r\n\r\n'));
      socket.setTimeout(5_000, () => reject(new Error('it stays open')));
      socket.on('error', () => undefined);
      let text = '';
      socket.on('data', (data) => {
        text += data.toString('utf8');
      });
      socket.once('close', () => resolve(text));
    });
    // Strangers hear nothing.
    expect(heard).toBe('');
  });

  test('[ECC-02] [ECC-03] [ECC-04] [ECC-05] [ECC-06] [ECC-07] commands travel to nodes and responses back', async () => {
    await cluster.askUntil('manager', 'info', (text) => text.includes('Nodes: 3'));
    expect(await cluster.ask('manager', 'broadcast cluster nodename')).toMatch(/^Sent to 3 nodes: /);
    const answered = await cluster.askUntil('manager', 'retrieve cluster nodename', (text) =>
      NODES.every((name) => text.includes(`\n${name}`)),
    );
    expect(blocks(answered)).toHaveLength(3);
    expect(await cluster.ask('manager', 'subcluster broadcast west pid')).toBe('Sent to 1 node: node3');
    await cluster.askUntil('manager', 'subcluster retrieve west pid', (text) =>
      text.includes(String(cluster.process('node3').child.pid)),
    );
    expect(await cluster.ask('manager', 'unicast node2 version')).toBe('Sent to 1 node: node2');
    await cluster.askUntil('manager', 'retrieve_node node2 version', (text) => text.includes('# ecelerity'));
    expect(await cluster.ask('manager', 'unicast nobody version')).toBe('Unknown node: nobody');
  });

  test('[CMD-01] the manager has no cluster commands', async () => {
    expect(await cluster.ask('manager', 'cluster membership')).toMatch(/^Unknown command/);
  });

  test('[ECC-17] responses survive a restart of the manager, orderly or not', async () => {
    await cluster.ask('manager', 'broadcast cluster nodeaddr');
    const before = await cluster.askUntil('manager', 'retrieve cluster nodeaddr', (text) =>
      NODES.every((name) => text.includes(`\n${cluster.clusterAddress(name)}`)),
    );
    expect(await cluster.process('manager').end('SIGTERM')).toEqual({ code: 0, signal: null });
    await cluster.start('manager');
    expect(await cluster.ask('manager', 'retrieve cluster nodeaddr')).toBe(before);
    await cluster.process('manager').end('SIGKILL');
    await cluster.start('manager');
    expect(await cluster.ask('manager', 'retrieve cluster nodeaddr')).toBe(before);
    expect(await cluster.ask('manager', 'flush control cache')).toMatch(/^Control cache flushed/);
    expect(await cluster.ask('manager', 'retrieve cluster nodeaddr')).toMatch(/^No results for/);
  });

  test('a killed node departs with the cause `closed`, starts again at once and rejoins under its name', async () => {
    await wholeMembership('node1');
    await cluster.process('node2').end('SIGKILL');
    await cluster.askUntil('node1', 'cluster membership', (text) => !text.includes('Node Name: node2'));
    expect(cluster.process('node1').logged('member.departed').at(-1)).toMatchObject({
      member: 'node2',
      cause: 'closed',
    });
    await cluster.start('node2');
    await Promise.all(NODES.map(wholeMembership));
    expect(cluster.process('node1').logged('member.rejoined').at(-1)).toMatchObject({ member: 'node2' });
  });

  test('a paused node departs with the cause `silence` and rejoins when it runs again', async () => {
    cluster.process('node3').child.kill('SIGSTOP');
    await cluster.askUntil('node1', 'cluster membership', (text) => !text.includes('Node Name: node3'));
    expect(cluster.process('node1').logged('member.departed').at(-1)).toMatchObject({
      member: 'node3',
      cause: 'silence',
    });
    cluster.process('node3').child.kill('SIGCONT');
    await Promise.all(NODES.map(wholeMembership));
  });

  test('a node that is asked to stop leaves with the cause `leave` and exit code 0', async () => {
    await wholeMembership('node1');
    expect(await cluster.process('node3').end('SIGTERM')).toEqual({ code: 0, signal: null });
    await cluster.askUntil('node1', 'cluster membership', (text) => !text.includes('Node Name: node3'));
    expect(cluster.process('node1').logged('member.departed').at(-1)).toMatchObject({
      member: 'node3',
      cause: 'leave',
    });
    await cluster.start('node3');
    await wholeMembership('node1');
  });

  test('[CON-25] [ECC-11] `shutdown` ends a node after its reply, also over the bus', async () => {
    expect(await cluster.ask('node2', 'shutdown')).toBe('');
    expect(await cluster.process('node2').ended).toEqual({ code: 0, signal: null });
    await cluster.start('node2');
    await cluster.askUntil('manager', 'info', (text) => text.includes('Nodes: 3'));
    await cluster.ask('manager', 'unicast node2 shutdown');
    expect(await cluster.process('node2').ended).toEqual({ code: 0, signal: null });
    await cluster.start('node2');
    await wholeMembership('node1');
  });
});

describe('what prevents a start is one clear line', { timeout: LIMIT_MS }, () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'muster-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function startWith(text: string, program: 'ecnode' | 'eccmgr' = 'ecnode') {
    const file = path.join(folder, 'main.conf');
    writeFileSync(file, text);
    const started = new RealProcess(program, ['-c', file], { EC_NODE_NAME: 'node1' });
    const { code } = await started.ended;
    return { code, errors: started.errors };
  }

  const BASE = [
    'msgc_server { port = 4809 }',
    'msgcserver_listener { listen "127.0.0.1:4809" { } }',
    'cluster { nodeaddr = "127.0.0.1" allow_loopback_nodeaddr = true }',
  ];

  test('a syntax error: every diagnostic with its place, exit code 2, nothing started', async () => {
    const { code, errors } = await startWith('cluster {\n  nodename == "a"\n}\nmsgc_server { ports = 1 }\n');
    expect(code).toBe(2);
    expect(errors).toContain(`${folder}/main.conf:2:`);
    expect(errors).not.toContain('"event"');
  });

  test('[MSG-19] a port that differs from the listener', async () => {
    const { code, errors } = await startWith(`${BASE.join('\n')}\nmsgc_server { port = 4810 }`);
    expect(code).toBe(2);
    expect(errors).toMatch(/msgc_server\.port is 4810 but msgcserver_listener listens on 4809/);
  });

  test('[CLU-07] a loopback nodeaddr without the demo option', async () => {
    const text = `${BASE.slice(0, 2).join('\n')}\ncluster { nodeaddr = "127.0.0.1" }`;
    const { code, errors } = await startWith(text);
    expect(code).toBe(2);
    expect(errors).toMatch(/nodeaddr 127\.0\.0\.1 is a loopback address/);
  });

  test('a port in use', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    try {
      const text = BASE.join('\n').replaceAll('4809', String(port));
      const listener = 'ECCluster_Listener { Listen "127.0.0.77:0" { Enable = true } }';
      const { code, errors } = await startWith(`${text}\n${listener.replace(':0', `:${port}`)}`);
      expect(code).toBe(1);
      expect(errors).toContain(
        `ecnode: the address 127.0.0.1:${port} is already in use: stop the other process or configure another port`,
      );
    } finally {
      server.close();
    }
  });

  test('a control socket whose directory does not exist, or a file in its way', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    server.close();
    const start = (place: string) =>
      startWith(
        [
          BASE.join('\n').replaceAll('4809', String(port)).replace('127.0.0.1:', '127.0.0.78:'),
          `ECCluster_Listener { Listen "127.0.0.78:${port + 1 > 65_535 ? port - 1 : port + 1}" { } }`,
          `Control_Listener { Listen "${place}" { } }`,
        ].join('\n'),
      );
    const missing = await start(`${folder}/nowhere/socket`);
    expect(missing.code).toBe(1);
    expect(missing.errors).toContain(`ecnode: cannot listen on ${folder}/nowhere/socket`);
    writeFileSync(`${folder}/plain`, 'text');
    chmodSync(`${folder}/plain`, 0o600);
    const plain = await start(`${folder}/plain`);
    expect(plain.code).toBe(1);
    expect(plain.errors).toContain('there is a file that is not a socket');
    expect(readFileSync(`${folder}/plain`, 'utf8')).toBe('text');
  });

  test('[ECC-20] documented flags are read, unknown ones refused, `-V` prints the banner', async () => {
    const version = new RealProcess('eccmgr', ['-V'], {});
    let output = '';
    version.child.stdout?.on('data', (data: Buffer) => {
      output += data.toString('utf8');
    });
    expect((await version.ended).code).toBe(0);
    expect(output).toContain(`# eccmgr version: ${VERSION}`);
    const unknown = new RealProcess('eccmgr', ['-q'], {});
    expect((await unknown.ended).code).toBe(1);
    expect(unknown.errors).toMatch(/^eccmgr: .*-q/);
    const absent = new RealProcess('eccmgr', ['-vv', '-D', '-g', 'ec_cluster', '-c', '/nowhere/x.conf'], {});
    expect((await absent.ended).code).toBe(2);
    expect(absent.errors).toContain('/nowhere/x.conf');
  });
});
