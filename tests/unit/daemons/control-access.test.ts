import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { monotonicClock } from '../../../server/adapters/monotonic-clock.ts';
import type { LogFields, Logger } from '../../../server/base/ports.ts';
import { listenPlans } from '../../../server/cluster/process-options.ts';
import type { Generation } from '../../../server/conf/generation.ts';
import { diskAccessFiles } from '../../../server/daemons/control-access-files.ts';
import { hostControl } from '../../../server/daemons/control-host.ts';
import { Lifecycle } from '../../../server/daemons/lifecycle.ts';
import { PLAIN_LINES_MAX, PlainLogs } from '../../../server/daemons/plain-logs.ts';
import { openLoggers } from '../../../server/daemons/process-loggers.ts';
import { generationOf } from '../../support/access-world.ts';
import { until } from '../../support/until.ts';

let directory: string;
let lifecycle: Lifecycle;
let logged: string[];
let ended: string[];
let generation: Generation;

const record = (event: string, fields?: LogFields) => logged.push(`${event} ${JSON.stringify(fields ?? {})}`);
const logger: Logger = { debug: () => undefined, info: () => undefined, warn: record, error: record };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'muster-access-'));
  lifecycle = new Lifecycle(logger);
  [logged, ended] = [[], []];
});
afterEach(async () => {
  await lifecycle.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Replaces DIR, and the Listen instance TCP by one with a free port. */
async function host(text: string): Promise<readonly string[]> {
  generation = generationOf(text.replaceAll('DIR', directory));
  const listens = listenPlans(generation, 'Control_Listener', join(directory, '2025')).map((plan) =>
    plan.endpoint.kind === 'tcp' ? { ...plan, endpoint: { ...plan.endpoint, port: 0 } } : plan,
  );
  const clock = monotonicClock();
  const loggers = openLoggers(lifecycle, { clock, logger, generation });
  const { endpoints } = await hostControl(lifecycle, {
    clock,
    logger: loggers.logger,
    listens,
    generation: () => generation,
    answer: (command, { user }) => ({ ok: true, text: `${user} ran ${command}` }),
    onSessionEnd: (session) => ended.push(session),
    account: (line) => loggers.write({ log: 'acctlog', text: line, atMs: clock.wallMs() }),
  });
  return endpoints.open.map(({ place }) => place);
}

/**
 * A client made from the documented bytes alone: uint16 type and length around the text, DIGEST-MD5 as existing
 * clients compute it, with a quoted nc.
 */
class ForeignClient {
  readonly socket: Socket;
  readonly port: number;
  #bytes = Buffer.alloc(0);
  closed = false;

  constructor(port: number) {
    this.port = port;
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (piece: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, piece]);
    });
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  async ask(command: string): Promise<string> {
    const text = Buffer.from(command);
    this.socket.write(Buffer.concat([Buffer.from([0, 1, text.length >> 8, text.length & 255]), text]));
    const length = await until(() => this.#bytes.length >= 4 && this.#bytes.readUInt16BE(2) + 4);
    await until(() => this.#bytes.length >= length);
    expect(this.#bytes.readUInt16BE(0)).toBe(1);
    const answer = this.#bytes.subarray(4, length).toString();
    this.#bytes = this.#bytes.subarray(length);
    return answer;
  }

  async signIn(user: string, password: string): Promise<string> {
    const challenge = Buffer.from(await this.ask('auth DIGEST-MD5'), 'base64').toString();
    const of = (name: string): string => new RegExp(`${name}="*([^",]+)"*`).exec(challenge)?.[1] ?? '';
    const [realm, nonce, qop, charset] = [of('realm'), of('nonce'), of('qop'), of('charset')];
    const hex = (data: string | Buffer): string => createHash('md5').update(data).digest('hex');
    const cnonce = '0a4f113b0a4f113b0a4f113b';
    const uri = `ec_console/127.0.0.1:${this.port}`;
    const secret = createHash('md5').update(`${user}:${realm}:${password}`).digest();
    const ha1 = hex(Buffer.concat([secret, Buffer.from(`:${nonce}:${cnonce}`)]));
    const response = hex(`${ha1}:${nonce}:00000001:${cnonce}:${qop}:${hex(`AUTHENTICATE:${uri}`)}`);
    const text = `charset=${charset},username="${user}",realm="${realm}",nonce="${nonce}",nc="00000001",cnonce="${cnonce}",digest-uri="${uri}",response=${response},qop=${qop}`;
    return this.ask(`auth response ${Buffer.from(text).toString('base64')}`);
  }
}

const portOf = (place: string | undefined): number => Number(place?.split(':').at(-1));
const hashed = (user: string, password: string): string =>
  `${user}:Momentum Console:${createHash('md5').update(`${user}:Momentum Console:${password}`).digest('hex')}\n`;

const CONFIGURATION = `Control_Listener {
  AuthDigestMD5Parameters = [ uri = "digest://DIR/passwd" log_authentication = "true" ]
  AuthorizationParameters = [ uri = "groups://DIR/roles" ]
  Listen "DIR/2025" {}
  Listen "127.0.0.1:2025" { Enable_Authorization = true }
}
Authorization { Role "users" { allow = ( "^summary$" ) } }
ec_logger "ec_logger1" { acctlog = "DIR/acctlog.ec" }`;

describe('existing clients', () => {
  test('[CON-06] [CON-07] [CON-09] [CON-10] sign in over TCP, run what their role allows, and leave lines', async () => {
    writeFileSync(join(directory, 'passwd'), hashed('tom', 'geheim'));
    writeFileSync(join(directory, 'roles'), 'users:tom\n');
    const [, place] = await host(CONFIGURATION);
    const client = new ForeignClient(portOf(place));
    expect(await client.ask('version')).toBe('Authorization required for console session');
    expect(await client.signIn('tom', 'geheim')).toContain('authorized');
    expect(await client.ask('summary')).toBe('tom ran summary');
    expect(await client.ask('shutdown')).toBe('Not Authorized for this command');
    const peer = `127.0.0.1:${client.socket.localPort}`;
    const lines = await until(() => {
      const text = readFileSync(join(directory, 'acctlog.ec'), 'utf8');
      return text.split('\n').length === 4 ? text : undefined;
    });
    expect(lines.replaceAll(/^\d+/gm, 'T').trim().split('\n')).toEqual([
      `T@N@127.0.0.1:2025@${peer}@tom@1`,
      `T@Z@127.0.0.1:2025@${peer}@tom@1@summary@users`,
      `T@Z@127.0.0.1:2025@${peer}@tom@0@shutdown`,
    ]);
    client.socket.destroy();
    await until(() => ended.includes('tcp 1'));
  });

  test('[CON-07] three wrong passwords end the connection, and the next one may try again', async () => {
    writeFileSync(join(directory, 'passwd'), hashed('tom', 'geheim'));
    writeFileSync(join(directory, 'roles'), 'users:tom\n');
    const [, place] = await host(CONFIGURATION);
    const client = new ForeignClient(portOf(place));
    for (let count = 0; count < 3; count += 1) {
      expect(await client.signIn('tom', 'wrong')).toBe('Authentication failed');
    }
    await until(() => client.closed);
    const again = new ForeignClient(portOf(place));
    expect(await again.signIn('tom', 'geheim')).toBe('authorized');
    again.socket.destroy();
    expect(logged.join('\n')).not.toMatch(/geheim|wrong|response=/);
  });
});

test('[CON-08] an endpoint that everybody on the network may use is told in the log', async () => {
  await host('Control_Listener { Listen "127.0.0.1:2025" {} }');
  expect(logged).toEqual([]);
  await host('Control_Listener { Listen "*:2025" { Enable_Authentication = true } }');
  expect(logged).toEqual([]);
  await host('Control_Listener { Listen "*:2025" {} }');
  expect(logged).toEqual(['console.without_authentication {"listener":"*:2025"}']);
});

test('[CON-08] Timeout closes idle connections, File_Mode is that of the socket, Enable = false opens nothing', async () => {
  const places = await host(`Control_Listener {
    Timeout = 1
    Listen "DIR/2025" { File_Mode = 0666 }
    Listen "DIR/2026" { Enable = false }
  }`);
  expect(places).toEqual([join(directory, '2025')]);
  expect(statSync(join(directory, '2025')).mode & 0o777).toBe(0o666);
  const socket = connect(join(directory, '2025'));
  socket.resume();
  await new Promise((resolve) => socket.once('end', resolve));
});

test('an acctlog that cannot be written is told once and holds up nobody', async () => {
  const [path = ''] = await host('ec_logger "one" { acctlog = "DIR/none/acctlog.ec" }');
  for (let count = 0; count < 3; count += 1) {
    const socket = connect(path);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.destroy();
    await until(() => ended.includes(`unix ${count + 1}`));
  }
  await lifecycle.close();
  expect(logged).toEqual([
    `log.not_written {"path":"${join(directory, 'none/acctlog.ec')}","reason":"ENOENT"}`,
  ]);
});

test('an acctlog keeps the newest lines of a burst, counts the rest, and follows a rotated file', async () => {
  const path = join(directory, 'acctlog.ec');
  const log = new PlainLogs(logger);
  for (let line = 0; line < PLAIN_LINES_MAX + 5; line += 1) log.append(path, `line ${line}`);
  await log.settled();
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  expect([lines.length, lines[0]]).toEqual([PLAIN_LINES_MAX, 'line 5']);
  expect(logged).toEqual([`log.lines_dropped {"path":"${path}","lines":5}`]);
  renameSync(path, `${path}.1`);
  log.append(path, 'after');
  await log.settled();
  expect(readFileSync(path, 'utf8')).toBe('after\n');
});

test('a password file is read again when it has changed; what is no file, or too large, is refused', () => {
  const read = diskAccessFiles();
  const path = join(directory, 'passwd');
  writeFileSync(path, 'a');
  expect(read(path, 10)).toEqual({ ok: true, value: 'a' });
  appendFileSync(path, 'b');
  expect(read(path, 10)).toEqual({ ok: true, value: 'ab' });
  expect(read(path, 1)).toEqual({ ok: false, error: 'it has more than 1 bytes' });
  expect(read(directory, 10)).toEqual({ ok: false, error: 'it is not a file' });
  expect(read(join(directory, 'none'), 10)).toEqual({ ok: false, error: 'ENOENT' });
});
