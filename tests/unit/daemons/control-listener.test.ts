import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { monotonicClock } from '../../../server/adapters/monotonic-clock.ts';
import { shutdownReply } from '../../../server/cluster/shutdown-reply.ts';
import { encodeRequest, ResponseDecoder } from '../../../server/console/console-frames.ts';
import { parseControlEndpoint } from '../../../server/console/control-endpoint.ts';
import {
  type ControlAnswer,
  ControlListener,
  UNIX_CONNECTIONS_RESERVED,
} from '../../../server/daemons/control-listener.ts';

import { until } from '../../support/until.ts';

let directory: string;
let open: ControlListener[];
let done: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'muster-control-'));
  open = [];
  done = [];
});
afterEach(async () => {
  for (const listener of open) await listener.close();
  rmSync(directory, { recursive: true, force: true });
});

const echo: ControlAnswer = (command, { user, via }) => ({ ok: true, text: `${via} ${user} ${command}` });

function listener(answer: ControlAnswer = echo, options = {}): ControlListener {
  const created = new ControlListener({
    clock: monotonicClock(),
    idleMs: () => 60_000,
    answer,
    afterReply: (then) => done.push(then),
    ...options,
  });
  open.push(created);
  return created;
}

function listen(on: ControlListener, address: string, fileMode = 0o660): Promise<string> {
  const endpoint = parseControlEndpoint(address);
  if (!endpoint.ok) throw new Error(endpoint.error);
  return on.listen({ endpoint: endpoint.value, fileMode, backlog: 500 });
}

/** Sends bytes, optionally FIN, and collects whole answers until the connection ends or enough came. */
async function talk(
  address: string,
  bytes: Buffer,
  { answers, fin = false }: { answers: number; fin?: boolean },
) {
  const socket = address.startsWith('/')
    ? connect(address)
    : connect(Number(address.slice(address.lastIndexOf(':') + 1)), '127.0.0.1');
  const decoder = new ResponseDecoder();
  const texts: string[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.on('error', (error) => (/EPIPE|ECONNRESET/.test(error.message) ? undefined : reject(error)));
    socket.on('close', () => resolve());
    socket.on('data', (piece: Buffer) => {
      decoder.push(piece);
      for (let text = decoder.next(); text !== undefined; text = decoder.next()) texts.push(text);
      if (texts.length >= answers && !fin) socket.destroy();
    });
    socket.write(bytes);
    if (fin) socket.end();
  });
  return texts;
}

function requests(...commands: readonly string[]): Buffer {
  return Buffer.concat(
    commands.map((command) => {
      const frame = encodeRequest(command);
      if (!frame.ok) throw new Error(frame.error);
      return frame.value;
    }),
  );
}

describe('a Unix socket', () => {
  test('answers requests in order, also after the client has sent FIN, and has the mode it was given', async () => {
    const control = listener(async (command, source) => {
      if (command === 'slow') await new Promise((resolve) => setImmediate(resolve));
      return echo(command, source);
    });
    const path = await listen(control, join(directory, '2025'), 0o600);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await talk(path, requests('slow', 'fast'), { answers: 2, fin: true })).toEqual([
      'unix local slow',
      'unix local fast',
    ]);
    expect(control.counts.get('ended')).toBe(1);
  });

  test('a socket file that a killed process left behind is replaced', async () => {
    const path = join(directory, '2025');
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
    const child = spawn(process.execPath, ['-e', script]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(existsSync(path)).toBe(true);
    await listen(listener(), path);
    expect(await talk(path, requests('pid'), { answers: 1 })).toEqual(['unix local pid']);
  });

  test('a socket that another process serves is one clear error and goes on working', async () => {
    const path = await listen(listener(), join(directory, '2025'));
    await expect(listen(listener(), path)).rejects.toMatchObject({
      code: 'CONTROL_SOCKET_IN_USE',
      message: `another process answers on ${path}: a node and a manager on one host need different Control_Listener paths`,
    });
    expect(await talk(path, requests('pid'), { answers: 1 })).toHaveLength(1);
  });

  test('a file that is no socket is never removed', async () => {
    const path = join(directory, 'precious');
    writeFileSync(path, 'x');
    await expect(listen(listener(), path)).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
    expect(statSync(path).size).toBe(1);
  });

  test('a directory that does not exist is one clear error', async () => {
    const path = join(directory, 'no', '2025');
    await expect(listen(listener(), path)).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: `cannot listen on ${path}: its directory does not exist`,
    });
  });

  test('a directory without write access is one clear error', async () => {
    // Nobody, not even root, may create files there.
    await expect(listen(listener(), '/proc/muster')).rejects.toMatchObject({
      code: expect.stringMatching(/^(SOCKET_DIRECTORY_DENIED|LISTEN_FAILED)$/),
    });
  });

  test('a path that the system would cut short is one clear error', async () => {
    const path = join(directory, 'x'.repeat(120));
    const endpoint = { kind: 'unix', path } as const;
    await expect(listener().listen({ endpoint, fileMode: 0o600, backlog: 5 })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: expect.stringContaining('at most 107 are possible'),
    });
  });

  test('closing removes the socket file', async () => {
    const control = listener();
    const path = await listen(control, join(directory, '2025'));
    await control.close();
    expect(existsSync(path)).toBe(false);
  });
});

describe('a TCP endpoint', () => {
  test('answers, and names the peer as the user', async () => {
    const address = await listen(listener(), '127.0.0.1:0');
    expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
    const [text] = await talk(address, requests('pid'), { answers: 1 });
    expect(text).toMatch(/^tcp 127\.0\.0\.1:\d+ pid$/);
  });

  test('a port in use is one clear error', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    await expect(listen(listener(), `127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('bad peers', () => {
  test('garbage closes that connection with a counted reason, others do not notice', async () => {
    const control = listener();
    const path = await listen(control, join(directory, '2025'));
    const good = connect(path);
    await new Promise((resolve) => good.once('connect', resolve));
    expect(await talk(path, Buffer.from('GET / HTTP/1.1\r\n\r\n'), { answers: 1 })).toEqual([]);
    expect(control.counts.get('garbage')).toBe(1);
    const answer = new Promise<Buffer>((resolve) => good.once('data', resolve));
    good.write(requests('pid'));
    expect((await answer).toString()).toContain('unix local pid');
    good.destroy();
  });

  test('a frame that never ends is counted as truncated', async () => {
    const control = listener();
    const path = await listen(control, join(directory, '2025'));
    await talk(path, Buffer.from([0, 1, 255, 255, 65]), { answers: 1, fin: true });
    expect(control.counts.get('truncated')).toBe(1);
  });

  test('a shorter Timeout ends connections that were open before', async () => {
    let idleMs = 60_000;
    const control = listener(echo, { idleMs: () => idleMs });
    const address = await listen(control, join(directory, 'c'));
    const socket = connect(address);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await until(() => control.counts.get('accepted') === 1);
    idleMs = 20;
    control.optionsChanged();
    await closed;
    expect(control.counts.get('idle')).toBe(1);
  });

  test('an idle connection is closed', async () => {
    const control = listener(echo, { idleMs: () => 20 });
    const path = await listen(control, join(directory, '2025'));
    await talk(path, Buffer.alloc(0), { answers: 1 });
    expect(control.counts.get('idle')).toBe(1);
  });

  test('connections above the bound are dropped and counted', async () => {
    const control = listener(echo, { connectionsMax: 1 });
    const path = await listen(control, join(directory, '2025'));
    const first = connect(path);
    await new Promise((resolve) => first.once('connect', resolve));
    await talk(path, Buffer.alloc(0), { answers: 1 });
    expect(control.counts.get('dropped')).toBe(1);
    first.destroy();
  });
});

test('connections over TCP leave room for those on the machine', async () => {
  const control = listener(echo, { connectionsMax: UNIX_CONNECTIONS_RESERVED + 1 });
  const address = await listen(control, '127.0.0.1:0');
  const path = await listen(control, join(directory, '2025'));
  const first = connect(Number(address.split(':')[1]), '127.0.0.1');
  await new Promise((resolve) => first.once('connect', resolve));
  expect(await talk(address, Buffer.alloc(0), { answers: 1 })).toEqual([]);
  expect(control.counts.get('dropped')).toBe(1);
  expect(await talk(path, requests('pid'), { answers: 1 })).toEqual(['unix local pid']);
  first.destroy();
});

test('a shutdown happens after its reply is out', async () => {
  const path = await listen(
    listener(() => ({ ...shutdownReply(), text: 'stopping' })),
    join(directory, '2025'),
  );
  expect(await talk(path, requests('shutdown'), { answers: 1 })).toEqual(['stopping']);
  expect(done).toEqual(['shutdown']);
});

test('a reply of 16 MiB arrives whole', async () => {
  const text = 'x'.repeat(16 * 1024 * 1024);
  const path = await listen(
    listener(() => ({ ok: true, text })),
    join(directory, '2025'),
  );
  expect((await talk(path, requests('big'), { answers: 1 }))[0]?.length).toBe(text.length);
});
