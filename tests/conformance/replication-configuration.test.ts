/** Requirements REP-xx that the configuration meets: which objects there are, and with which options. */

import { describe, expect, test } from 'vitest';
import { must } from '../../server/base/assert.ts';
import {
  auditWindows,
  managerReplicationPlan,
  objectsOfType,
  type ReplicationPlan,
  replicationPlan,
} from '../../server/cluster/replication-plan.ts';
import { ENTRIES_MAX, OBJECTS_MAX, type SharedObjectPlan } from '../../server/replication/api.ts';
import { load, seedSample } from '../support/conf-samples.ts';

function plan(...texts: readonly string[]): ReplicationPlan {
  return replicationPlan(
    must(load(`cluster {\n${texts.join('\n')}\n}`).generation, 'a configuration without errors'),
  );
}

function only(text: string): SharedObjectPlan {
  const { objects, problems } = plan(text);
  expect(problems).toEqual([]);
  expect(objects).toHaveLength(1);
  return must(objects[0], 'an object');
}

function said(text: string): readonly string[] {
  return load(`cluster {\n${text}\n}`).diagnostics.map(({ message }) => message);
}

function planOfSample(name: string): readonly string[] {
  const generation = must(load(seedSample(name)).generation, 'a configuration without errors');
  return replicationPlan(generation).objects.map((one) => `${one.name} ${one.type} ${one.kind}`);
}

describe('objects', () => {
  test('[REP-01] [REP-02] the shipped default shares five objects', () => {
    const expected = [
      'inbound_cidr inbound_cidr cidrtree',
      'outbound_cidr outbound_cidr cidrtree',
      'outbound_domains outbound_domains gauge table',
      'outbound_binding_domains outbound_binding_domains gauge table',
      'shared_named_throttles shared_named_throttles throttle set',
    ];
    expect(planOfSample('002-replicate-default.conf')).toEqual(expected);
    expect(planOfSample('002-cluster-default.conf')).toEqual(expected);
  });

  test('[REP-02] without a Replicate scope nothing is shared by a node', () => {
    expect(plan('cluster_group = "ec_cluster"')).toEqual({ objects: [], problems: [] });
  });

  test('[REP-13] [REP-11] the type of an object that is not named by one', () => {
    expect(only('Replicate "mycache" { type = "cache" }')).toMatchObject({
      name: 'mycache',
      type: 'cache',
      kind: 'cache',
      snapshots: false,
    });
    expect(said('Replicate "mycache" {}')).toEqual([
      'Replicate "mycache" needs a type, because its name is none',
    ]);
  });

  test('[REP-07] [REP-08] [REP-09] [REP-10] the kinds of the other types', () => {
    const names = ['shared_named_throttles', 'OBTM', 'OBTC', 'metrics', 'eccmgr_metrics'];
    const { objects } = plan(...names.map((name) => `Replicate "${name}" {}`));
    expect(objects.map(({ type, kind, audience }) => `${type}: ${kind}, ${audience}`)).toEqual([
      'shared_named_throttles: throttle set, all',
      'OBTM: throttle set, all',
      'OBTC: throttle set, all',
      'metrics: metrics, all',
      'eccmgr_metrics: metrics, managers',
    ]);
  });

  test('[REP-18] class says which type an object of another name is registered for', () => {
    expect(only('Replicate "outbound_cidr_foo" { class = "outbound_cidr" }')).toMatchObject({
      name: 'outbound_cidr_foo',
      type: 'outbound_cidr',
      kind: 'cidrtree',
    });
    // A29: class before type before name.
    expect(only('Replicate "inbound_cidr" { class = "outbound_cidr" type = "cache" }').type).toBe(
      'outbound_cidr',
    );
  });

  test('[REP-17] [REP-18] what a binding group does is counted in its own objects and in those of all', () => {
    const { objects } = plan(
      'Replicate "outbound_cidr" {}',
      'Replicate "foo" { class = "outbound_cidr" binding_group = "Foo" }',
      'Replicate "bar" { class = "outbound_cidr" binding_group = "bar" }',
      'Replicate "outbound_domains" { binding_group = "Foo" }',
    );
    expect(objects.map(({ bindingGroup }) => bindingGroup)).toEqual([undefined, 'Foo', 'bar', 'Foo']);
    expect(objectsOfType(objects, 'outbound_cidr', 'Foo')).toEqual(['outbound_cidr', 'foo']);
    expect(objectsOfType(objects, 'outbound_cidr', undefined)).toEqual(['outbound_cidr']);
    expect(objectsOfType(objects, 'outbound_domains', 'bar')).toEqual([]);
    expect(said('Replicate "inbound_cidr" { binding_group = "Foo" }')).toEqual([
      'binding_group is for outbound_cidr and outbound_domains only',
    ]);
  });

  test('A30: the singular is an alias', () => {
    expect(only('Replicate "outbound_domain" {}')).toMatchObject({
      name: 'outbound_domain',
      type: 'outbound_domains',
    });
  });

  test('more objects than can be shared are named', () => {
    const { objects, problems } = plan(
      ...Array.from({ length: OBJECTS_MAX + 1 }, (_, index) => `Replicate "c${index}" { type = "cache" }`),
    );
    expect(objects).toHaveLength(OBJECTS_MAX);
    expect(problems).toEqual([
      `Replicate "c${OBJECTS_MAX}" is not shared: there are more than ${OBJECTS_MAX} objects`,
    ]);
  });
});

describe('options', () => {
  test('[REP-12] parameters are separated by ;, blanks do not count, and there are none by default', () => {
    expect(only('Replicate "metrics" {}').parameters).toEqual(new Set());
    const nine =
      'snapshot;connect; delivery ;TransFail;permfail;reception;rejection;audit_series;gauge_cache;';
    expect([...only(`Replicate "metrics" { parameters = "${nine}" }`).parameters]).toEqual([
      'snapshot',
      'connect',
      'delivery',
      'transfail',
      'permfail',
      'reception',
      'rejection',
      'audit_series',
      'gauge_cache',
    ]);
    expect(said('Replicate "metrics" { parameters = "connect,delivery" }')).toHaveLength(1);
  });

  test('[REP-14] [REP-15] how long and how many changes wait', () => {
    expect(only('Replicate "inbound_cidr" {}')).toMatchObject({ maxDelayMs: 1_000, maxPending: 100 });
    expect(only('Replicate "inbound_cidr" { max_delay = 0.25 max_pending = 7 }')).toMatchObject({
      maxDelayMs: 250,
      maxPending: 7,
    });
  });

  test('[REP-16] max_size of a cache; -1 is no bound of its own', () => {
    expect(only('Replicate "mycache" { type = "cache" }').maxSize).toBeUndefined();
    expect(only('Replicate "mycache" { type = "cache" max_size = -1 }').maxSize).toBeUndefined();
    expect(only('Replicate "mycache" { type = "cache" max_size = 1000 }').maxSize).toBe(1_000);
    expect(only('Replicate "mycache" { type = "cache" max_size = 2000000000 }').maxSize).toBe(ENTRIES_MAX);
    expect(said('Replicate "inbound_cidr" { max_size = 10 }')).toEqual(['max_size is for caches only']);
  });

  test('[REP-21] A31: built-in objects have snapshots, caches with their parameter', () => {
    expect(only('Replicate "inbound_cidr" {}').snapshots).toBe(true);
    expect(only('Replicate "c" { type = "cache" parameters = "snapshot" }').snapshots).toBe(true);
    expect(only('Replicate "c" { type = "cache" }').snapshots).toBe(false);
  });
});

describe('older forms', () => {
  test('[REP-28] replicate [ type = "…" ] of 2.2', () => {
    expect(only(seedSample('003-replicate-inbound-cidr.conf'))).toMatchObject({
      name: 'inbound_cidr',
      kind: 'cidrtree',
    });
    const types = seedSample('003-replicate-outbound.conf')
      .split('\n')
      .filter((line) => line.startsWith('type'));
    const { objects } = plan(...types.map((type) => `replicate [ ${type} ]`));
    expect(objects.map(({ name }) => name)).toEqual(['outbound_cidr', 'outbound_domains']);
  });

  test('[REP-29] replication_name of 2.2 is the name of the object', () => {
    expect(
      only('replicate [ type = "cache" replication_name = "mycache" parameters = "snapshot" ]'),
    ).toMatchObject({
      name: 'mycache',
      type: 'cache',
      snapshots: true,
    });
  });
});

describe('a manager', () => {
  test('[REP-10] follows the objects that are named by their types, or those of its own configuration', () => {
    const none = must(load('').generation, 'a configuration');
    expect(managerReplicationPlan(none).objects.map(({ name }) => name)).toContain('eccmgr_metrics');
    const own = must(load('cluster { Replicate "m" { type = "eccmgr_metrics" } }').generation, 'one');
    expect(managerReplicationPlan(own).objects.map(({ name }) => name)).toEqual(['m']);
  });
});

describe('[REP-09] inbound_audit', () => {
  function windows(text: string): readonly string[] {
    const generation = must(load(text).generation, 'a configuration without errors');
    return auditWindows(generation).map(({ seconds, count }) => `${seconds},${count}`);
  }

  test('monitors are seconds and how many', () => {
    expect(windows('inbound_audit { monitors = ("300,6") }')).toEqual(['300,6']);
    expect(windows('inbound_audit { monitors = ("300,6", " 60 , 10 ") }')).toEqual(['300,6', '60,10']);
    expect(windows('inbound_audit { monitors = "300,6" }')).toEqual(['300,6']);
    expect(windows('inbound_audit { enabled = false monitors = ("300,6") }')).toEqual([]);
    expect(windows('inbound_audit {}')).toEqual([]);
    expect(windows('')).toEqual([]);
  });

  test('anything else is refused, each with its reason', () => {
    const text = 'inbound_audit { monitors = ("300", "0,6", "300,0", "99999999,1", "a,b", "300,289") }';
    const messages = load(text).diagnostics.map(({ message }) => message);
    expect(messages).toHaveLength(6);
    expect(messages[0]).toBe("monitor '300': write seconds,count, such as 300,6");
    const many = Array.from({ length: 9 }, (_, index) => `"${index + 1},1"`).join(', ');
    expect(load(`inbound_audit { monitors = (${many}) }`).diagnostics.map(({ message }) => message)).toEqual([
      "monitor '9,1': 8 monitors are the most",
    ]);
  });
});
