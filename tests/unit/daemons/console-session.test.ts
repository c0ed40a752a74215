import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { monotonicClock } from '../../../server/adapters/monotonic-clock.ts';
import { renderBanner } from '../../../server/console/banner.ts';
import { CommandTree } from '../../../server/console/command-tree.ts';
import { ControlAccess } from '../../../server/console/control-access.ts';
import { passwordHash } from '../../../server/console/digest-md5.ts';
import { ConsoleHistory, HISTORY_LINES_MAX } from '../../../server/daemons/console-history.ts';
import { pagerCommand } from '../../../server/daemons/console-pager.ts';
import { diskAccessFiles } from '../../../server/daemons/control-access-files.ts';
import { ControlListener } from '../../../server/daemons/control-listener.ts';
import { runEcConsole } from '../../../server/daemons/ec-console.ts';
import { generationOf } from '../../support/access-world.ts';
import { ConsoleTerminal } from '../../support/console-terminal.ts';

const banner = renderBanner({ program: 'ecelerity', version: '0.1.0' });
const SHOWN: Readonly<Record<string, string>> = {
  '': 'Blackhole = 0\nBounce_Behavior = "pass"\nControl_Listener { ... }',
  Control_Listener: 'Timeout = "60"\nListen "/tmp/2025" { ... }\nListen "*:2025" { ... }',
  'Control_Listener Listen': "'Listen' is not a valid scope name in scope 'Control_Listener'",
};

let directory: string;
let path: string;
let control: ControlListener;
let asked: string[];
let idleMs: number;

function tree(): CommandTree<null> {
  const words = { name: 'scope', optional: true, rest: 'words' } as const;
  return new CommandTree<null>()
    .register({ words: 'version', help: 'Banner', run: () => ({ ok: true, text: banner }) })
    .register({ words: 'pid', help: 'Process id', run: () => ({ ok: true, text: '4711' }) })
    .register({ words: 'long', help: 'Rows', run: () => ({ ok: true, text: 'row 1\nrow \u001b[2J2' }) })
    .register({ words: 'cluster membership', help: 'Members', run: () => ({ ok: true, text: 'none' }) })
    .register({ words: 'cluster nodename', help: 'Name', run: () => ({ ok: true, text: 'pono' }) })
    .register({
      words: 'cluster duravip debug',
      parameters: [{ name: 'state', choices: ['on', 'off'] }],
      help: 'Debugging',
      run: ({ args }) => ({ ok: true, text: args.join() }),
    })
    .register({
      words: 'config show',
      parameters: [words],
      help: 'Options',
      run: ({ args }) => ({ ok: true, text: SHOWN[args.join(' ')] ?? '' }),
    })
    .register({ words: 'config set', parameters: [words], help: 'Set', run: () => ({ ok: true, text: '' }) });
}

async function listen(access?: ControlAccess, endpoint: 'unix' | 'tcp' = 'unix'): Promise<string> {
  const commands = tree();
  control = new ControlListener({
    clock: monotonicClock(),
    idleMs: () => idleMs,
    ...(access === undefined ? {} : { access }),
    answer: (command, source) => {
      asked.push(command);
      return commands.dispatch(command, source, null);
    },
    afterReply: () => undefined,
  });
  const where =
    endpoint === 'unix'
      ? ({ kind: 'unix', path } as const)
      : ({ kind: 'tcp', host: '127.0.0.1', port: 0, user: undefined } as const);
  return control.listen({ endpoint: where, instance: '*:2025', fileMode: 0o600, backlog: 10 });
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'muster-session-'));
  path = join(directory, '2025');
  asked = [];
  idleMs = 60_000;
});
afterEach(async () => {
  await control.close();
  rmSync(directory, { recursive: true, force: true });
});

async function atPrompt(args: readonly string[] = [path], options = {}): Promise<ConsoleTerminal> {
  const terminal = new ConsoleTerminal(args, options);
  await terminal.see(`12:33:15 ${args[0]}> `);
  return terminal;
}

async function leave(terminal: ConsoleTerminal): Promise<void> {
  terminal.type('quit\r');
  expect(await terminal.exit).toBe(0);
}

describe('[CON-13] completion', () => {
  beforeEach(() => listen());

  test('comes from the grammar of the target, asked once', async () => {
    const terminal = await atPrompt();
    terminal.type('clu\t');
    await terminal.see('cluster ');
    terminal.type('nodena\t');
    await terminal.see('nodename ');
    terminal.type('\r');
    await terminal.see('pono');
    terminal.type('cluster duravip debug of\t');
    await terminal.see('debug off ');
    terminal.type('\r');
    await terminal.see('off\n');
    terminal.type('xml pi\t');
    await terminal.see('xml pid ');
    terminal.type('\u0003');
    await terminal.see('^C');
    await leave(terminal);
    expect(asked.filter((command) => command === 'xml help')).toHaveLength(1);
    expect(asked).toContain('cluster nodename');
  });

  test('several candidates are listed', async () => {
    const terminal = await atPrompt();
    terminal.type('cluster \t');
    terminal.type('\t');
    await terminal.see('duravip');
    await terminal.see('membership');
    terminal.type('\u0003');
    await leave(terminal);
  });

  test('options and scopes of config come from the live configuration', async () => {
    const terminal = await atPrompt();
    terminal.type('config set Blac\t');
    await terminal.see('Blackhole ');
    terminal.type('\u0003config show control_l\t');
    await terminal.see('Control_Listener ');
    terminal.type('Listen *\t');
    await terminal.see('*:2025 ');
    terminal.type('\u0003');
    await leave(terminal);
  });

  test('is silent when the target cannot answer', async () => {
    const terminal = await atPrompt();
    await control.close();
    await terminal.see('closed the connection');
    terminal.type('clu\t');
    terminal.type('\rquit\r');
    await terminal.see('there is no such socket');
    expect(await terminal.exit).toBe(0);
  });
});

describe('[CON-13] history', () => {
  beforeEach(() => listen());

  test('lasts from one session to the next, is edited with the arrow keys, and belongs to its owner', async () => {
    const first = await atPrompt([path], { home: directory });
    first.type('pid\r');
    await first.see('4711');
    first.type('auth DIGEST-MD5 geheim\r');
    await first.see('Unknown command');
    await leave(first);
    const file = join(directory, '.ec_console_history');
    expect(readFileSync(file, 'utf8')).toBe('pid\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const second = await atPrompt([path], { home: directory });
    second.type('\u001b[A\r');
    await second.see('4711');
    second.type('history\r');
    await second.see('    1  pid\n    2  pid\n    3  history\n');
    await leave(second);
  });

  test('a secret is not even there for the arrow keys', async () => {
    const terminal = await atPrompt();
    terminal.type('pid\r');
    await terminal.see('4711');
    terminal.type('auth response c2VjcmV0\r');
    await terminal.see('Unknown command');
    terminal.type('\u001b[A\r');
    await terminal.see('4711');
    await leave(terminal);
  });

  test('is bounded, in memory and in the file', () => {
    const file = join(directory, '.ec_console_history');
    const many = Array.from({ length: HISTORY_LINES_MAX + 1 }, (_, i) => `line ${i}`);
    writeFileSync(file, many.map((line) => `${line}\n`).join(''));
    const history = new ConsoleHistory(directory);
    expect([history.lines.length, history.lines[0]]).toEqual([HISTORY_LINES_MAX, 'line 1']);
    expect(readFileSync(file, 'utf8').split('\n')[0]).toBe('line 1');
    for (let i = 0; i <= HISTORY_LINES_MAX; i += 1) history.add(`more ${i}`);
    expect(history.lines[0]).toBe('more 1');
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(HISTORY_LINES_MAX);
  });

  test('a file of others is closed to them, a link and a folder are not touched', () => {
    const file = join(directory, '.ec_console_history');
    writeFileSync(file, 'pid\n');
    chmodSync(file, 0o644);
    expect(new ConsoleHistory(directory).lines).toEqual(['pid']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    rmSync(file);
    writeFileSync(join(directory, 'precious'), 'x');
    symlinkSync(join(directory, 'precious'), file);
    new ConsoleHistory(directory).add('pid');
    expect(readFileSync(join(directory, 'precious'), 'utf8')).toBe('x');
    new ConsoleHistory(join(directory, 'none')).add('pid');
  });
});

describe('[CON-13] the pager', () => {
  beforeEach(() => listen());

  test('shows replies with the program of $PAGER and its arguments while it is on', async () => {
    const terminal = await atPrompt([path], { env: { PAGER: 'cat  -n' } });
    terminal.type('\\pager\r');
    await terminal.see('Pager is on: cat -n');
    terminal.type('long\r');
    await terminal.see('     1\trow 1\n     2\trow \\x1b[2J2\n');
    terminal.type('\\pager\r');
    await terminal.see('Pager is off');
    terminal.type('long\r');
    await terminal.see('row 1\nrow \\x1b[2J2');
    await leave(terminal);
    expect(terminal.rawModes.slice(0, 3)).toEqual([true, false, true]);
  });

  test('that cannot be run is told, and the reply is shown without it', async () => {
    const terminal = await atPrompt([path], { env: { PAGER: join(directory, 'none') } });
    terminal.type('\\pager\rpid\r');
    await terminal.see('4711\n');
    await terminal.see('cannot run the pager');
    await leave(terminal);
  });

  test('is never a shell', () => {
    expect(pagerCommand(undefined)).toEqual(['less']);
    expect(pagerCommand('less -R; rm x')).toEqual(['less', '-R;', 'rm', 'x']);
  });
});

describe('[CON-13] leaving', () => {
  beforeEach(() => listen());

  test('quit, exit and the end of input end the session', async () => {
    for (const keys of ['quit\r', 'exit\r', '\u0004']) {
      const terminal = await atPrompt();
      terminal.type(keys);
      expect(await terminal.exit).toBe(0);
    }
  });

  test('a target that goes away is told at once, with the line that was being typed kept', async () => {
    const terminal = await atPrompt();
    terminal.type('pi');
    await terminal.see('pi');
    await control.close();
    await terminal.see(`ec_console: ${path} closed the connection; the next command connects again\n`);
    await terminal.see(`12:33:15 ${path}> pi`);
    await listen();
    terminal.type('d\r');
    await terminal.see('4711');
    await leave(terminal);
  });
});

describe('[CON-07] [CON-26] signing in', () => {
  let address: string;

  beforeEach(async () => {
    const passwd = join(directory, 'passwd');
    writeFileSync(passwd, `john:Momentum Console:${passwordHash('john', 'Momentum Console', 'geheim')}\n`);
    const generation = generationOf(
      `Control_Listener { Listen "*:2025" { AuthDigestMD5Parameters = [ uri = "digest://${passwd}" ] } }`,
    );
    const access = new ControlAccess({
      generation: () => generation,
      readFile: diskAccessFiles(),
      nonce: () => `nonce${asked.length}x${Math.trunc(performance.now() * 1_000)}`,
    });
    address = `john@${await listen(access, 'tcp')}`;
  });

  test('[CON-05] the terminal is asked, without echo, in the documented words', async () => {
    const terminal = new ConsoleTerminal([address]);
    await terminal.see('Authorization required for console session\nPassword: ');
    terminal.type('geheim\r');
    await terminal.see(`${banner}\n12:33:15 ${address}> `);
    await leave(terminal);
    expect(terminal.screen).not.toContain('geheim');
  });

  test('a connection that was closed for being idle is made again without a question', async () => {
    idleMs = 500;
    const terminal = new ConsoleTerminal([address]);
    await terminal.see('Password: ');
    terminal.type('geheim\r');
    await terminal.see('closed the connection');
    terminal.type('pid\r');
    await terminal.see('4711');
    await leave(terminal);
    expect(terminal.screen.split('Password')).toHaveLength(2);
  });

  test('a wrong password may be typed again', async () => {
    const terminal = new ConsoleTerminal([address, 'pid']);
    await terminal.see('Password: ');
    terminal.type('wrong\r');
    await terminal.see('Password: ');
    terminal.type('geheim\r');
    await terminal.see('4711');
    expect(await terminal.exit).toBe(0);
  });

  test('Ctrl-C at the password, and three wrong ones, end with 1', async () => {
    const given = new ConsoleTerminal([address]);
    await given.see('Password: ');
    given.type('\u0003');
    await given.see(`ec_console: cannot sign in to ${address}: no password was given`);
    expect(await given.exit).toBe(1);
    const wrong = new ConsoleTerminal([address]);
    for (let count = 0; count < 3; count += 1) {
      await wrong.see('Password: ');
      wrong.type('wrong\r');
    }
    await wrong.see('the password is not accepted');
    expect(await wrong.exit).toBe(1);
  });

  async function batch(args: readonly string[], env: Readonly<Record<string, string>>) {
    const pieces = { out: '', err: '' };
    const sink = (name: 'out' | 'err') =>
      new PassThrough().on('data', (bytes: Buffer) => {
        pieces[name] += bytes.toString();
      });
    const code = await runEcConsole({
      args,
      input: Readable.from([Buffer.from('pid\nversion\n')]),
      output: sink('out'),
      errors: sink('err'),
      env,
      home: undefined,
      userName: 'john',
      clockTime: () => '12:33:15',
    });
    return { code, ...pieces };
  }

  test('a batch takes the password from its variable, asks nobody, and never prints it', async () => {
    const env = { EC_CONSOLE_PASSWORD: 'geheim' };
    expect(await batch([address], env)).toEqual({ code: 0, out: `4711\n${banner}\n`, err: '' });
    expect(await batch([address.replace('john@', ''), 'pid'], env)).toMatchObject({ out: '4711\n' });
    expect(await batch([address, 'pid'], {})).toEqual({
      code: 1,
      out: '',
      err: `ec_console: cannot sign in to ${address}: it asks for a password: set EC_CONSOLE_PASSWORD, or start again on a terminal\n`,
    });
    expect(await batch([address, 'pid'], { EC_CONSOLE_PASSWORD: 'wrong' })).toEqual({
      code: 1,
      out: '',
      err: `ec_console: cannot sign in to ${address}: Authentication failed\n`,
    });
  });
});
