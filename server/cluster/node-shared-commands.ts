/**
 * Commands of a node on what the cluster shares: `cluster shared list|show` literally (momentum.md 7.6), `count` and
 * `inbound_audit show` by their documented names, and ours: entries of caches, as `ec_cluster_cache_get` and `_set` take
 * them (REP-25).
 */

import { err, ok, type Result } from '../base/result.ts';
import { parseThrottle } from '../conf/values.ts';
import type { CommandReply } from '../console/api.ts';
import { type AuditLine, renderAudit, renderAuditXml, renderCounts } from '../console/audit-text.ts';
import type { CommandCall, CommandSpec } from '../console/command-tree.ts';
import { printableLine } from '../console/printable.ts';
import { done, failed, unknownNode } from '../console/replies.ts';
import {
  renderShared,
  renderSharedList,
  renderSharedListXml,
  renderSharedXml,
  type SharedValue,
} from '../console/shared-text.ts';
import { type IpAddress, networkOf, parseIp, parseNetwork } from '../model/ip.ts';
import { METERS, type ObjectKind, type SharedObjectPlan, type SharedView } from '../replication/api.ts';
import { EPSILON_DEFAULT } from '../replication/throttle-store.ts';
import { parseCacheTtl } from './cache-ttl.ts';
import type { NodeReplication } from './node-replication.ts';

/** What commands ask of replication. */
export type SharedConsole = Pick<
  NodeReplication,
  | 'objects'
  | 'listing'
  | 'memberNamed'
  | 'data'
  | 'metrics'
  | 'windows'
  | 'cacheEntry'
  | 'flush'
  | 'available'
>;

export type SharedContext = { readonly shared: SharedConsole; readonly nowMs: number };

type Spec = CommandSpec<SharedContext>;

/** Lines of one reply; a larger object is cut, and says so. */
export const SHARED_LINES_MAX = 100_000;
const SHOW_USAGE = 'cluster shared show <object> [from <node>]';
const COUNT_USAGE = 'count <type> <CIDR|8-32>';
const REFUSALS = {
  noSuchCache: 'no such cache',
  keyTooLong: 'a key has 1 to 512 bytes',
  valueTooLong: 'a value has at most 65536 bytes',
} as const;

const CACHE = { name: 'name' };
const KEY = { name: 'key' };

export const NODE_SHARED_COMMANDS: readonly Spec[] = [
  {
    words: 'cluster shared list',
    help: 'Show the objects that are shared in the cluster',
    xml: 'own',
    run: ({ xml }, { shared }) => done((xml ? renderSharedListXml : renderSharedList)(shared.objects)),
  },
  {
    words: 'cluster shared show',
    usage: SHOW_USAGE,
    parameters: [{ name: 'object' }, { name: 'from', optional: true, rest: 'words' }],
    help: 'Show a shared object, of the whole cluster or as one node sees it',
    xml: 'own',
    run: show,
  },
  {
    words: 'cluster shared flush',
    parameters: [{ name: 'object' }],
    help: 'Empty a shared cache, on all nodes',
    run: ({ args: [name = ''] }, context) => {
      const object = objectOf(context, name, 'cache');
      if (!object.ok) return object.error;
      const count = context.shared.flush(object.value.name, context.nowMs) ?? 0;
      return done(`Flushed ${count} ${count === 1 ? 'entry' : 'entries'} of ${printableLine(name)}`);
    },
  },
  {
    words: 'cluster cache set',
    parameters: [CACHE, KEY, { name: 'value' }, { name: 'ttl' }],
    help: 'Set an entry of a shared cache; ttl in seconds, or 5M, or 2H; 0 never ends',
    run: cacheSet,
  },
  {
    words: 'cluster cache get',
    parameters: [CACHE, KEY],
    help: 'Show an entry of a shared cache',
    run: ({ args: [name = '', key = ''] }, context) => {
      const object = objectOf(context, name, 'cache');
      if (!object.ok) return object.error;
      const value = context.shared.data.cacheGet(object.value.name, key, context.nowMs);
      if (value === undefined) return failed(`no entry '${printableLine(key)}' in ${printableLine(name)}`);
      return done(value.toString('utf8').split('\n').map(printableLine).join('\n'));
    },
  },
  {
    words: 'cluster cache delete',
    parameters: [CACHE, KEY],
    help: 'Delete an entry of a shared cache, on all nodes',
    run: ({ args: [name = '', key = ''] }, context) => {
      const object = objectOf(context, name, 'cache');
      if (!object.ok) return object.error;
      const deleted = context.shared.data.cacheDelete(object.value.name, key, context.nowMs);
      const shown = printableLine(key);
      return deleted ? done(`Deleted ${shown}`) : failed(`no entry '${shown}' in ${printableLine(name)}`);
    },
  },
  {
    words: 'cluster throttle check',
    parameters: [{ name: 'object' }, { name: 'name' }, { name: 'rate' }],
    help: 'Show what is left of a shared throttle; rate as N or N/seconds',
    run: checkThrottle,
  },
  {
    words: 'inbound_audit show ip',
    parameters: [{ name: 'CIDR' }],
    help: 'Show the time series of a network, of the whole cluster',
    xml: 'own',
    run: audit,
  },
  {
    words: 'count',
    usage: COUNT_USAGE,
    parameters: [{ name: 'type' }, { name: 'CIDR|8-32' }],
    help: 'Show the connections of a network, or of each network of so many bits',
    run: count,
  },
];

function show(
  { args: [name = '', from, node, more], xml }: CommandCall,
  context: SharedContext,
): CommandReply {
  const { shared, nowMs } = context;
  const complete = from === undefined || (from.toLowerCase() === 'from' && node !== undefined);
  if (!complete || more !== undefined) return failed(`Usage: ${SHOW_USAGE}`);
  const object = objectOf(context, name);
  if (!object.ok) return object.error;
  const view: SharedView | undefined = node === undefined ? 'global' : shared.memberNamed(node);
  if (view === undefined) return unknownNode(node ?? '');
  const values: SharedValue[] = [];
  let omitted = 0;
  for (const { key, value } of shared.listing(object.value.name, view, nowMs) ?? []) {
    if (values.length < SHARED_LINES_MAX) values.push({ key, value });
    else omitted += 1;
  }
  const text = (xml ? renderSharedXml : renderShared)(object.value, view, values);
  return done(omitted > 0 && !xml ? `${text}\n(${omitted} more)` : text);
}

function cacheSet(
  { args: [name = '', key = '', value = '', ttl = ''] }: CommandCall,
  context: SharedContext,
): CommandReply {
  const object = objectOf(context, name, 'cache');
  if (!object.ok) return object.error;
  const ttlMs = parseCacheTtl(ttl);
  if (!ttlMs.ok) return failed(ttlMs.error);
  const { data } = context.shared;
  const refusal = data.cacheSet(object.value.name, key, Buffer.from(value), ttlMs.value, context.nowMs);
  return refusal === undefined ? done(`Set ${printableLine(key)}`) : failed(REFUSALS[refusal]);
}

/** Takes nothing: who asks may be anybody. */
function checkThrottle(
  { args: [object = '', name = '', text = ''] }: CommandCall,
  context: SharedContext,
): CommandReply {
  const found = objectOf(context, object, 'throttle set');
  if (!found.ok) return found.error;
  const rate = parseThrottle(text);
  if (!rate.ok) return failed(rate.error);
  const { count: amount, perSeconds } = rate.value;
  const limit = { amount, perMs: perSeconds * 1_000, epsilon: EPSILON_DEFAULT };
  const left = context.shared.available(found.value.name, name, limit, context.nowMs) ?? amount;
  return done(`${printableLine(name)}: ${left} of ${amount} in ${perSeconds} s left`);
}

function audit({ args: [text = ''], xml }: CommandCall, { shared, nowMs }: SharedContext): CommandReply {
  const network = parseNetwork(text);
  if (!network.ok) return failed(printableLine(network.error));
  if (shared.windows.length === 0) {
    return failed('nothing is monitored: write inbound_audit { monitors = ("300,6") }');
  }
  const lines = METERS.flatMap((meter): AuditLine[] => {
    const totals = shared.metrics.metered(meter, network.value, nowMs);
    return totals.map(({ window, amounts }) => ({ meter, seconds: window.seconds, amounts }));
  });
  const shown = `${network.value.address}/${network.value.bits}`;
  return done((xml ? renderAuditXml : renderAudit)(shown, lines));
}

/** Of a tree of netblocks, by the name of the object or by the direction. */
function count({ args: [type = '', what = ''] }: CommandCall, context: SharedContext): CommandReply {
  const { shared, nowMs } = context;
  const wanted = type.toLowerCase();
  const named = wanted === 'inbound' || wanted === 'outbound' ? `${wanted}_cidr` : type;
  const object = objectOf(context, named, 'cidrtree');
  if (!object.ok) return object.error;
  const { name } = object.value;
  if (!/^\d+$/.test(what)) {
    const network = parseNetwork(what);
    if (!network.ok) return failed(`Usage: ${COUNT_USAGE}`);
    const { address, bits } = network.value;
    const key = `${address}/${bits}`;
    return done(renderCounts([{ key, value: shared.data.total(name, key) ?? 0 }]));
  }
  const bits = Number(what);
  if (bits < 8 || bits > 32) return failed(`Usage: ${COUNT_USAGE}`);
  const sums = new Map<string, number>();
  for (const { key, value } of shared.listing(name, 'global', nowMs) ?? []) {
    const address = singleOf(key);
    const network = address === undefined ? undefined : networkOf(address, bits);
    if (network === undefined) continue;
    const block = `${network.address}/${network.bits}`;
    sums.set(block, (sums.get(block) ?? 0) + value);
  }
  return done(renderCounts([...sums].map(([key, value]) => ({ key, value }))));
}

/** The address of a row that is one IPv4 address alone; others are sums of these. */
function singleOf(key: string): IpAddress | undefined {
  if (!key.endsWith('/32') || key.includes(':')) return undefined;
  const address = parseIp(key.slice(0, -3));
  return address.ok ? address.value : undefined;
}

function objectOf(
  { shared }: SharedContext,
  name: string,
  kind?: ObjectKind,
): Result<SharedObjectPlan, CommandReply> {
  const { objects } = shared;
  const exact = objects.find((one) => one.name === name);
  const object = exact ?? objects.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (object === undefined) return err(failed(`Unknown shared object: ${printableLine(name)}`));
  if (kind === undefined || object.kind === kind) return ok(object);
  return err(failed(`${printableLine(object.name)} is a ${object.kind}, not a ${kind}`));
}
