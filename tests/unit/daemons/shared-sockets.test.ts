/** Sockets for other software, with real clients on a Unix socket and on loopback. */

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { monotonicClock } from '../../../server/adapters/monotonic-clock.ts';
import { listenTcp } from '../../../server/adapters/socket-listen.ts';
import { DEADLINE_REACHED } from '../../../server/base/core.ts';
import { SharedDesk } from '../../../server/cluster/shared-desk.ts';
import type { Generation } from '../../../server/conf/generation.ts';
import { BODY_BYTES_MAX } from '../../../server/daemons/shared-http.ts';
import { SharedSockets } from '../../../server/daemons/shared-sockets.ts';
import { load } from '../../support/conf-samples.ts';
import { SharingWorld } from '../../support/sharing-world.ts';

let folder: string;
let port: number;
let sockets: SharedSockets;
let generation: Generation;
let warnings: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-'));
  port = await freePort();
  warnings = [];
  const world = new SharingWorld().start('node1');
  const desk = new SharedDesk(world.shared('node1'), () => generation);
  const give = (effects: ReturnType<SharedDesk['step']>): void => {
    world.poke('node1');
    for (const { ticket, answer } of effects) sockets.answer(ticket, answer);
    if (desk.deadlineMs === undefined) return;
    world.pass(10);
    give(desk.step(DEADLINE_REACHED, world.nowMs));
  };
  sockets = new SharedSockets({
    clock: monotonicClock(),
    logger: {
      debug: () => undefined,
      info: () => undefined,
      warn: (event) => warnings.push(event),
      error: () => undefined,
    },
    ask: (ticket, ask) => give(desk.step({ type: 'sharedAsk', ticket, ask }, world.nowMs)),
  });
  expect(await follow(listeners())).toEqual([]);
});

afterEach(() => {
  sockets.close();
  rmSync(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  const found = await listenTcp(server, { host: '127.0.0.1', port: 0, backlog: 1 });
  await new Promise((resolve) => server.close(resolve));
  return found;
}

function listeners(): string {
  return `Shared_Listener { Listen "${folder}/api" { File_Mode = 0600 } }
    Policy_Listener { Listen "127.0.0.1:${port}" { Throttle_Client = "2/60" } }`;
}

function follow(text: string): Promise<readonly string[]> {
  const loaded = load(text);
  if (loaded.generation === undefined) throw new Error(JSON.stringify(loaded.diagnostics));
  generation = loaded.generation;
  return sockets.follow(generation);
}

type Answered = { readonly status: number; readonly body: string };

function ask(
  method: string,
  path: string,
  body?: string,
  more: { readonly socketPath?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answered> {
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        method,
        path,
        headers: { ...json, ...more.headers },
        socketPath: more.socketPath ?? `${folder}/api`,
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function policyClient(): Socket {
  expect(sockets.places).toEqual([`${folder}/api`, `127.0.0.1:${port}`]);
  return connect({ host: '127.0.0.1', port });
}

/** All that comes until so many answers are there, or the other side ends. */
function answers(client: Socket, count: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    client.on('data', (bytes) => {
      text += bytes.toString('utf8');
      if (text.split('\n\n').length > count) resolve(text);
    });
    client.on('close', () => resolve(text));
    client.on('error', () => undefined);
  });
}

const REQUEST =
  'request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=1.2.3.4\nrecipient=b@y.test\n\n';

describe('HTTP', () => {
  test('is answered on a socket with the configured permissions', async () => {
    expect(statSync(`${folder}/api`).mode & 0o777).toBe(0o600);
    const counted = await ask(
      'POST',
      '/v1/count',
      JSON.stringify({ object: 'outbound_domains', key: 'x', change: 2 }),
    );
    expect(counted).toEqual({
      status: 200,
      body: '{"object":"outbound_domains","key":"x","total":2,"own":2}',
    });
    expect(await ask('GET', '/v1/count?object=outbound_domains&key=x')).toMatchObject({ status: 200 });
  });

  test.each([
    ['a page in a browser', { origin: 'http://localhost:8080' }, 403],
    ['a name that was made to point here', { host: 'evil.test' }, 403],
    ['a form', { 'content-type': 'text/plain' }, 415],
  ])('%s may not ask', async (_, headers, status) => {
    const answer = await ask('POST', '/v1/count', '{}', { headers });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: expect.any(String) } });
  });

  test('a body that is too long is refused', async () => {
    const answer = await ask('POST', '/v1/cache', ' '.repeat(BODY_BYTES_MAX + 1)).catch(() => undefined);
    expect(answer === undefined || answer.status === 413).toBe(true);
    expect((await ask('GET', '/v1/objects')).status).toBe(200);
  });

  test('what is not HTTP harms nobody', async () => {
    const client = connect(`${folder}/api`);
    client.write('\u0000\u0001garbage\r\n\r\n');
    expect(await answers(client, 1)).toMatch(/^HTTP\/1\.1 400/);
    expect((await ask('GET', '/v1/objects')).status).toBe(200);
  });
});

describe('policy', () => {
  test('a mail server asks again and again on one connection', async () => {
    const client = policyClient();
    client.write(REQUEST.slice(0, 40));
    client.write(REQUEST.slice(40) + REQUEST + REQUEST);
    const text = await answers(client, 3);
    expect(text).toMatch(/^action=DUNNO\n\naction=DUNNO\n\naction=DEFER_IF_PERMIT 4\.7\.1 [^\n]+\n\n$/);
    client.destroy();
  });

  test('whoever says something else gets no answer, and is told of', async () => {
    const client = policyClient();
    client.write('GET / HTTP/1.1\r\n\r\n');
    expect(await answers(client, 1)).toBe('');
    expect(warnings).toEqual(['policy.refused']);
  });
});

describe('listeners', () => {
  test('follow the configuration; what was open stays while another cannot be opened', async () => {
    writeFileSync(`${folder}/file`, '');
    const problems = await follow(`Shared_Listener { Listen "${folder}/api" {} Listen "${folder}/file" {} }`);
    expect(problems).toEqual([expect.stringContaining('not a socket')]);
    expect((await ask('GET', '/v1/objects')).status).toBe(200);
    expect(await follow('')).toEqual([]);
    expect(sockets.places).toEqual([]);
  });

  test.each(['*:10040', '192.0.2.1:10040', ':10040'])(
    'nobody listens on %s, where others could ask',
    async (listen) => {
      expect(await follow(`Policy_Listener { Listen "${listen}" {} }`)).toEqual([
        expect.stringContaining('nobody proves who they are here'),
      ]);
    },
  );
});
