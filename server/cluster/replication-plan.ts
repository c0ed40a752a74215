/**
 * What the `Replicate` scopes of a generation mean (momentum.md 4.1 to 4.3, A29 to A31): the objects that this process
 * shares. What is malformed was refused when the configuration was loaded.
 */

import { parseMonitor } from '../conf/check-audit.ts';
import { replicationTypeOf } from '../conf/check-replicate.ts';
import type { Generation } from '../conf/generation.ts';
import {
  ENTRIES_MAX,
  type MetricWindow,
  OBJECTS_MAX,
  type ObjectKind,
  type ReplicationType,
  type SharedObjectPlan,
} from '../replication/api.ts';

export type ReplicationPlan = {
  /** In order of configuration, with names that differ. */
  readonly objects: readonly SharedObjectPlan[];
  /** What will not work, one line each. */
  readonly problems: readonly string[];
};

const KINDS: Readonly<Record<ReplicationType, ObjectKind>> = {
  inbound_cidr: 'cidrtree',
  outbound_cidr: 'cidrtree',
  outbound_domains: 'gauge table',
  outbound_binding_domains: 'gauge table',
  shared_named_throttles: 'throttle set',
  OBTM: 'throttle set',
  OBTC: 'throttle set',
  metrics: 'metrics',
  eccmgr_metrics: 'metrics',
  cache: 'cache',
};
const MAX_DELAY_DEFAULT_S = 1;
const MAX_PENDING_DEFAULT = 100;
/** Types that a manager follows by their own names where its configuration, which is not that of nodes, has none. */
const FOLLOWED_BY_MANAGERS: readonly ReplicationType[] = [
  'inbound_cidr',
  'outbound_cidr',
  'outbound_domains',
  'outbound_binding_domains',
  'metrics',
  'eccmgr_metrics',
];

export function replicationPlan(generation: Generation): ReplicationPlan {
  const problems: string[] = [];
  const objects: SharedObjectPlan[] = [];
  for (const scope of generation.scopes(['cluster'], 'Replicate')) {
    const name = scope.instance ?? '';
    const type = replicationTypeOf(scope);
    if (type === undefined || !isType(type)) problems.push(`Replicate "${name}" has no type that is known`);
    else if (objects.length === OBJECTS_MAX) {
      problems.push(`Replicate "${name}" is not shared: there are more than ${OBJECTS_MAX} objects`);
    } else objects.push(objectPlan(generation, name, type));
  }
  return { objects, problems };
}

/** What a manager takes part in: what its own configuration says, else the objects that are named by their types. */
export function managerReplicationPlan(generation: Generation): ReplicationPlan {
  const own = replicationPlan(generation);
  if (own.objects.length > 0 || own.problems.length > 0) return own;
  return { objects: FOLLOWED_BY_MANAGERS.map((type) => planOf(type, type, {})), problems: [] };
}

/** Windows of `inbound_audit { monitors }`; none where that module is not there or is off. */
export function auditWindows(generation: Generation): readonly MetricWindow[] {
  const path = ['inbound_audit'];
  if (generation.scope(path) === undefined || generation.getBoolean(path, 'enabled') === false) return [];
  return generation.getStrings(path, 'monitors').flatMap((text) => {
    const monitor = parseMonitor(text);
    return monitor.ok ? [monitor.value] : [];
  });
}

/**
 * Names of the objects in which something of a binding group is counted (REP-17, REP-18).
 * @param group undefined for what belongs to no group.
 */
export function objectsOfType(
  objects: readonly SharedObjectPlan[],
  type: string,
  group: string | undefined,
): readonly string[] {
  return objects
    .filter((one) => one.type === type && (one.bindingGroup === undefined || one.bindingGroup === group))
    .map(({ name }) => name);
}

function objectPlan(generation: Generation, name: string, type: ReplicationType): SharedObjectPlan {
  const path = ['cluster', { name: 'Replicate', instance: name }];
  const maxSize = generation.getInteger(path, 'max_size') ?? -1;
  return planOf(name, type, {
    parameters: parametersOf(generation.getString(path, 'parameters') ?? ''),
    bindingGroup: generation.getString(path, 'binding_group'),
    maxDelayMs: Math.round((generation.getNumber(path, 'max_delay') ?? MAX_DELAY_DEFAULT_S) * 1_000),
    maxPending: generation.getInteger(path, 'max_pending') ?? MAX_PENDING_DEFAULT,
    maxSize: maxSize < 0 ? undefined : Math.min(maxSize, ENTRIES_MAX),
  });
}

function planOf(
  name: string,
  type: ReplicationType,
  given: Partial<Omit<SharedObjectPlan, 'name' | 'type' | 'kind'>>,
): SharedObjectPlan {
  const { parameters = new Set<string>(), maxDelayMs = MAX_DELAY_DEFAULT_S * 1_000 } = given;
  return {
    name,
    type,
    kind: KINDS[type],
    snapshots: type !== 'cache' || parameters.has('snapshot'),
    parameters,
    bindingGroup: given.bindingGroup,
    maxDelayMs,
    maxPending: given.maxPending ?? MAX_PENDING_DEFAULT,
    maxSize: given.maxSize,
    audience: type === 'eccmgr_metrics' ? 'managers' : 'all',
  };
}

/** `;` separates, blanks do not count (A31). */
function parametersOf(text: string): ReadonlySet<string> {
  const words = text.split(';').map((word) => word.trim().toLowerCase());
  return new Set(words.filter((word) => word !== ''));
}

function isType(text: string): text is ReplicationType {
  return Object.hasOwn(KINDS, text);
}
