/**
 * What a configuration makes of DuraVIP on this node: the addresses it offers and the options of the two cores
 * (momentum.md 3.2, 5.1 to 5.4). Who takes part and where an address belongs is read by `conf/duravip-uses.ts`.
 */

import { isLoopback, parseListen } from '../conf/addresses.ts';
import {
  type DuravipUses,
  duravipUses,
  namesOf,
  OWN_LISTENERS,
  preferenceOf,
  servicesOf,
  type VipUses,
} from '../conf/duravip-uses.ts';
import type { Generation } from '../conf/generation.ts';
import { type HostPolicy, type LocalVip, VIPS_MAX, type VipPolicy } from '../duravip/api.ts';
import { type IpAddress, isIpv6, type Network, networkHolds, parseIp } from '../model/ip.ts';
import type { NodeName } from '../model/names.ts';

/** What a configuration cannot know. */
export type VipFacts = {
  readonly nodeName: NodeName;
  /** Address of this node in the cluster. */
  readonly nodeAddress: string;
  /** Main addresses of this host, such as those its name resolves to: never a DuraVIP (VIP-33). */
  readonly hostAddresses: readonly IpAddress[];
  /** Networks that the interfaces of this host are in; empty where nobody looked. */
  readonly networks: readonly Network[];
};

export type VipPlan = {
  /** In order of configuration, at most VIPS_MAX. */
  readonly vips: readonly LocalVip[];
  readonly policy: VipPolicy;
  readonly hostPolicy: HostPolicy;
  /** `duravip_host` (ours): how addresses come to this host; read at the start of a process. */
  readonly host: 'linux' | 'loopback';
  /** What will not work on this host although the configuration is right, one line each for people. */
  readonly problems: readonly string[];
};

/** Lines of problems of one plan; more are counted. */
const PROBLEMS_MAX = 20;
const CLUSTER = ['cluster'];

export function vipPlan(generation: Generation, facts: VipFacts): VipPlan {
  const uses = duravipUses(generation);
  const host = hostOf(generation);
  const own = ownAddresses(generation, facts);
  const vips = [...uses.vips.values()].slice(0, VIPS_MAX).map((vip): LocalVip => {
    const { address, follows, topology } = vip;
    const refused = refusalOf(vip, own, host);
    return {
      address,
      names: namesOf(vip),
      services: servicesOf(vip),
      // Whoever follows goes where the other goes.
      preference: follows === undefined ? preferenceOf(vip)?.node : undefined,
      follows,
      refused,
      interface: refused === undefined ? topology?.interface : undefined,
      prefix: topology?.prefix ?? (isIpv6(address) ? 128 : 32),
    };
  });
  return {
    vips,
    policy: policyOf(generation),
    hostPolicy: hostPolicyOf(generation),
    host,
    problems: bounded(problemsOf(uses, vips, facts)),
  };
}

/** Addresses that other parts of this host live on, with what lives there. */
function ownAddresses(generation: Generation, facts: VipFacts): ReadonlyMap<string, string> {
  const own = new Map<string, string>();
  const add = (text: string, what: string): void => {
    const address = parseIp(text);
    if (address.ok && !own.has(address.value)) own.set(address.value, what);
  };
  add(facts.nodeAddress, 'it is the address of this node in the cluster');
  for (const listener of OWN_LISTENERS) {
    for (const instance of generation.instances([listener], 'Listen')) {
      const endpoint = parseListen(instance);
      if (endpoint.ok && endpoint.value.kind === 'tcp') add(endpoint.value.host, `${listener} listens on it`);
    }
  }
  for (const address of facts.hostAddresses) add(address, 'it is an address of this host itself');
  return own;
}

/** Why this node cannot have an address; undefined where nothing speaks against it. */
function refusalOf(
  { address, topology, followProblem }: VipUses,
  own: ReadonlyMap<string, string>,
  host: VipPlan['host'],
): string | undefined {
  const mine = own.get(address);
  if (mine !== undefined) return mine;
  if (followProblem !== undefined) return followProblem;
  if (topology === undefined) return 'no Topology holds it';
  if (topology.interface === undefined) {
    return `Topology ${topology.scope.instance ?? ''} names no interface`;
  }
  if (host === 'loopback' && !address.startsWith('127.')) {
    return 'duravip_host is loopback, which has 127.0.0.0/8 only';
  }
  return undefined;
}

function problemsOf(uses: DuravipUses, vips: readonly LocalVip[], facts: VipFacts): readonly string[] {
  const refused = vips.flatMap(({ address, refused }) =>
    refused === undefined ? [] : [`${address} will not be taken by this node: ${refused}`],
  );
  const names = new Set([...uses.vips.values()].flatMap((vip) => preferenceOf(vip)?.node ?? []));
  const long = [...names].filter((name) => name.startsWith(`${facts.nodeName}.`));
  const blocks = new Set(vips.flatMap(({ address }) => uses.vips.get(address)?.topology ?? []));
  const elsewhere = [...blocks].filter(({ network }) => isElsewhere(network, facts.networks));
  return [
    ...refused,
    ...long.map(
      (name) =>
        `Duravip_Preference '${name}' is not the name of this node, which is '${facts.nodeName}': write that`,
    ),
    ...elsewhere.map(
      ({ scope }) =>
        `no interface of this host is in Topology ${scope.instance ?? ''}: DuraVIP does not work across subnets`,
    ),
  ];
}

/** Where a host is in no network at all, as far as its own addresses tell, nothing is known. */
function isElsewhere(block: Network, networks: readonly Network[]): boolean {
  const family = networks.filter(
    ({ address, bits }) => isIpv6(address) === isIpv6(block.address) && bits < (isIpv6(address) ? 128 : 32),
  );
  return family.some(({ address }) => !isLoopback(address)) && !family.some((one) => overlap(one, block));
}

function overlap(a: Network, b: Network): boolean {
  return networkHolds(a, b.address) || networkHolds(b, a.address);
}

function bounded(problems: readonly string[]): readonly string[] {
  if (problems.length <= PROBLEMS_MAX) return problems;
  return [...problems.slice(0, PROBLEMS_MAX), `${problems.length - PROBLEMS_MAX} more problems of DuraVIP`];
}

function policyOf(generation: Generation): VipPolicy {
  return {
    viewMatureMs: seconds(generation, 'view_mature_time', 5),
    viewBalanceMs: seconds(generation, 'view_balance_interval', 10),
    viewBroadcastMs: seconds(generation, 'view_broadcast_interval', 0),
    balanceSetSize: generation.getInteger(CLUSTER, 'duravip_balance_set_size') ?? 10,
    isolated: generation.getString(CLUSTER, 'duravip_isolated')?.toLowerCase() === 'drop' ? 'drop' : 'serve',
  };
}

function hostPolicyOf(generation: Generation): HostPolicy {
  const hook = generation.getStrings(CLUSTER, 'duravip_hook').filter((word) => word !== '');
  return {
    ifCheckMs: seconds(generation, 'if_check_interval', 30),
    ifDownLimitMs: seconds(generation, 'if_down_limit', 4),
    arpAllHosts: generation.getBoolean(CLUSTER, 'arp_all_hosts') ?? true,
    hook: hook.length === 0 ? undefined : hook,
    hookTimeoutMs: seconds(generation, 'duravip_hook_timeout', 10),
  };
}

function hostOf(generation: Generation): VipPlan['host'] {
  return generation.getString(CLUSTER, 'duravip_host')?.toLowerCase() === 'loopback' ? 'loopback' : 'linux';
}

function seconds(generation: Generation, option: string, standard: number): number {
  return (generation.getInteger(CLUSTER, option) ?? standard) * 1_000;
}
