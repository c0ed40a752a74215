/**
 * Which processes a demo cluster has, and where each one listens. Numbers and names only; knows no files.
 *
 * On Linux every process has a loopback address of its own and all use the same ports, as machines would. Where only
 * 127.0.0.1 exists they share it and each bus server has a port of its own.
 */

export const NODES_MIN = 1;
/** Architecture budget: a mesh is meant for about 16 servers. */
export const NODES_MAX = 16;
export const NODES_DEFAULT = 3;

export type DemoRole = 'viewer' | 'operator' | 'admin';
export type DemoAccount = { readonly name: string; readonly password: string; readonly role: DemoRole };

/** What is chosen once and kept with the data. */
export type DemoState = {
  readonly version: 1;
  /** One address for all, as on systems without 127.0.0.0/8. */
  readonly oneAddress: boolean;
  /** `oneAddress`: the first of a row of ports, one for each process. */
  readonly busPort: number;
  readonly clusterPort: number;
  /** Of the mail listeners on floating addresses. */
  readonly smtpPort: number;
  /** Where the demo's mail ends. */
  readonly sinkPort: number;
  readonly pagePort: number;
  readonly nodes: number;
  /** Short folder for Unix sockets, whose paths are limited to 108 bytes. */
  readonly socketFolder: string;
  readonly accounts: readonly DemoAccount[];
  /** Generated configuration files and the hash of what was generated, to tell edited ones. */
  readonly generated: Readonly<Record<string, string>>;
};

export type ClusterProcess = {
  readonly name: string;
  readonly program: 'ecnode' | 'eccmgr';
  readonly address: string;
  readonly busPort: number;
  /** Port of the ECCluster_Listener. */
  readonly clusterPort: number;
  /** Path of the control socket. */
  readonly control: string;
};

/** Set in the environment of a process that has a supervisor at the other end of its channel. */
export const SUPERVISED = 'MUSTER_SUPERVISED';
export const CLUSTER_NAME = 'demo';
export const MANAGER_NAME = 'manager';
export const DASHBOARD_NAME = 'dashboard';
export const SINK_NAME = 'sink';
export const TRAFFIC_NAME = 'traffic';
const MANAGER_HOST = 10;

/** Manager first, then the nodes. */
export function clusterProcesses(state: DemoState): readonly ClusterProcess[] {
  const nodes = Array.from({ length: state.nodes }, (_, index) => `node${index + 1}`);
  return [MANAGER_NAME, ...nodes].map((name, index) => ({
    name,
    program: name === MANAGER_NAME ? 'eccmgr' : 'ecnode',
    address: state.oneAddress ? '127.0.0.1' : `127.0.0.${MANAGER_HOST + index}`,
    busPort: state.oneAddress ? state.busPort + index : state.busPort,
    clusterPort: state.oneAddress ? state.clusterPort + index : state.clusterPort,
    control: `${state.socketFolder}/${name}`,
  }));
}

/** Loopback addresses that no process has for itself. */
export const VIP_NETWORK = '127.0.5.0/24';

export type DemoVip = {
  readonly address: string;
  /** Bindings on it; the first of them names its group. */
  readonly bindings: readonly string[];
  /** Name of the node that should have it. */
  readonly preference?: string;
  /** Binding that its listener moves with. */
  readonly follows?: string;
};

const vipAddress = (host: number): string => `127.0.5.${host}`;
const row = (name: string, from: number, count: number): readonly DemoVip[] =>
  Array.from({ length: count }, (_, i) => ({
    address: vipAddress(from + i),
    bindings: [`${name}-${i + 1}`],
  }));

/** The floating addresses of a demo cluster: plain ones, with several names, with a preference, and one that follows. */
export function demoVips({ nodes }: Pick<DemoState, 'nodes'>): readonly DemoVip[] {
  const preferred = `node${Math.min(2, nodes)}`;
  return [
    { address: vipAddress(1), bindings: ['receipts-1', 'receipts-2', 'resets'], preference: 'node1' },
    ...row('alerts', 2, 5),
    { address: vipAddress(11), bindings: ['newsletter-0'], preference: preferred },
    ...row('newsletter', 12, 10),
    { address: vipAddress(30), bindings: [], follows: 'receipts-1' },
  ];
}

export function busEndpoint({ address, busPort }: ClusterProcess): string {
  return `${address}:${busPort}`;
}

/** Domains of the demo's mail, each with a fate of its own at the sink. */
export const SINK_DOMAINS = {
  takes: ['inbox.example', 'office.example', 'post.example', 'club.example'],
  /** Every so often 451. */
  defers: 'busy.example',
  /** 550 to some. */
  refuses: 'strict.example',
  /** Of the senders: bounces come back here. */
  sender: 'shop.example',
} as const;
/** What nodes take no mail for. */
export const FOREIGN_DOMAIN = 'elsewhere.example';

/** Domains that nodes relay, to the sink. */
export function relayedDomains(): readonly string[] {
  const { takes, defers, refuses, sender } = SINK_DOMAINS;
  return [...takes, defers, refuses, sender];
}

export function sinkAddress({ oneAddress }: Pick<DemoState, 'oneAddress'>): string {
  return oneAddress ? '127.0.0.1' : '127.0.0.9';
}

/** Where the demo's mail comes from. */
export function trafficSources({ oneAddress }: Pick<DemoState, 'oneAddress'>): readonly string[] {
  return oneAddress
    ? ['127.0.0.1']
    : ['127.0.6.1', '127.0.6.2', '127.0.6.3', '127.0.7.1', '127.0.8.1', '127.0.8.2'];
}
