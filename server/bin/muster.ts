/**
 * `muster`: demo cluster, dashboard, configuration check and import. Arguments, signals and the exit code; the work
 * is in daemons. Exit codes: 0 done, 1 failed, 2 wrong arguments or a wrong configuration.
 */

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkConfig } from '../daemons/check-config.ts';
import { type DashboardCaller, runDashboard } from '../daemons/dashboard.ts';
import { NODES_DEFAULT, NODES_MAX, NODES_MIN, SUPERVISED } from '../daemons/demo/demo-plan.ts';
import { runDemo } from '../daemons/demo/demo-up.ts';
import { runDemoSink, runDemoTraffic, type TrafficCaller } from '../daemons/demo/traffic-commands.ts';
import { importMbusFile } from '../daemons/import-mbus.ts';

/** Documented port of the bus; a segment's port is that of the old one. */
const MSGC_PORT = 4809;

const HELP = `Usage: muster COMMAND [OPTIONS]

  up                 a demo cluster on this machine, with its dashboard
    --port P         port of the pages (default: as before, at first 4880 or a free one)
    --data DIR       folder of its data (default ./data)
    --nodes N        number of nodes, ${NODES_MIN} to ${NODES_MAX} (default: as before, at first ${NODES_DEFAULT})
    --no-traffic     without the mail that is made for it, and without its sink
    --origin ORIGIN  further origin of browsers, such as http://127.0.0.1:9000; may be repeated
    --server H:P     bus server that the dashboard uses (default: the manager's, then the nodes'); may be repeated
  dashboard          the dashboard of a cluster; muster dashboard --help names its options
  check-config FILE  reads a configuration file and prints what is wrong with it
  import-mbus FILE   turns the mbus.conf of an old bus into an msgc_server.conf
    -o FILE          where to write it (default: standard output); one that exists is not replaced
    --port P         port of the new bus (default ${MSGC_PORT})
    --key FILE       key of the new bus, made if there is none (default: msgc.key beside the file of -o)
    --no-key         a bus without authentication

  --help             this text
`;

const PROGRAMS = path.dirname(fileURLToPath(import.meta.url));

class UsageError extends Error {}

function wholeNumber(
  name: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(
    `--${name} takes a whole number from ${least} to ${most}, not ${JSON.stringify(text)}.`,
  );
}

function parseUp(args: readonly string[]) {
  const string = { type: 'string' } as const;
  const strings = { type: 'string', multiple: true } as const;
  const options = {
    port: string,
    data: string,
    nodes: string,
    origin: strings,
    server: strings,
    'no-traffic': { type: 'boolean' },
  } as const;
  return parsed(() => parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values);
}

/** @throws UsageError in the words of the parser. */
function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A terminal's Ctrl-C reaches this process twice when npm passes it on as well. */
const SECOND_SIGNAL_AFTER_MS = 1_000;

async function up(args: readonly string[]): Promise<number> {
  const values = parseUp(args);
  const stop = new AbortController();
  const kill = new AbortController();
  let firstMs: number | undefined;
  const onSignal = (): void => {
    firstMs ??= performance.now();
    if (stop.signal.aborted && performance.now() - firstMs > SECOND_SIGNAL_AFTER_MS) kill.abort();
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  const folder = path.resolve(values.data ?? 'data');
  const options = {
    folder,
    port: wholeNumber('port', values.port, 1, 65_535),
    nodes: wholeNumber('nodes', values.nodes, NODES_MIN, NODES_MAX),
    programs: PROGRAMS,
    origins: values.origin ?? [],
    servers: values.server ?? [],
    traffic: values['no-traffic'] !== true,
  };
  await runDemo(options, {
    say: (line) => console.log(line),
    live: ({ url, accounts }) => {
      console.log(`Data and logs: ${folder}`);
      console.log('Accounts of this demo:');
      for (const { name, password } of accounts) console.log(`  ${name.padEnd(10)}${password}`);
      console.log(`ready ${url}`);
      console.log('Ctrl-C ends the demo cluster.');
    },
    stop: stop.signal,
    kill: kill.signal,
  });
  return 0;
}

function check(args: readonly string[]): number {
  const [file, ...rest] = args;
  if (file === undefined || rest.length > 0) throw new UsageError('check-config takes one file.');
  const { valid, text } = checkConfig(file, process.env);
  console.log(text);
  return valid ? 0 : 2;
}

function importMbus(args: readonly string[]): number {
  const string = { type: 'string' } as const;
  const boolean = { type: 'boolean' } as const;
  const { values, positionals } = parsed(() =>
    parseArgs({
      args: [...args],
      options: { output: { ...string, short: 'o' }, port: string, key: string, 'no-key': boolean },
      allowPositionals: true,
    }),
  );
  const [source, ...rest] = positionals;
  if (source === undefined || rest.length > 0) throw new UsageError('import-mbus takes one file.');
  const port = wholeNumber('port', values.port, 1, 65_535) ?? MSGC_PORT;
  if (values.key !== undefined && values['no-key'] === true) {
    throw new UsageError('--key and --no-key exclude each other.');
  }
  const given = values.key === undefined ? 'beside' : { file: values.key };
  const key = values['no-key'] === true ? 'none' : given;
  const { exitCode, output, said } = importMbusFile({ source, target: values.output, port, key });
  if (said !== '') console.error(said);
  if (output !== '') process.stdout.write(output);
  return exitCode;
}

/** The channel to the supervisor of a demo cluster, when this process was started by one. */
function supervisorChannel(): DashboardCaller['supervisor'] {
  if (process.send === undefined || process.env[SUPERVISED] === undefined) return undefined;
  process.channel?.unref(); // listening to it must not keep a stopped dashboard alive
  return {
    // A supervisor that is gone hears nothing; `onGone` then ends the dashboard.
    send: (message) => void (process.connected && process.send?.(message, () => undefined)),
    onMessage: (listener) => void process.on('message', listener),
    onGone: (listener) => void process.once('disconnect', listener),
  };
}

function dashboard(args: readonly string[]): Promise<number> {
  return runDashboard({
    args,
    pid: process.pid,
    programs: PROGRAMS,
    supervisor: supervisorChannel(),
    print: (line) => console.log(line),
    complain: (line) => console.error(line),
  });
}

/** What the supervisor of a demo cluster starts. */
async function demoPart(
  run: (args: readonly string[], caller: TrafficCaller) => Promise<void>,
  args: readonly string[],
): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  await run(args, { print: (line) => console.log(line), stop: stop.signal });
  return 0;
}

async function main([command, ...args]: readonly string[]): Promise<number> {
  if (command === 'dashboard') return dashboard(args);
  if (command === undefined || command === 'help' || command === '--help' || args.includes('--help')) {
    console.log(HELP);
    return command === undefined ? 2 : 0;
  }
  switch (command) {
    case 'up':
      return up(args);
    case 'check-config':
      return check(args);
    case 'import-mbus':
      return importMbus(args);
    case 'demo-sink':
      return demoPart(runDemoSink, args);
    case 'demo-traffic':
      return demoPart(runDemoTraffic, args);
    default:
      throw new UsageError(`There is no command ${JSON.stringify(command)}.`);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  if (error instanceof UsageError) console.error('muster --help names the commands and their options.');
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
