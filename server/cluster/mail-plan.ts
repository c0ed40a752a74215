/**
 * What a configuration makes of mail on this node: the plan of the mail core, where clients are listened to, and the
 * spool (momentum.md 3.2, 5.9, 7.5). What this mail plane does not do and the configuration asks for is a problem.
 */

import { parseRoute } from '../conf/addresses.ts';
import { nameKey } from '../conf/ast.ts';
import { type DuravipUses, duravipUses } from '../conf/duravip-uses.ts';
import type { Generation } from '../conf/generation.ts';
import { type BindingPlace, bindingPlaces } from '../conf/mail-scopes.ts';
import { scopeKey } from '../conf/scope-tree.ts';
import {
  type BindingPlan,
  DEFAULT_GROUP,
  type DeliveryPolicy,
  type InboundLimit,
  type Limit,
  type MailPlan,
} from '../mail/api.ts';
import { type IpAddress, type Network, parseNetwork } from '../model/ip.ts';
import type { NodeName } from '../model/names.ts';
import { mailProblems } from './mail-problems.ts';
import { addressIn, hostPlaces, type MailPlace, MailValues, placesOf, smtpName } from './mail-values.ts';

/** What a configuration cannot know. */
export type MailFacts = {
  readonly nodeName: NodeName;
  /** Of this machine, for where `Hostname` is not set. */
  readonly hostName: string;
};

/** An endpoint for clients on an address that stays; those on floating addresses are DuraVIP's to open. */
export type MailListen = {
  readonly instance: string;
  readonly host: string;
  readonly port: number;
  readonly backlog: number;
};

export type NodeMailPlan = {
  /** False with neither listener nor binding: a node that runs no mail yet begins with none. */
  readonly runs: boolean;
  readonly core: MailPlan;
  /** What `core` was made of: the same parts make the same plan. */
  readonly basis: readonly unknown[];
  readonly listens: readonly MailListen[];
  /** `Idle_Time` of clients, milliseconds. */
  readonly idleMs: number;
  /** Read at the start of a process. */
  readonly spool: { readonly folder: string; readonly mode: number };
  /** What will not be done although the configuration asks for it, one line each for people. */
  readonly problems: readonly string[];
};

/** The binding of mail that no other takes (R3:conf.ref.binding). */
export const DEFAULT_BINDING = 'default';
const LISTENER = ['Esmtp_Listener'];
/** Policies kept; asked for again they are made anew. */
const POLICIES_KEPT_MAX = 10_000;
const SPOOL_MODE_DEFAULT = 0o640;
const IDLE_DEFAULT_S = 300;
const HOST_NAME = /^[a-z0-9_][a-z0-9_.-]{0,254}$/i;

export function nodeMailPlan(generation: Generation, facts: MailFacts): NodeMailPlan {
  const places = bindingPlaces(generation.root);
  const listens = listensOf(duravipUses(generation));
  const runs = places.length > 0 || generation.scope(LISTENER) !== undefined;
  return {
    runs,
    core: corePlan(generation, places, facts),
    basis: basisOf(generation, facts),
    listens,
    idleMs: (generation.getInteger(LISTENER, 'Idle_Time') ?? IDLE_DEFAULT_S) * 1_000,
    spool: {
      folder: generation.getString([], 'SpoolBase') ?? '/var/spool/ecelerity',
      mode: generation.getPermissions([], 'Spool_Mode') ?? SPOOL_MODE_DEFAULT,
    },
    problems: runs ? mailProblems(generation) : [],
  };
}

function corePlan(generation: Generation, places: readonly BindingPlace[], facts: MailFacts): MailPlan {
  const policies = new Policies(generation, places, hostNameOf(generation, facts));
  return {
    node: facts.nodeName,
    hostname: policies.hostname,
    bindings: bindingsOf(generation, places),
    policy: (binding, domain) => policies.of(binding, domain),
    hostMax: (binding, host) => policies.hostMax(binding, host),
    relayHosts: networksOf(generation.getStrings(LISTENER, 'Relay_Hosts')),
    relayDomains: new Set(
      generation.getStrings(LISTENER, 'Relay_Domains').flatMap((one) => {
        const domain = one.trim().toLowerCase();
        return domain === '' ? [] : [domain];
      }),
    ),
    inbound: inboundOf(generation),
    reconfigMessage:
      generation.getString(LISTENER, 'Reconfig_Message') ?? '4.3.2 Reconfiguration in progress',
    unconditionalRebind: generation.getBoolean(['cluster'], 'unconditional_rebind') ?? true,
  };
}

/** Parts of a configuration that a change leaves alone are the same objects in the next generation. */
function basisOf({ root, registry }: Generation, { hostName, nodeName }: MailFacts): readonly unknown[] {
  const own = root.entries.filter((entry) => {
    if (entry.kind === 'option') {
      return registry.option([], entry.name)?.family === 'mail' || nameKey(entry.name) === 'hostname';
    }
    const table = registry.scope([entry.name])?.table;
    // Listeners of other protocols may put an address under DuraVIP.
    return table?.wide === true || table?.actsBy !== undefined;
  });
  const cluster = root.scopes.get(scopeKey('cluster', undefined));
  return [hostName, nodeName, cluster?.options.get('unconditional_rebind'), ...own];
}

/** The binding `default` is always there, and first. */
function bindingsOf(generation: Generation, places: readonly BindingPlace[]): readonly BindingPlan[] {
  const { vips } = duravipUses(generation);
  const values = new MailValues(generation);
  const followers = new Map<IpAddress, IpAddress[]>();
  for (const { address, follows } of vips.values()) {
    if (follows !== undefined) followers.set(follows, [...(followers.get(follows) ?? []), address]);
  }
  const plan = (place: BindingPlace | undefined): BindingPlan => {
    const bindAddress = addressIn(values.text(placesOf(generation.root, place, ''), 'Bind_Address'));
    return {
      name: place?.name ?? DEFAULT_BINDING,
      group: place?.group?.instance ?? DEFAULT_GROUP,
      bindAddress,
      floating: bindAddress !== undefined && vips.has(bindAddress),
      receivesOn: bindAddress === undefined ? [] : [bindAddress, ...(followers.get(bindAddress) ?? [])],
    };
  };
  const own = places.find(({ name }) => name === DEFAULT_BINDING);
  return [plan(own), ...places.filter((place) => place !== own).map(plan)];
}

class Policies {
  readonly hostname: string;
  readonly #generation: Generation;
  readonly #values: MailValues;
  readonly #places: ReadonlyMap<string, BindingPlace>;
  readonly #known = new Map<string, DeliveryPolicy>();

  constructor(generation: Generation, places: readonly BindingPlace[], hostname: string) {
    this.#generation = generation;
    this.hostname = hostname;
    this.#values = new MailValues(generation);
    this.#places = new Map(places.map((place) => [place.name, place]));
  }

  of(binding: string, domain: string): DeliveryPolicy {
    const key = `${binding}\n${domain}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= POLICIES_KEPT_MAX) this.#known.clear();
    const policy = this.#make(binding, domain.toLowerCase());
    this.#known.set(key, policy);
    return policy;
  }

  hostMax(binding: string, host: string): Limit {
    const places = hostPlaces(this.#generation.root, this.#places.get(binding), host.toLowerCase());
    const limits = ['Cluster_Max_Outbound_Connections', 'Cluster_Scope_Max_Outbound_Connections'].flatMap(
      (name) => limitOf(this.#values.integerAt(places, name)?.value) ?? [],
    );
    return limits.length === 0 ? undefined : Math.min(...limits);
  }

  #make(binding: string, domain: string): DeliveryPolicy {
    const place = this.#places.get(binding);
    const places = placesOf(this.#generation.root, place, domain);
    const whole = (name: string): number => this.#values.integer(places, name) ?? 0;
    const ms = (name: string): number => whole(name) * 1_000;
    const { routes, port } = this.#routes(places);
    const of = (...kinds: readonly MailPlace['kind'][]): readonly MailPlace[] =>
      places.filter(({ kind }) => kinds.includes(kind));
    const key = { binding, group: place?.group?.instance, domain };
    return {
      clusterMax: limitOf(
        this.#values.integer(
          // Not in a binding of a group (momentum.md 3.2).
          place?.group === undefined
            ? of('bindingDomain', 'binding', 'domain', 'global')
            : of('domain', 'global'),
          'Cluster_Max_Outbound_Connections',
        ),
      ),
      clusterServerMax: limitOf(
        this.#values.integer(of('binding', 'group', 'global'), 'Cluster_Server_Max_Outbound_Connections'),
      ),
      clusterScopeMax: [...places].reverse().flatMap((one) => {
        const limit = limitOf(this.#values.integerAt([one], 'Cluster_Scope_Max_Outbound_Connections')?.value);
        return limit === undefined ? [] : [{ key: scopeKeyOf(one, key), limit }];
      }),
      nodeMax: whole('Max_Outbound_Connections'),
      throttleConnections: this.#throttle(places, 'Cluster_Outbound_Throttle_Connections', key),
      throttleMessages: this.#throttle(places, 'Cluster_Outbound_Throttle_Messages', key),
      retryMs: ms('Retry_Interval'),
      maxRetryMs: Math.max(ms('Retry_Interval'), ms('Max_Retry_Interval')),
      maxRetries: this.#values.integer(places, 'Max_Retries'),
      expirationMs: ms('Message_Expiration'),
      suspended: this.#values.boolean(places, 'Suspend_Delivery'),
      deliveriesPerConnection: whole('Max_Deliveries_Per_Connection') || undefined,
      idleMs: ms('Idle_Timeout'),
      routes,
      port,
      generateBounces: this.#values.boolean(places, 'Generate_Bounces'),
      session: {
        ehlo: smtpName(this.#values.text(places, 'EHLO_Hostname') ?? this.hostname),
        connectMs: ms('Connect_Timeout'),
        ehloMs: ms('EHLO_Timeout'),
        mailFromMs: ms('MailFrom_Timeout'),
        rcptToMs: ms('RcptTo_Timeout'),
        bodyMs: ms('Body_Timeout'),
        rsetMs: ms('RSET_Timeout'),
      },
    };
  }

  /** `Routes` go before `Gateway`; the port of the first counts for all. */
  #routes(places: readonly MailPlace[]): { readonly routes: readonly string[]; readonly port: number } {
    const texts = this.#values.texts(places, 'Routes').filter((text) => text.trim() !== '');
    const gateway = this.#values.text(places, 'Gateway')?.trim() ?? '';
    const written = texts.length > 0 || gateway === '' ? texts : [gateway];
    const routes = written.flatMap((text) => {
      const route = parseRoute(text);
      return route.ok ? [route.value] : [];
    });
    const port = routes[0]?.port ?? this.#values.integer(places, 'Remote_SMTP_Port') ?? 25;
    return { routes: routes.map(({ host }) => host), port };
  }

  /** What is shared is shared within the scope that sets it. */
  #throttle(places: readonly MailPlace[], name: string, key: ScopeNames): DeliveryPolicy['throttleMessages'] {
    const allowed = places.filter(({ kind }) => kind !== 'binding' && kind !== 'bindingDomain');
    const found = this.#values.throttleAt(allowed, name);
    if (found === undefined) return undefined;
    const { amount, perMs, place } = found;
    return { key: scopeKeyOf(place, key), rate: { amount, perMs } };
  }
}

type ScopeNames = { readonly binding: string; readonly group: string | undefined; readonly domain: string };

/** `*`, `*` + `/domain`, `group:name/*`, `group:name/domain`, `binding/*`, `binding/domain`: what a limit counts together. */
function scopeKeyOf({ kind }: MailPlace, { binding, group = '', domain }: ScopeNames): string {
  switch (kind) {
    case 'global':
      return '*';
    case 'domain':
      return `*/${domain}`;
    case 'group':
      return `group:${group}/*`;
    case 'groupDomain':
      return `group:${group}/${domain}`;
    case 'binding':
      return `${binding}/*`;
    case 'bindingDomain':
      return `${binding}/${domain}`;
    default:
      return kind satisfies never;
  }
}

function limitOf(value: number | undefined): Limit {
  return value === undefined || value < 0 ? undefined : value;
}

function hostNameOf(generation: Generation, { hostName, nodeName }: MailFacts): string {
  const named = generation.getString([], 'Hostname')?.trim() ?? '';
  const name = named === '' ? hostName : named;
  return smtpName(HOST_NAME.test(name) || name.startsWith('[') ? name : nodeName);
}

function networksOf(texts: readonly string[]): readonly Network[] {
  return texts.flatMap((text) => {
    const network = parseNetwork(text);
    return network.ok ? [network.value] : [];
  });
}

/** Of the listener for all clients, of its peers for theirs. */
function inboundOf(generation: Generation): readonly InboundLimit[] {
  const values = new MailValues(generation);
  const limits = (scope: { readonly place: MailPlace; readonly network: Network }): InboundLimit => ({
    network: scope.network,
    perHost: limitOf(
      values.integerIn(scope.place, LISTENER_PEER, 'Cluster_Max_Inbound_Connections_Per_Host'),
    ),
    perNetwork: limitOf(values.integerIn(scope.place, LISTENER_PEER, 'Cluster_Max_Inbound_Connections')),
  });
  const listener = generation.scope(LISTENER);
  const whole =
    listener === undefined
      ? []
      : networksOf(['0.0.0.0/0', '::/0']).map((network) => ({ network, scope: listener }));
  const peers = generation
    .scopes(LISTENER, 'Peer')
    .flatMap((scope) => networksOf([scope.instance ?? '']).map((network) => ({ network, scope })));
  return [...whole, ...peers]
    .map(({ network, scope }) => limits({ network, place: { kind: 'global', scope } }))
    .filter(({ perHost, perNetwork }) => perHost !== undefined || perNetwork !== undefined);
}

const LISTENER_PEER = ['Esmtp_Listener', 'Peer'];

function listensOf({ uses, vips }: DuravipUses): readonly MailListen[] {
  return uses.flatMap((use) => {
    if (use.kind !== 'listen' || use.service !== 'ESMTP_Listener') return [];
    const { address, endpoint, backlog, scope } = use;
    if (endpoint?.kind !== 'tcp' || (address !== undefined && vips.has(address))) return [];
    return [{ instance: scope.instance ?? '', host: endpoint.host, port: endpoint.port, backlog }];
  });
}
