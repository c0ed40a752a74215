import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readBusKeys } from '../../../server/adapters/bus-keys.ts';
import { checkConfig } from '../../../server/daemons/check-config.ts';
import { importMbusFile } from '../../../server/daemons/import-mbus.ts';

describe('muster import-mbus', () => {
  let folder: string;
  const place = (name: string): string => path.join(folder, name);

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'muster-'));
    writeFileSync(place('mbus.conf'), 'DaemonUser = x\nSpread_Segment 10.0.0.255:4803 {\n  A 10.0.0.1\n}\n');
    writeFileSync(place('broken.conf'), 'Spread_Segment 10.0.0.255:4803 {\n  A 10.0.0.1\n');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('[MSG-34] writes a file that a process takes as it is, and replaces none', () => {
    const request = {
      source: place('mbus.conf'),
      target: place('msgc_server.conf'),
      port: 4810,
      key: 'beside',
    } as const;
    const done = importMbusFile(request);
    expect(done).toMatchObject({ exitCode: 0, output: '' });
    expect(done.said).toContain(`${place('mbus.conf')}:1:1: warning: 'DaemonUser' is a setting`);
    expect(done.said).toContain(`Made the key of the bus, ${place('msgc.key')}`);
    expect(readBusKeys(place('msgc.key')).ok).toBe(true);
    expect(readFileSync(request.target, 'utf8')).toContain(`auth_key_file = "${place('msgc.key')}"`);
    writeFileSync(
      place('main.conf'),
      `include "${place('msgc_server.conf')}"\nmsgcserver_listener { listen ":4810" { } }\n`,
    );
    expect(checkConfig(place('main.conf'), { EC_NODE_NAME: 'a' })).toEqual({
      valid: true,
      text: 'Configuration valid',
    });
    const before = readFileSync(request.target, 'utf8');
    expect(importMbusFile({ ...request, port: 4811 })).toMatchObject({ exitCode: 1 });
    expect(readFileSync(request.target, 'utf8')).toBe(before);
  });

  test('uses a key that is there, refuses one that cannot be used, and leaves it out when asked', () => {
    const key = place('other.key');
    const request = { source: place('mbus.conf'), target: place('second.conf'), port: 4809 };
    writeFileSync(key, 'too short', { mode: 0o600 });
    expect(importMbusFile({ ...request, key: { file: key } })).toMatchObject({ exitCode: 1 });
    expect(readdirSync(folder)).not.toContain('second.conf');
    const known = { ...request, key: { file: place('msgc.key') } };
    expect(importMbusFile(known).said).toContain(`The key of the bus is ${place('msgc.key')}.`);
    const open = importMbusFile({ ...request, target: undefined, key: 'none' });
    expect(open.output).not.toContain('auth_key_file');
    expect(open.said).toContain('The new bus has no key');
  });

  test('[MSG-34] writes nothing, not even a part, when there is an error', () => {
    const before = readdirSync(folder);
    const failed = importMbusFile({
      source: place('broken.conf'),
      target: place('new.conf'),
      port: 4809,
      key: 'beside',
    });
    expect(failed).toMatchObject({ exitCode: 2, output: '' });
    expect(failed.said).toContain(`${place('broken.conf')}:1:1: error:`);
    expect(failed.said).toContain('Nothing was written.');
    const request = { source: place('none.conf'), target: undefined, port: 4809, key: 'none' } as const;
    expect(importMbusFile(request)).toMatchObject({
      exitCode: 1,
      said: `${place('none.conf')} cannot be read: no such file`,
    });
    const source = place('mbus.conf');
    const nowhere = { source, target: place('no/where.conf'), port: 4809, key: { file: place('its.key') } };
    expect(importMbusFile(nowhere).exitCode).toBe(1);
    expect(readdirSync(folder)).toEqual(before);
  });
});
