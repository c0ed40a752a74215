/**
 * `muster up`: brings a demo cluster to life from a data folder, says where it is, and ends it in order.
 * Composition only: what runs is in demo-plan, how it is configured in demo-configuration, how it is kept in
 * demo-supervisor.
 */

import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { duravipUses } from '../../conf/duravip-uses.ts';
import type { Generation } from '../../conf/generation.ts';
import { readConfiguration } from '../configuration.ts';
import { searchPath, startFile } from './demo-configuration.ts';
import { DemoFolder, type DemoVipEntry } from './demo-folder.ts';
import {
  busEndpoint,
  CLUSTER_NAME,
  type ClusterProcess,
  clusterProcesses,
  DASHBOARD_NAME,
  type DemoState,
  demoVips,
  MANAGER_NAME,
  SINK_NAME,
  SUPERVISED,
  sinkAddress,
  TRAFFIC_NAME,
  trafficSources,
} from './demo-plan.ts';
import { DemoSupervisor } from './demo-supervisor.ts';
import { lockFolder } from './folder-lock.ts';
import { type PortPlace, waitUntilFree } from './free-port.ts';
import { whenAccepting, whenAnswering } from './readiness.ts';
import { RehearsalHost } from './rehearsal-host.ts';
import type { ProcessPlan } from './supervised-process.ts';

export type DemoOptions = {
  /** Data folder, absolute. */
  readonly folder: string;
  /** Port of the pages; undefined for the remembered or a free one. */
  readonly port: number | undefined;
  /** Undefined for as many as before, or three. */
  readonly nodes: number | undefined;
  /** Folder of the bundled programs. */
  readonly programs: string;
  /** Further origins that the dashboard accepts, for tests with something between browser and gateway. */
  readonly origins: readonly string[];
  /** Bus servers for the dashboard, `host:port`; empty for all of the cluster, the manager's first. */
  readonly servers: readonly string[];
  /** Mail is made, and taken by a sink. */
  readonly traffic: boolean;
};

export type LiveDemo = { readonly url: string; readonly accounts: DemoState['accounts'] };

/** Processes of an earlier run that was killed get this long to let go of their ports. */
const EARLIER_RUN_LIMIT_MS = 6_000;

function portPlaces(state: DemoState): readonly PortPlace[] {
  const vips = state.oneAddress ? [] : demoVips(state);
  const mail = vips.map(({ address }) => ({ address, port: state.smtpPort }));
  const own = clusterProcesses(state).flatMap(({ program, address, busPort, clusterPort }) => {
    const bus = { address, port: busPort };
    return program === 'ecnode' ? [bus, { address, port: clusterPort }] : [bus];
  });
  return [...own, ...mail, { address: sinkAddress(state), port: state.sinkPort }];
}

/** The sink and what sends to it, where there are addresses that take mail. */
function trafficPlans(
  state: DemoState,
  options: DemoOptions,
  vips: readonly DemoVipEntry[],
): readonly ProcessPlan[] {
  const targets = vips.flatMap(({ address, smtpPort }) =>
    smtpPort === null ? [] : [`${address}:${smtpPort}`],
  );
  if (!options.traffic || targets.length === 0) return [];
  const { folder, programs } = options;
  const sink = { host: sinkAddress(state), port: state.sinkPort };
  const part = (name: string, args: readonly string[]): Omit<ProcessPlan, 'whenReady'> => ({
    name,
    kind: 'muster',
    control: null,
    script: path.join(programs, 'muster.mjs'),
    args: [`demo-${name}`, ...args],
    env: {},
    folder,
    logFile: path.join(folder, 'log', `${name}.log`),
  });
  return [
    {
      ...part(SINK_NAME, [`--listen=${sink.host}:${sink.port}`]),
      whenReady: (signal) => whenAccepting(sink, signal),
    },
    {
      ...part(TRAFFIC_NAME, [
        ...targets.map((target) => `--to=${target}`),
        ...trafficSources(state).map((source) => `--source=${source}`),
      ]),
      // It has nothing to wait for: what does not listen yet is tried again.
      whenReady: () => Promise.resolve(),
    },
  ];
}

function clusterPlan(own: ClusterProcess, folder: string, programs: string): ProcessPlan {
  const file = startFile(own.name, (name) => existsSync(path.join(folder, name)));
  return {
    name: own.name,
    kind: own.program,
    control: own.control,
    script: path.join(programs, `${own.program}.mjs`),
    args: ['-c', path.join(folder, file)],
    env: {
      EC_NODE_NAME: own.name,
      EC_SUB_CLUSTER: 'default',
      EC_CONF_SEARCH_PATH: searchPath(folder),
    },
    folder,
    logFile: path.join(folder, 'log', `${own.name}.log`),
    whenReady: (signal) => whenAccepting(own.control, signal),
  };
}

/** What the files say, which somebody may have edited; undefined while they are wrong. */
function generationOf(nodeName: string, folder: string): Generation | undefined {
  const file = startFile(nodeName, (name) => existsSync(path.join(folder, name)));
  return readConfiguration({
    file: path.join(folder, file),
    searchPath: searchPath(folder),
    nodeName,
    subcluster: 'default',
  }).generation;
}

/** A bus without keys takes no dashboard with one. */
function busKeyFile(folder: string): string | undefined {
  const named = generationOf(MANAGER_NAME, folder)?.getString(['msgc_server'], 'auth_key_file') ?? '';
  return named === '' ? undefined : named;
}

/** As the first node has them. */
function vipEntries(folder: string): readonly DemoVipEntry[] {
  const generation = generationOf('node1', folder);
  const vips = generation === undefined ? [] : [...duravipUses(generation).vips.values()];
  return vips.map(({ address, listens }) => {
    const mail = listens.find(({ service }) => service === 'ESMTP_Listener')?.endpoint;
    return { address, smtpPort: mail?.kind === 'tcp' ? mail.port : null };
  });
}

function dashboardPlan(state: DemoState, options: DemoOptions): ProcessPlan {
  const { folder, programs, origins } = options;
  const servers = options.servers.length > 0 ? options.servers : clusterProcesses(state).map(busEndpoint);
  const url = `http://127.0.0.1:${state.pagePort}`;
  const keyFile = busKeyFile(folder);
  return {
    name: DASHBOARD_NAME,
    kind: 'muster',
    control: null,
    script: path.join(programs, 'muster.mjs'),
    args: [
      'dashboard',
      `--cluster-name=${CLUSTER_NAME}`,
      '--environment=Demo',
      '--environment-colour=#2f6f5e',
      '--environment-pattern=dotted',
      `--port=${state.pagePort}`,
      `--data=${path.join(folder, DASHBOARD_NAME)}`,
      ...servers.map((server) => `--server=${server}`),
      ...(keyFile === undefined ? [] : [`--bus-key-file=${keyFile}`]),
      ...(origins.length > 0 ? [url, ...origins] : []).map((origin) => `--origin=${origin}`),
    ],
    env: { [SUPERVISED]: '1' },
    folder,
    logFile: path.join(folder, 'log', `${DASHBOARD_NAME}.log`),
    whenReady: (signal) => whenAnswering(`${url}/readyz`, signal),
  };
}

/** @throws Error with one line for people when a port is taken. */
async function choosePorts(demoFolder: DemoFolder, port: number | undefined): Promise<void> {
  if (port !== undefined) demoFolder.keepPagePort(port);
  const { state } = demoFolder;
  const places = [{ address: '127.0.0.1', port: state.pagePort }, ...portPlaces(state)];
  const taken = await waitUntilFree(places, demoFolder.endedInOrder ? 0 : EARLIER_RUN_LIMIT_MS);
  if (taken === undefined) return;
  const what =
    taken.port === state.pagePort ? 'for the pages (choose one with --port)' : 'of the demo cluster';
  throw new Error(`Port ${taken.port} ${what} is in use on ${taken.address}.`);
}

/** What the caller gives and hears. */
export type DemoCaller = {
  /** One line of progress. */
  readonly say: (line: string) => void;
  /** Everything does its work. */
  readonly live: (demo: LiveDemo) => void;
  /** Aborted: end everything in order. */
  readonly stop: AbortSignal;
  /** Aborted: end everything at once. */
  readonly kill: AbortSignal;
};

/**
 * Runs a demo cluster until it is stopped. Nothing is left running when this resolves or rejects.
 * @throws Error with one line for people when the demo cannot start.
 */
export async function runDemo(options: DemoOptions, caller: DemoCaller): Promise<void> {
  const demoFolder = await DemoFolder.open(options.folder, options.nodes);
  demoFolder.makeSocketFolder();
  const unlock = await lockFolder(path.join(demoFolder.state.socketFolder, 'supervisor'));
  if (unlock === undefined) throw new Error(`A demo cluster already runs on ${options.folder}.`);
  try {
    await choosePorts(demoFolder, options.port);
    for (const name of demoFolder.writeConfiguration()) {
      caller.say(`${name} was edited and is left as it is, although this start would write it differently.`);
    }
    mkdirSync(path.join(options.folder, 'log'), { recursive: true, mode: 0o700 });
    await supervise(demoFolder, options, caller);
  } finally {
    unlock();
    demoFolder.removeSocketFolder();
  }
}

async function supervise(demoFolder: DemoFolder, options: DemoOptions, caller: DemoCaller): Promise<void> {
  const { state } = demoFolder;
  const { url, accounts } = { url: `http://127.0.0.1:${state.pagePort}`, accounts: state.accounts };
  const vips = vipEntries(options.folder);
  const plans = [
    ...clusterProcesses(state).map((own) => clusterPlan(own, options.folder, options.programs)),
    dashboardPlan(state, options),
    ...trafficPlans(state, options, vips),
  ];
  const rehearsal = new RehearsalHost(() => supervisor, accounts);
  const supervisor: DemoSupervisor = new DemoSupervisor(plans, DASHBOARD_NAME, {
    say: caller.say,
    changed: () => {
      const processes = supervisor.processes.map(({ plan, pid }) => {
        return { name: plan.name, kind: plan.kind, pid: pid ?? null, control: plan.control };
      });
      demoFolder.writeDemoFile({ url, accounts, processes, vips });
      rehearsal.changed();
    },
    message: (from, message) => void rehearsal.heard(from, message),
  });
  const stopped = whenAborted(caller.stop);
  caller.kill.addEventListener('abort', () => supervisor.killAll());
  try {
    caller.say(`Starting ${state.nodes} nodes, the manager and the dashboard …`);
    const started = await Promise.race([supervisor.startAll().then(() => true), stopped.then(() => false)]);
    if (started) caller.live({ url, accounts });
    await stopped;
  } finally {
    await supervisor.stopAll();
    demoFolder.removeDemoFile();
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
