import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { monotonicClock } from '../../../server/adapters/monotonic-clock.ts';
import { renderBanner } from '../../../server/console/banner.ts';
import { CommandTree } from '../../../server/console/command-tree.ts';
import { ControlListener } from '../../../server/daemons/control-listener.ts';
import { EC_CONSOLE_USAGE, runEcConsole } from '../../../server/daemons/ec-console.ts';

const BIG_CHARACTERS = 5_000_000;
const banner = renderBanner({ program: 'ecelerity', version: '0.1.0' });

let directory: string;
let path: string;
let tcp: string;
let control: ControlListener;
let plain: Server | undefined;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'muster-console-'));
  path = join(directory, '2025');
  const tree = new CommandTree<null>()
    .register({ words: 'version', help: 'Banner', run: () => ({ ok: true, text: banner }) })
    .register({ words: 'pid', help: 'Process id', run: () => ({ ok: true, text: '4711' }) })
    .register({ words: 'big', help: 'Large', run: () => ({ ok: true, text: 'x'.repeat(BIG_CHARACTERS) }) })
    .register({ words: 'nothing', help: 'Empty', run: () => ({ ok: true, text: '' }) })
    .register({ words: 'evil', help: 'Escapes', run: () => ({ ok: true, text: '\u001b[2Jred\u202e' }) })
    .register({
      words: 'echo',
      parameters: [{ name: 'word', rest: 'words' }],
      help: 'Words',
      run: ({ args }) => ({ ok: true, text: args.join('|') }),
    });
  control = new ControlListener({
    clock: monotonicClock(),
    idleMs: () => 60_000,
    answer: (command, source) => tree.dispatch(command, source, null),
    afterReply: () => undefined,
  });
  await control.listen({ endpoint: { kind: 'unix', path }, fileMode: 0o600, backlog: 10 });
  const endpoint = { kind: 'tcp', host: '127.0.0.1', port: 0, user: undefined } as const;
  tcp = await control.listen({ endpoint, fileMode: 0, backlog: 10 });
});

afterEach(async () => {
  await control.close();
  await new Promise<void>((resolve) => (plain === undefined ? resolve() : plain.close(() => resolve())));
  plain = undefined;
  rmSync(directory, { recursive: true, force: true });
});

type Outcome = { readonly code: number; readonly out: string; readonly err: string };

async function run(args: readonly string[], { typed = '', tty = false } = {}): Promise<Outcome> {
  const sink = () => {
    const pieces: Buffer[] = [];
    const stream = new PassThrough();
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    return { stream, text: () => Buffer.concat(pieces).toString() };
  };
  const [output, errors] = [sink(), sink()];
  const input = Object.assign(Readable.from([Buffer.from(typed)]), { isTTY: tty });
  const code = await runEcConsole({
    args,
    input,
    output: Object.assign(output.stream, { isTTY: tty }),
    errors: errors.stream,
    env: {},
    home: undefined,
    userName: 'tom',
    clockTime: () => '12:33:15',
  });
  return { code, out: output.text(), err: errors.text() };
}

describe('a command on the command line', () => {
  test('[CON-12] prints its reply without a banner', async () => {
    expect(await run([path, 'pid'])).toEqual({ code: 0, out: '4711\n', err: '' });
    expect(await run([tcp, 'pid'])).toEqual({ code: 0, out: '4711\n', err: '' });
    expect(await run([tcp.replace('127.0.0.1', ''), 'pid'])).toMatchObject({ code: 0, out: '4711\n' });
  });

  test('a failed reply is printed and the exit code is 1', async () => {
    expect(await run([path, 'pif'])).toEqual({
      code: 1,
      out: 'Unknown command: pif\nNearest match: pid\n',
      err: '',
    });
  });

  test('[CON-14] words with blanks stay one word, a single word is a line', async () => {
    expect((await run([path, 'echo', 'a b', 'c"d', ''])).out).toBe('a b|c"d|\n');
    expect((await run([path, 'echo a b'])).out).toBe('a|b\n');
  });

  test('an empty reply prints nothing, a large one is whole', async () => {
    expect(await run([path, 'nothing'])).toEqual({ code: 0, out: '', err: '' });
    expect((await run([path, 'big'])).out.length).toBe(BIG_CHARACTERS + 1);
  });
});

describe('commands on standard input', () => {
  test('[CON-12] run line by line without banner and prompt, empty lines are skipped', async () => {
    const typed = 'pid\r\n\n  echo x y  \npid';
    expect(await run([path], { typed })).toEqual({ code: 0, out: '4711\nx|y\n4711\n', err: '' });
  });

  test('one that fails makes the exit code 1, the others still run', async () => {
    expect(await run([path], { typed: 'nonsense\npid\n' })).toMatchObject({ code: 1 });
    expect((await run([path], { typed: 'nonsense\npid\n' })).out).toContain('4711');
  });

  test('quit ends the batch', async () => {
    expect((await run([path], { typed: 'pid\nquit\npid\n' })).out).toBe('4711\n');
  });
});

describe('a session', () => {
  test('[CON-04] [CON-05] begins with the banner and prompts with time and endpoint', async () => {
    const { out, code } = await run([path], { typed: 'pid\nquit\n', tty: true });
    expect(code).toBe(0);
    expect(out.startsWith(`${banner}\n`)).toBe(true);
    expect(out).toContain(`12:33:15 ${path}> `);
    expect(out).toContain('4711\n');
  });

  test('text of others cannot steer the terminal', async () => {
    const { out } = await run([path], { typed: 'evil\nquit\n', tty: true });
    expect(out).toContain('\\x1b[2Jred\\u202e\n');
  });

  test('history lists what was typed', async () => {
    const { out } = await run([path], { typed: 'pid\nhistory\nquit\n', tty: true });
    expect(out).toContain('    1  pid\n    2  history\n');
  });
});

describe('what goes wrong', () => {
  test('nobody there is one line and exit code 1', async () => {
    const missing = join(directory, 'none');
    expect(await run([missing, 'pid'])).toEqual({
      code: 1,
      out: '',
      err: `ec_console: cannot connect to ${missing}: there is no such socket; is the process running?\n`,
    });
    expect(await run([missing])).toMatchObject({ code: 1, out: '' });
    const gone = tcp;
    await control.close();
    expect((await run([gone, 'pid'])).err).toBe(
      `ec_console: cannot connect to ${gone}: nobody listens there\n`,
    );
  });

  test('a peer that does not speak the protocol, or goes away, is one line and exit code 1', async () => {
    const say = async (bytes: string): Promise<string> => {
      const other = join(directory, 'plain');
      plain = createServer((socket) => socket.once('data', () => socket.end(bytes)));
      await new Promise<void>((resolve) => plain?.listen(other, resolve));
      const { code, err } = await run([other, 'pid']);
      await new Promise<void>((resolve) => plain?.close(() => resolve()));
      expect(code).toBe(1);
      return err.replace(other, 'PATH');
    };
    expect(await say('HTTP/1.1 400 Bad Request\r\n\r\n')).toBe(
      'ec_console: the peer at PATH does not speak the console protocol: its answer is garbage\n',
    );
    expect(await say('')).toBe(
      'ec_console: the connection to PATH was lost before the answer came: closed by the peer\n',
    );
    plain = undefined;
  });

  test('an impossible endpoint and an unknown option show the usage', async () => {
    expect((await run(['host:99999', 'pid'])).err).toBe(
      `ec_console: the port in host:99999 is above 65535\n${EC_CONSOLE_USAGE}\n`,
    );
    expect((await run(['--frobnicate'])).err).toContain('unknown option --frobnicate');
    expect(await run(['--help'])).toEqual({ code: 0, out: `${EC_CONSOLE_USAGE}\n`, err: '' });
  });

  test('a command that is too long is one line', async () => {
    const { code, err } = await run([path, `echo ${'x'.repeat(70_000)}`]);
    expect([code, err]).toEqual([
      1,
      `ec_console: the peer at ${path} does not speak the console protocol: a command has at most 65535 bytes\n`,
    ]);
  });

  test('a reader that goes away ends the program quietly', async () => {
    const bin = new URL('../../../server/bin/ec_console.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, ['--import', 'tsx', bin, path], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const err: Buffer[] = [];
    child.stderr.on('data', (piece: Buffer) => err.push(piece));
    child.stdout.once('data', () => child.stdout.destroy());
    child.stdin.on('error', () => undefined);
    child.stdin.end('big\n'.repeat(20));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, Buffer.concat(err).toString()]).toEqual([0, '']);
  });
});
