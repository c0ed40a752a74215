import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDashboardOptions } from '../../../server/daemons/dashboard-options.ts';

const parse = (...args: readonly string[]) => parseDashboardOptions(args);

describe('arguments of the dashboard', () => {
  test('none are needed', () => {
    expect(parse()).toMatchObject({
      ok: true,
      value: {
        host: '127.0.0.1',
        port: 4_880,
        servers: [{ host: '127.0.0.1', port: 4_809 }],
        clusterName: 'ec_cluster',
        clusterGroup: 'ec_cluster',
        controlGroup: 'ec_console',
        origins: [],
      },
    });
  });

  test('servers keep their order', () => {
    const parsed = parse('--server', '10.0.0.2:4809', '--server', '[fe80::1]:5000');
    expect(parsed.ok && parsed.value.servers).toEqual([
      { host: '10.0.0.2', port: 4_809 },
      { host: 'fe80::1', port: 5_000 },
    ]);
  });

  test('everything that does not fit is said at once, one line each', () => {
    const parsed = parse(
      '--port=70000',
      '--server=nowhere:0x',
      '--environment-colour=red',
      '--origin=http://a.example/path',
      '--origin=ftp://a.example',
    );
    expect(parsed.ok).toBe(false);
    const lines = parsed.ok ? [] : parsed.error.split('\n');
    expect(lines.map((line) => line.split(/[ :]/)[0])).toEqual([
      '--port',
      '--server',
      '--environment-colour',
      '--origin',
      '--origin',
    ]);
  });

  test('an unknown argument and a stray word are refused', () => {
    expect(parse('--prot', '1').ok).toBe(false);
    expect(parse('extra').ok).toBe(false);
  });

  test('the key of the bus comes from a private file, which has to be usable at the start', () => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-key-'));
    const file = join(folder, 'msgc.key');
    writeFileSync(file, '0123456789abcdef0123456789abcdef\n', { mode: 0o600 });
    expect(parse(`--bus-key-file=${file}`)).toMatchObject({ ok: true, value: { busKeyFile: file } });
    expect(parse(`--bus-key-file=${folder}/none`)).toMatchObject({
      ok: false,
      error: expect.stringContaining(`--bus-key-file: ${folder}/none: no such file`),
    });
    chmodSync(file, 0o644);
    expect(parse(`--bus-key-file=${file}`).ok).toBe(false);
  });

  test('the metrics token comes from a file, never from the command line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-token-'));
    writeFileSync(join(folder, 'token'), 'scrape me\n');
    writeFileSync(join(folder, 'empty'), '\n');
    expect(parse(`--metrics-token-file=${folder}/token`)).toMatchObject({
      ok: true,
      value: { metricsToken: 'scrape me' },
    });
    expect(parse(`--metrics-token-file=${folder}/empty`).ok).toBe(false);
    expect(parse(`--metrics-token-file=${folder}/none`).ok).toBe(false);
  });
});
