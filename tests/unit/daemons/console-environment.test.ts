import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listenPlans } from '../../../server/cluster/process-options.ts';
import { defaultEndpoint } from '../../../server/daemons/console-environment.ts';
import { generationOf } from '../../support/access-world.ts';
import { ConsoleTerminal } from '../../support/console-terminal.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'muster-environment-'));
  file = join(directory, 'environment');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('[CON-02] the endpoint of a manager is changed in eccluster.conf and in the environment file', () => {
  const generation = generationOf('Control_Listener { Listen "/tmp/2026" {} }');
  expect(listenPlans(generation, 'Control_Listener', '/tmp/2025')).toMatchObject([
    { instance: '/tmp/2026', endpoint: { kind: 'unix', path: '/tmp/2026' }, fileMode: 0o660, backlog: 500 },
  ]);
  writeFileSync(file, '# of ec_ctl\nPLAT=Linux\nCONTROL="/tmp/2026"\nexport CONTROL\n');
  expect(defaultEndpoint({}, file)).toEqual({ ok: true, value: { address: '/tmp/2026', warnings: [] } });
});

test('[CON-02] [CON-03] the file is found along EC_CONF_SEARCH_PATH; without one the default stays', () => {
  mkdirSync(join(directory, 'global'));
  writeFileSync(join(directory, 'global', 'environment'), 'CONTROL=127.0.0.1:2025\n');
  const searchPath = `${directory}:${directory}/{NODENAME}:${directory}/global`;
  expect(defaultEndpoint({ EC_CONF_SEARCH_PATH: searchPath }, undefined)).toEqual({
    ok: true,
    value: { address: '127.0.0.1:2025', warnings: [] },
  });
  expect(defaultEndpoint({}, undefined)).toEqual({
    ok: true,
    value: { address: '/tmp/2025', warnings: [] },
  });
  writeFileSync(file, 'PLAT=Linux\n');
  expect(defaultEndpoint({}, file)).toMatchObject({ value: { address: '/tmp/2025' } });
});

test('what cannot be read is told: a named file ends the program, another one is a warning', async () => {
  const missing = join(directory, 'none');
  expect(defaultEndpoint({}, missing)).toEqual({ ok: false, error: `cannot read ${missing}: ENOENT` });
  writeFileSync(file, 'CONTROL=$(hostname)\n');
  expect(defaultEndpoint({}, file)).toMatchObject({
    value: { address: '/tmp/2025', warnings: [expect.stringContaining(`${file}:1: `)] },
  });
  writeFileSync(file, 'x'.repeat(1_000_000));
  chmodSync(file, 0o600);
  expect(defaultEndpoint({ EC_CONF_SEARCH_PATH: directory }, undefined)).toMatchObject({
    value: { address: '/tmp/2025', warnings: [`cannot read ${file}: it is too large`] },
  });
});

test('the program takes the file by name, and says when the name is missing', async () => {
  const socket = join(directory, 'nobody');
  writeFileSync(file, `CONTROL=${socket}\n`);
  const named = new ConsoleTerminal(['--environment', file]);
  await named.see(`ec_console: cannot connect to ${socket}: there is no such socket`);
  expect(await named.exit).toBe(1);
  const unnamed = new ConsoleTerminal(['--environment']);
  await unnamed.see('ec_console: --environment needs a file\nUsage: ec_console');
  expect(await unnamed.exit).toBe(1);
});
