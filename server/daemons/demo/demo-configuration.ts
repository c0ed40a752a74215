/**
 * The configuration files of a demo cluster, as text in the documented syntax and layout: `global` for what must be
 * equal everywhere, `default` for every node, one folder for what is a node's own. Texts only; writes nothing.
 */

import {
  CLUSTER_NAME,
  type ClusterProcess,
  clusterProcesses,
  type DemoState,
  type DemoVip,
  demoVips,
  MANAGER_NAME,
  relayedDomains,
  SINK_DOMAINS,
  sinkAddress,
  VIP_NETWORK,
} from './demo-plan.ts';

/** Below the data folder; made once, at the first start that finds none. */
export const KEY_FILE = 'conf/global/msgc.key';

function busServerFile(state: DemoState, dataFolder: string): string {
  const peers = clusterProcesses(state).map(({ name, address, busPort }) => {
    return `    ${name} = "${state.oneAddress ? `${address}:${busPort}` : address}"`;
  });
  return `# NOTE: This file MUST live in the global portion of the repository, as it
# must be the same for all nodes in the cluster.
msgc_server {
  # Whoever has this key is a member of the bus: servers, and the clients of these processes.
  auth_key_file = "${dataFolder}/${KEY_FILE}"
${state.oneAddress ? '' : `  port = ${state.busPort}\n`}  peers = [
${peers.join('\n')}
  ]
}
`;
}

const NODE_FILE = `# Every node of the demo cluster. A file of the same name in a node's own folder wins over this one.
include "ecelerity-cluster.conf"
include "duravip.conf"
include "mail.conf"
# Last, so that a node's own values win.
include node-local.conf
`;

const NODE_CLUSTER_FILE = `# Cluster options of every node.
include "msgc_server.conf"

cluster {
  cluster_group = "ec_cluster"
  control_group = "ec_console"
  heartbeat_start_delay = 1
  # The demo cluster lives on the loopback addresses of one machine.
  allow_loopback_nodeaddr = true
  # These need not be added to an interface to be used: only who listens on them moves.
  duravip_host = "loopback"
  # DuraVIP network topology hints
  Topology "${VIP_NETWORK}" {
    cidrmask = "32"
    interface = "lo"
  }
  # What all nodes count together
  Replicate "inbound_cidr" { }
  Replicate "outbound_cidr" { }
  Replicate "outbound_domains" { }
  Replicate "outbound_binding_domains" { }
  Replicate "shared_named_throttles" { }
  Replicate "OBTC" { }
  Replicate "OBTM" { }
  # Time series of clients: inbound_audit show ip 127.0.0.0/8
  Replicate "metrics" {
    parameters = "connect;reception;rejection"
  }
  # Keys and values for whoever asks a node; one that joins gets what is there.
  Replicate "sessions" {
    type = "cache"
    parameters = "snapshot"
    max_size = 10000
  }
  Replicate "greylist" {
    type = "cache"
    max_size = 10000
  }
}
inbound_audit {
  monitors = ("300,6")
}
`;

function vipBindings({ address, bindings, preference }: DemoVip): readonly string[] {
  return bindings.flatMap((name) => [
    `Binding "${name}" {`,
    `  Bind_Address = "${address}"`,
    '  Enable_Duravip = true',
    ...(preference === undefined ? [] : [`  Duravip_Preference = "${preference}"`]),
    '}',
  ]);
}

function vipListen({ address, follows }: DemoVip, smtpPort: number): readonly string[] {
  const duravip = follows === undefined ? 'Enable_Duravip = true' : `Duravip_Follow = "${follows}"`;
  return [`  Listen "${address}:${smtpPort}" {`, `    ${duravip}`, '  }'];
}

/** Where all share one address there is no other to listen on. */
function duravipFile(state: DemoState): string {
  const vips = demoVips(state).filter(({ follows }) => follows === undefined || !state.oneAddress);
  const isNews = ({ bindings: [first = ''] }: DemoVip): boolean => first.startsWith('newsletter');
  const group = vips.filter(isNews).flatMap(vipBindings);
  const lines = [
    '# Floating addresses. The same on all nodes; after a change: config reload everywhere, then',
    '# broadcast cluster duravip announce view',
    ...vips.filter((vip) => !isNews(vip)).flatMap(vipBindings),
    'Binding_Group "newsletters" {',
    ...group.map((line) => `  ${line}`),
    '}',
  ];
  if (!state.oneAddress) {
    lines.push('ESMTP_Listener {', ...vips.flatMap((vip) => vipListen(vip, state.smtpPort)), '}');
  }
  return `${lines.join('\n')}\n`;
}

/** Seconds are short: what is deferred should be seen to come back. */
const MAIL_TIMES = `Retry_Interval = 5
Max_Retry_Interval = 40
Message_Expiration = 3600
Idle_Timeout = 2
Connect_Timeout = 10
EHLO_Timeout = 10
MailFrom_Timeout = 10
RcptTo_Timeout = 10
Body_Timeout = 30
`;

/** Mail of the demo ends at a sink on this machine; nodes relay nothing else. */
function mailFile(state: DemoState): string {
  const domains = relayedDomains();
  const [limited] = SINK_DOMAINS.takes;
  const lines = [
    '# Mail: what is relayed, where it goes, and what holds for all nodes together.',
    `Relay_Domains = ( ${domains.map((domain) => `"${domain}"`).join(' ')} )`,
    MAIL_TIMES.trimEnd(),
    'Max_Outbound_Connections = 20',
    'Max_Deliveries_Per_Connection = 100',
    ...domains.flatMap((domain) => [
      `Domain "${domain}" {`,
      `  Routes = ( "${sinkAddress(state)}:${state.sinkPort}" )`,
      ...(domain === limited
        ? ['  # At most so many connections of the whole cluster.', '  Cluster_Max_Outbound_Connections = 10']
        : []),
      '}',
    ]),
    'Binding_Group "newsletters" {',
    '  # Messages per second of the whole cluster.',
    '  Cluster_Outbound_Throttle_Messages = "400"',
    '}',
    'ESMTP_Listener {',
    '  Idle_Time = 30',
    '  # Connections of clients to the whole cluster.',
    '  Cluster_Max_Inbound_Connections_Per_Host = 100',
    '  Peer "127.0.8.0/24" {',
    '    Cluster_Max_Inbound_Connections = 60',
    '  }',
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function managerFile(dataFolder: string): string {
  return `# The cluster manager.
include "msgc_server.conf"

Logs {
  logfile = "${dataFolder}/manager/%Y/%m/%d/%{l}/%{s}/%{n}"
  control_cache = "${dataFolder}/manager/control.cache"
}

# Last, so that the manager's own values win.
include node-local.conf
`;
}

/** Durable logs of a node, which the manager pulls as `master` (momentum.md 6.1). */
function loggerLines(node: string, dataFolder: string): readonly string[] {
  const directory = (log: string): string => `${dataFolder}/${node}/logs/${log}.cluster`;
  const stream = (log: string): string => `  ${log} = "cluster://${directory(log)}=>master"`;
  const logs = ['mainlog', 'rejectlog', 'paniclog', 'acctlog'];
  return [
    'ec_logger "ec_logger_cluster" {',
    ...logs.map(stream),
    '  # Seconds; often, so that lines flow before there is mail.',
    '  heartbeat = 2',
    '}',
    'bounce_logger "bounce_logger_cluster" {',
    stream('bouncelog'),
    '}',
    'cluster {',
    '  logs = [',
    ...[...logs, 'bouncelog'].map((log) => `    ${log} = "${directory(log)}"`),
    '  ]',
    '}',
  ];
}

function ownFile(own: ClusterProcess, { oneAddress }: DemoState, dataFolder: string): string {
  const lines = [
    `# What only ${own.name} has.`,
    ...(oneAddress ? [`msgc_server { port = ${own.busPort} }`] : []),
    `msgcserver_listener { listen "${own.address}:${own.busPort}" { } }`,
    `msgc_client { server = ( "${own.address}:${own.busPort}" ) }`,
    `Control_Listener { Listen "${own.control}" { } }`,
  ];
  if (own.program === 'ecnode') {
    lines.push(
      `ECCluster_Listener { Listen "${own.address}:${own.clusterPort}" { } }`,
      `cluster { nodeaddr = "${own.address}" }`,
      `Hostname = "${own.name}.${CLUSTER_NAME}.example"`,
      `SpoolBase = "${dataFolder}/${own.name}/spool"`,
      'Spool_Mode = "0600"',
      ...loggerLines(own.name, dataFolder),
    );
  }
  return `${lines.join('\n')}\n`;
}

/**
 * @param dataFolder absolute
 * @returns file name relative to the data folder, and its text
 */
export function configurationFiles(state: DemoState, dataFolder: string): ReadonlyMap<string, string> {
  const files = new Map([
    ['conf/global/msgc_server.conf', busServerFile(state, dataFolder)],
    ['conf/default/ecelerity.conf', NODE_FILE],
    ['conf/default/ecelerity-cluster.conf', NODE_CLUSTER_FILE],
    ['conf/default/duravip.conf', duravipFile(state)],
    ['conf/default/mail.conf', mailFile(state)],
    ['conf/default/eccluster.conf', managerFile(dataFolder)],
  ]);
  for (const own of clusterProcesses(state))
    files.set(`conf/${own.name}/node-local.conf`, ownFile(own, state, dataFolder));
  return files;
}

/** Value of EC_CONF_SEARCH_PATH: the documented four folders, below the data folder. */
export function searchPath(dataFolder: string): string {
  const below = ['conf/global', 'conf/{NODENAME}', 'conf/default'].map((name) => `${dataFolder}/${name}`);
  return [dataFolder, ...below].join(':');
}

/** The file a process starts from; `own` tells whether its own folder has one, which then wins. */
export function startFile(name: string, own: (file: string) => boolean): string {
  const base = name === MANAGER_NAME ? 'eccluster.conf' : 'ecelerity.conf';
  const mine = `conf/${name}/${base}`;
  return own(mine) ? mine : `conf/default/${base}`;
}
