/** Addresses of a host without rights and without `ip`, hooks, and the loopback that needs no plumbing. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LinuxAddresses, leaseSeconds } from '../../../server/adapters/linux-addresses.ts';
import { LoopbackAddresses } from '../../../server/adapters/loopback-addresses.ts';
import { runHook } from '../../../server/adapters/vip-hook.ts';
import type { HostCommand, HostFact, PlacedAddress } from '../../../server/duravip/api.ts';
import { type IpAddress, parseIp } from '../../../server/model/ip.ts';
import { isAlive } from '../../support/net-process.ts';
import { until } from '../../support/until.ts';

function ip(text: string): IpAddress {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function placeOf(text: string, name = 'lo'): PlacedAddress {
  return { address: ip(text), prefix: 32, interface: name };
}

function added(id: number, ...places: readonly PlacedAddress[]): HostCommand {
  return { type: 'change', id, remove: [], add: places };
}

describe('without ip', () => {
  const searchPath = process.env['PATH'];
  beforeEach(() => {
    process.env['PATH'] = path.join(tmpdir(), 'nothing-here');
  });
  afterEach(() => {
    process.env['PATH'] = searchPath;
  });

  test('every command is answered with the reason', async () => {
    const facts: HostFact[] = [];
    const addresses = new LinuxAddresses({ onFact: (fact) => facts.push(fact) });
    addresses.perform({ type: 'survey', id: 1 });
    addresses.perform(added(2, placeOf('192.0.2.9')));
    addresses.perform({ type: 'readNeighbours', id: 3 });
    await until(() => facts.length >= 3);
    await addresses.close();
    const text = 'there is no program ip (Debian: apt-get install iproute2)';
    expect(facts).toContainEqual({ type: 'impossible', id: 1, text });
    expect(facts).toContainEqual({ type: 'changed', id: 2, failed: [{ address: '192.0.2.9', text }] });
    expect(facts).toContainEqual({ type: 'impossible', id: 3, text });
  });
});

test('a name that is none of an interface never reaches ip', async () => {
  const facts: HostFact[] = [];
  const addresses = new LinuxAddresses({ onFact: (fact) => facts.push(fact) });
  addresses.perform(added(1, placeOf('192.0.2.9', 'eth0\naddr flush')));
  await until(() => facts.length > 0);
  await addresses.close();
  const text = '"eth0\\naddr flush" is no name of an interface';
  expect(facts).toEqual([{ type: 'changed', id: 1, failed: [{ address: '192.0.2.9', text }] }]);
});

test('a lease is 2 s, and longer where refreshing would cost too much', () => {
  expect([1, 400, 1_000, 10_240].map((count) => leaseSeconds(count, 5))).toEqual([2, 2, 5, 52]);
  expect([49, 100, 60_000].map((refreshMs) => leaseSeconds(1, refreshMs))).toEqual([2, 4, 120]);
});

describe('hooks', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'muster-hook-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function hook(script: string, limitMs = 10_000): Promise<string | undefined> {
    const program = path.join(folder, 'hook.sh');
    writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return runHook({
      type: 'hook',
      id: 1,
      program: [program],
      limitMs,
      event: 'acquire',
      address: ip('192.0.2.9'),
    });
  }

  test('success has nothing to say; output is not kept', async () => {
    expect(await hook('echo fine; echo fine >&2')).toBeUndefined();
  });

  test('an exit code comes with the end of what it said, and no more', async () => {
    const problem = await hook(
      'i=0; while [ $i -lt 3000 ]; do echo "line $i" >&2; i=$((i+1)); done; echo last >&2; exit 4',
    );
    expect(problem).toMatch(/ended with exit code 4: /);
    expect(problem).toMatch(/last$/);
    expect(problem?.length).toBeLessThan(600);
  });

  test('one that takes too long is ended with all that it started', async () => {
    const pidFile = path.join(folder, 'pid');
    const problem = await hook(`sleep 60 & echo $! > ${pidFile}; wait`, 1_500);
    expect(problem).toMatch(/ran longer than 1500 ms and was ended/);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await until(() => !isAlive(pid));
  });

  test('one that is not there is a problem with its name', async () => {
    const program = [path.join(folder, 'missing')];
    const problem = await runHook({
      ...{ type: 'hook', id: 1, program, limitMs: 1_000, event: 'release' },
      address: ip('192.0.2.9'),
    });
    expect(problem).toMatch(/missing cannot be run: spawn .* ENOENT/);
  });
});

describe('loopback addresses', () => {
  test('come up once binding works, are found again, and go', async () => {
    const facts: HostFact[] = [];
    const addresses = new LoopbackAddresses({ onFact: (fact) => facts.push(fact) });
    const one = placeOf('127.98.0.1');
    addresses.perform(added(1, one, placeOf('192.0.2.9')));
    await until(() => facts.length === 1);
    const text = '192.0.2.9 is not in 127.0.0.0/8: only these need no plumbing';
    expect(facts[0]).toEqual({ type: 'changed', id: 1, failed: [{ address: '192.0.2.9', text }] });
    addresses.perform({ type: 'survey', id: 2 });
    await until(() => facts.length === 2);
    expect(facts[1]).toMatchObject({ type: 'surveyed', id: 2, addresses: [one] });
    addresses.perform({ type: 'change', id: 3, remove: [one], add: [] });
    addresses.perform({ type: 'survey', id: 4 });
    await until(() => facts.length === 4);
    expect(facts.at(-1)).toMatchObject({ type: 'surveyed', addresses: [] });
    await addresses.close();
  });

  test('an address that another program listens on comes up as well', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen({ host: '127.98.0.2', port: 0 }, resolve));
    const facts: HostFact[] = [];
    const addresses = new LoopbackAddresses({ onFact: (fact) => facts.push(fact) });
    addresses.perform(added(1, placeOf('127.98.0.2')));
    await until(() => facts.length === 1);
    expect(facts).toEqual([{ type: 'changed', id: 1, failed: [] }]);
    server.close();
    await addresses.close();
  });
});
