/**
 * What processes of a scripted cluster tell about their options and commands: values from files, from the console, by
 * fallback and by default, a secret, a pending restart, and on one node a reload that failed.
 */

import { CommandTree } from '../../server/console/command-tree.ts';
import type { CommandsReply, ConfigStatus, OptionsReply, ReloadView } from '../../server/wire/options.ts';

type Scope = OptionsReply['scopes'][number];
type View = Scope['options'][number];

export const FAILED_RELOAD_NODE = 'labrat-2';
const MAIN_FILE = '/opt/msys/ecelerity/etc/conf/default/ecelerity.conf';
const CLUSTER_FILE = '/opt/msys/ecelerity/etc/conf/global/eccluster.conf';

const FAILED_RELOAD: Omit<ReloadView, 'atMs'> = {
  ok: false,
  user: 'ana',
  errors: 2,
  warnings: 1,
  diagnostics: [
    `${CLUSTER_FILE}:14:3: error: unknown option "heartbeats_per_second"; did you mean "heartbeats_per_sec"?`,
    `${MAIN_FILE}:31:22: error: "sixty" is no number of seconds`,
    `${MAIN_FILE}:40:1: warning: "mbus_daemon" is deprecated: the bus is configured in msgc_client and msgc_server`,
  ],
};

function view(name: string, change: Partial<View>): View {
  return {
    name,
    type: 'string',
    unit: null,
    dynamic: true,
    restartNeeded: false,
    default: null,
    source: 'momentum.md 3.2',
    value: change.default ?? null,
    secret: false,
    origin: change.default === undefined ? { kind: 'unset' } : { kind: 'default' },
    ...change,
  };
}

const inFile = (file: string, scope: string, line: number): View['origin'] => {
  return { kind: 'file', scope, file, line, column: 3 };
};

function globalScope(nowMs: number): Scope {
  return {
    path: '',
    configured: true,
    options: [
      view('debug_level', {
        type: 'level',
        default: ['ERROR'],
        value: ['DEBUG'],
        origin: { kind: 'console', scope: '', user: 'ana', atMs: nowMs - 95_000, written: false },
      }),
      view('delivery_method', { default: ['smtp'] }),
      view('idle_time', {
        type: 'int',
        unit: 's',
        default: ['10'],
        value: ['5'],
        origin: inFile(MAIN_FILE, '', 12),
      }),
      view('max_resident_messages', {
        type: 'int',
        unit: 'messages',
        dynamic: false,
        restartNeeded: true,
        default: ['50000'],
        value: ['100000'],
        origin: { kind: 'console', scope: '', user: 'ben', atMs: nowMs - 3_600_000, written: true },
      }),
      view('relay_hosts', {
        type: 'cidr',
        value: ['10.1.0.0/16', '2001:db8::/32', '<b>not a network</b>'],
        origin: inFile(MAIN_FILE, '', 18),
      }),
    ],
  };
}

function clusterScopes(node: string, nowMs: number): readonly Scope[] {
  const fallback = inFile(CLUSTER_FILE, 'cluster', 4);
  return [
    {
      path: 'cluster',
      configured: true,
      options: [
        view('cluster_group', { default: ['ec_cluster'] }),
        view('heartbeats_per_sec', { type: 'number', unit: '1/s', default: ['1'] }),
        view('nodename', { value: [node], dynamic: false, origin: fallback }),
        view('password', { secret: true, value: null, origin: inFile(CLUSTER_FILE, 'cluster', 9) }),
        view('view_mature_time', {
          type: 'number',
          unit: 's',
          default: ['5'],
          value: ['8'],
          origin: { kind: 'console', scope: 'cluster', user: 'ana', atMs: nowMs - 20_000, written: false },
        }),
      ],
    },
    {
      path: 'cluster Topology "10.1.1.0/24"',
      configured: true,
      options: [
        view('cluster_group', { default: ['ec_cluster'] }),
        view('nodename', { value: [node], origin: fallback }),
      ],
    },
    { path: 'msgc_server', configured: false, options: [view('port', { type: 'int', default: ['4809'] })] },
  ];
}

export function scriptedOptions(node: string, status: ConfigStatus): OptionsReply {
  const { lastReload } = status;
  return {
    generation: status.generation,
    sinceMs: status.sinceMs,
    files: [
      { path: MAIN_FILE, readonly: false },
      { path: CLUSTER_FILE, readonly: false },
      { path: '/opt/msys/ecelerity/etc/conf/default/readonly_ecelerity.conf', readonly: true },
    ],
    unsaved: status.unsaved,
    lastReload: reloadOf(lastReload),
    notUsed: [],
    scopes: [globalScope(status.sinceMs), ...clusterScopes(node, status.sinceMs)],
    omitted: 0,
  };
}

function reloadOf(lastReload: ConfigStatus['lastReload']): ReloadView | null {
  if (lastReload === null) return null;
  if (!lastReload.ok) return { ...FAILED_RELOAD, atMs: lastReload.atMs };
  return { ok: true, atMs: lastReload.atMs, user: 'ana', errors: 0, warnings: 0, diagnostics: [] };
}

/** As in its status: the node whose reload failed stays on an older generation than the others. */
export function scriptedConfig(node: string, nowMs: number): ConfigStatus {
  const failed = node === FAILED_RELOAD_NODE;
  const manager = node === 'mgr';
  return {
    generation: failed || manager ? 1 : 2,
    sinceMs: nowMs - 60_000,
    unsaved: manager ? 0 : 2,
    lastReload: manager
      ? null
      : { ok: !failed, atMs: nowMs - 30_000, errors: failed ? FAILED_RELOAD.errors : 0 },
  };
}

type Parameter = CommandsReply['commands'][number]['parameters'][number];
const rest = (name: string): Parameter => ({ name, optional: false, choices: [] });

const GRAMMAR: readonly (readonly [string, string, readonly Parameter[]])[] = [
  ['cluster duravip announce view', 'Announce the present view to all nodes', []],
  [
    'cluster duravip debug',
    'Switch debug messages',
    [{ name: 'state', optional: false, choices: ['on', 'off'] }],
  ],
  ['cluster duravip move', 'Move an address to another node', [rest('ip'), rest('host')]],
  ['cluster duravip show', 'Show the view', []],
  ['cluster info', 'Show what this node knows of the cluster', []],
  ['cluster membership', 'Show the members of the cluster group', []],
  ['cluster nodename', 'Show the name of this node', []],
  ['cluster reset', 'Forget all members and join again', []],
  ['config begin', 'Begin a transaction', []],
  ['config commit', 'Make the transaction effective', []],
  ['config eval', 'Show the effective value of an option', [rest('option')]],
  ['config reload', 'Read the configuration files again', []],
  ['config set', 'Set an option', [rest('option'), rest('value')]],
  ['config unset', 'Unset an option', [rest('option')]],
  ['module list', 'Show the modules', []],
  ['pid', 'Show the process id', []],
  ['shutdown', 'Stop this process', []],
  ['sysinfo', 'Show what this process runs on', []],
  ['version', 'Show the version', []],
];

export function scriptedCommands(): CommandsReply {
  const tree = new CommandTree<undefined>();
  for (const [words, help, parameters] of GRAMMAR) {
    tree.register({
      words,
      help,
      parameters: parameters.map(({ name, choices }) =>
        choices.length === 0 ? { name } : { name, choices },
      ),
      run: () => ({ ok: true, text: '' }),
    });
  }
  const commands = tree.list().map(({ words, usage, help, class: commandClass, parameters }) => ({
    words,
    usage,
    help,
    class: commandClass,
    parameters: parameters.map(({ name, optional, choices }) => {
      return { name, optional: optional ?? false, choices: [...(choices ?? [])] };
    }),
  }));
  return { commands };
}
