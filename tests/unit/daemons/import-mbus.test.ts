import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
    const request = { source: place('mbus.conf'), target: place('msgc_server.conf'), port: 4810 };
    const done = importMbusFile(request);
    expect(done).toMatchObject({ exitCode: 0, output: '' });
    expect(done.said).toContain(`${place('mbus.conf')}:1:1: warning: 'DaemonUser' is a setting`);
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

  test('[MSG-34] writes nothing, not even a part, when there is an error', () => {
    const before = readdirSync(folder);
    const failed = importMbusFile({ source: place('broken.conf'), target: place('new.conf'), port: 4809 });
    expect(failed).toMatchObject({ exitCode: 2, output: '' });
    expect(failed.said).toContain(`${place('broken.conf')}:1:1: error:`);
    expect(failed.said).toContain('Nothing was written.');
    expect(importMbusFile({ source: place('none.conf'), target: undefined, port: 4809 })).toMatchObject({
      exitCode: 1,
      said: `${place('none.conf')} cannot be read: no such file`,
    });
    expect(
      importMbusFile({ source: place('mbus.conf'), target: place('no/where.conf'), port: 4809 }).exitCode,
    ).toBe(1);
    expect(readdirSync(folder)).toEqual(before);
  });
});
