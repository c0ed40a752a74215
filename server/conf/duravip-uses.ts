/**
 * Who uses which address, as far as DuraVIP goes (momentum.md 5.1, 5.3): bindings, and the endpoints of listeners. One
 * reading of the configuration for its checks and for the plan of the node. What is wrong in it is not said here.
 */

import {
  compareIps,
  type IpAddress,
  type Network,
  NetworkTable,
  parseIp,
  parseNetwork,
} from '../model/ip.ts';
import { type NodeName, parseNodeName } from '../model/names.ts';
import { type ListenEndpoint, parseListen } from './addresses.ts';
import { nameKey } from './ast.ts';
import { shown } from './diagnostics.ts';
import type { Generation } from './generation.ts';
import { type OptionNode, type ScopeNode, scopesNamed } from './scope-tree.ts';
import { parseBool, parseInteger } from './values.ts';

/** The word of a binding in `cluster duravip show`; a listener has its scope name (A59). */
const BINDING_SERVICE = 'multivip';

/** As the manuals write them; another listener is called as the configuration does. */
const LISTENER_SERVICES: Readonly<Record<string, string>> = {
  ecstream_listener: 'ECStream_Listener',
  esmtp_listener: 'ESMTP_Listener',
  http_listener: 'HTTP_Listener',
  xmpp_listener: 'XMPP_Listener',
};

/** Listeners for the cluster itself: their addresses stay where they are. */
export const OWN_LISTENERS: readonly string[] = [
  'Control_Listener',
  'ECCluster_Listener',
  'msgcserver_listener',
];
/** Connections that wait to be accepted, where nothing says how many. */
const BACKLOG_DEFAULT = 500;
const OWN = new Set(OWN_LISTENERS.map(nameKey));

type Use = {
  readonly scope: ScopeNode;
  /** The listener, or the Binding_Group where there is one. */
  readonly outer: ScopeNode | undefined;
  /** Undefined without one, and where it is none. */
  readonly address: IpAddress | undefined;
  /** As written; undefined where nothing is. */
  readonly addressText: string | undefined;
  readonly service: string;
  readonly enabled: OptionNode | undefined;
  readonly preference: { readonly node: NodeName; readonly option: OptionNode } | undefined;
  readonly follow: { readonly target: string; readonly option: OptionNode } | undefined;
};

type BindingUse = Use & { readonly kind: 'binding'; readonly name: string };

type ListenUse = Use & {
  readonly kind: 'listen';
  /** As the configuration writes it. */
  readonly listener: string;
  readonly endpoint: ListenEndpoint | undefined;
  readonly backlog: number;
};

export type VipUse = BindingUse | ListenUse;

export type Topology = {
  readonly network: Network;
  readonly interface: string | undefined;
  readonly prefix: number;
  readonly scope: ScopeNode;
};

/** An address that DuraVIP manages, with everything that uses it. */
export type VipUses = {
  readonly address: IpAddress;
  readonly bindings: readonly BindingUse[];
  readonly listens: readonly ListenUse[];
  /** The first that put it under management. */
  readonly first: VipUse;
  /** The longest block around it. */
  readonly topology: Topology | undefined;
  /** Of a listener that moves with a binding, where that binding is there. */
  readonly follows: IpAddress | undefined;
  /** Why it cannot follow what it names. */
  readonly followProblem: string | undefined;
};

export type DuravipUses = {
  /** All bindings and endpoints in order of configuration, managed or not. */
  readonly uses: readonly VipUse[];
  readonly topologies: readonly Topology[];
  /** In order of configuration. */
  readonly vips: ReadonlyMap<IpAddress, VipUses>;
};

/** A generation never changes, and checks, plan and listeners all ask. */
const KNOWN = new WeakMap<Generation, DuravipUses>();

export function duravipUses(generation: Generation): DuravipUses {
  const known = KNOWN.get(generation) ?? readUses(generation);
  KNOWN.set(generation, known);
  return known;
}

function readUses(generation: Generation): DuravipUses {
  const uses = [...usesOf(generation)];
  const topologies = topologiesOf(generation);
  const around = new NetworkTable(topologies.map((one) => [one.network, one] as const));
  const byAddress = new Groups<IpAddress, VipUse>();
  const byName = new Groups<string, BindingUse>();
  for (const use of uses) {
    if (use.address !== undefined) byAddress.add(use.address, use);
    if (use.kind === 'binding') byName.add(use.name, use);
  }
  const managed = [...byAddress.all].flatMap(([address, list]): [IpAddress, VipUses][] => {
    const first = list.find(isManaged);
    if (first === undefined) return [];
    const bindings = list.filter((use) => use.kind === 'binding');
    const listens = list.filter((use) => use.kind === 'listen');
    const none = { follows: undefined, followProblem: undefined };
    return [[address, { address, bindings, listens, first, topology: around.find(address), ...none }]];
  });
  const vips = new Map(managed);
  for (const [address, vip] of vips) {
    vips.set(address, { ...vip, ...followOf(vip, { vips, byName, byAddress }) });
  }
  return { uses, topologies, vips };
}

/** Lists by key, in order of coming. */
class Groups<K, V> {
  readonly all = new Map<K, V[]>();

  add(key: K, value: V): void {
    const list = this.all.get(key);
    if (list === undefined) this.all.set(key, [value]);
    else list.push(value);
  }

  of(key: K): readonly V[] {
    return this.all.get(key) ?? [];
  }
}

/** The bindings win over the listeners of a shared address, and the first over the others (A35). */
export function preferenceOf({ bindings, listens }: VipUses): VipUse['preference'] {
  return [...bindings, ...listens].find(({ preference }) => preference !== undefined)?.preference;
}

/** Names that are equal but for their case are two names (VIP-35). */
export function namesOf({ bindings }: VipUses): readonly string[] {
  return [...new Set(bindings.map(({ name }) => name))];
}

/** `multivip` first, then listeners by name: the same at every node, in whatever order the files write them. */
export function servicesOf({ bindings, listens }: VipUses): readonly string[] {
  const words = [...new Set(listens.map(({ service }) => service))].sort();
  return bindings.length > 0 ? [BINDING_SERVICE, ...words] : words;
}

/** Puts its address under DuraVIP. */
export function isManaged(use: VipUse): boolean {
  return use.enabled !== undefined || (use.kind === 'listen' && use.follow !== undefined);
}

function* usesOf(generation: Generation): Generator<VipUse> {
  for (const scope of generation.root.entries) {
    if (scope.kind !== 'scope') continue;
    const key = nameKey(scope.name);
    if (key === 'binding') yield bindingUse(scope, undefined);
    else if (key === 'binding_group')
      for (const one of scopesNamed(scope, 'Binding')) yield bindingUse(one, scope);
    else if (key.endsWith('_listener') && !OWN.has(key)) yield* listenUses(generation, scope);
  }
}

function bindingUse(scope: ScopeNode, outer: ScopeNode | undefined): BindingUse {
  const addressText = textOf(scope.options.get('bind_address'));
  return {
    kind: 'binding',
    outer,
    name: scope.instance ?? '',
    addressText,
    address: addressOf(addressText),
    service: BINDING_SERVICE,
    ...duravipOptions(scope),
  };
}

function* listenUses(generation: Generation, listener: ScopeNode): Generator<ListenUse> {
  const place =
    listener.instance === undefined ? listener.name : { ...listener, instance: listener.instance };
  const enabledByDefault = generation.getBoolean([place], 'Enable') !== false;
  const backlogByDefault = generation.getInteger([place], 'Listen_Backlog') ?? BACKLOG_DEFAULT;
  for (const scope of scopesNamed(listener, 'Listen')) {
    const instance = scope.instance ?? '';
    const enable = parseBool(textOf(scope.options.get('enable')) ?? '');
    // An endpoint that is off serves nobody.
    if (!(enable.ok ? enable.value : enabledByDefault)) continue;
    const backlog = parseInteger(textOf(scope.options.get('listen_backlog')) ?? '');
    const parsed = parseListen(instance);
    const endpoint = parsed.ok ? parsed.value : undefined;
    yield {
      kind: 'listen',
      outer: listener,
      listener: listener.name,
      endpoint,
      backlog: backlog.ok ? backlog.value : backlogByDefault,
      addressText: instance,
      address: endpoint?.kind === 'tcp' ? addressOf(endpoint.host) : undefined,
      service: LISTENER_SERVICES[nameKey(listener.name)] ?? listener.name,
      ...duravipOptions(scope),
    };
  }
}

function duravipOptions(scope: ScopeNode): Pick<Use, 'scope' | 'enabled' | 'preference' | 'follow'> {
  const { options } = scope;
  const enable = options.get('enable_duravip');
  const enabled = parseBool(textOf(enable) ?? '');
  const preferred = options.get('duravip_preference');
  const node = parseNodeName(textOf(preferred) ?? '');
  const followed = options.get('duravip_follow');
  const target = textOf(followed)?.trim() ?? '';
  return {
    scope,
    enabled: enabled.ok && enabled.value ? enable : undefined,
    preference: preferred !== undefined && node.ok ? { node: node.value, option: preferred } : undefined,
    follow: followed !== undefined && target !== '' ? { target, option: followed } : undefined,
  };
}

/** An IPv6 address may stand in `[ ]`, as it does before a port. */
function addressOf(text: string | undefined): IpAddress | undefined {
  const parsed = parseIp((text ?? '').trim().replace(/^\[(.*)\]$/, '$1'));
  return parsed.ok ? parsed.value : undefined;
}

function followOf(
  { address, listens }: VipUses,
  {
    vips,
    byName,
    byAddress,
  }: {
    readonly vips: ReadonlyMap<IpAddress, VipUses>;
    readonly byName: Groups<string, BindingUse>;
    readonly byAddress: Groups<IpAddress, VipUse>;
  },
): Pick<VipUses, 'follows' | 'followProblem'> {
  const named = listens.find(({ follow }) => follow !== undefined)?.follow;
  if (named === undefined) return { follows: undefined, followProblem: undefined };
  const problem = (followProblem: string) => ({ follows: undefined, followProblem });
  const asAddress = addressOf(named.target);
  const target = shown(named.target);
  const ofName: readonly VipUse[] = byName.of(named.target);
  const bindings =
    ofName.length > 0 || asAddress === undefined
      ? ofName
      : byAddress.of(asAddress).filter(({ kind }) => kind === 'binding');
  const addresses = new Set(bindings.flatMap((use) => use.address ?? []));
  const [follows, another] = addresses;
  if (bindings.length === 0) {
    return problem(asAddress === undefined ? `there is no binding '${target}'` : `no binding has ${target}`);
  }
  if (follows === undefined) return problem(`the binding '${target}' has no Bind_Address`);
  if (another !== undefined) return problem(`the binding '${target}' is at ${follows} and at ${another}`);
  if (follows === address) return problem('it is at the address of that binding itself');
  if (!vips.has(follows)) return problem(`the binding at ${follows} is not under DuraVIP`);
  return { follows, followProblem: undefined };
}

/** The longest block first. */
function topologiesOf(generation: Generation): readonly Topology[] {
  const topologies = generation.scopes(['cluster'], 'Topology').flatMap((scope): Topology[] => {
    const network = parseNetwork(scope.instance ?? '');
    if (!network.ok) return [];
    const widest = network.value.address.includes(':') ? 128 : 32;
    const mask = parseInteger(textOf(scope.options.get('cidrmask')) ?? '');
    const name = textOf(scope.options.get('interface'))?.trim() ?? '';
    return [
      {
        network: network.value,
        interface: name === '' ? undefined : name,
        prefix: mask.ok ? mask.value : widest,
        scope,
      },
    ];
  });
  return topologies.sort(({ network: a }, { network: b }) => {
    return b.bits - a.bits || compareIps(a.address, b.address);
  });
}

function textOf(option: OptionNode | undefined): string | undefined {
  return option?.value.kind === 'scalar' ? option.value.text : undefined;
}
