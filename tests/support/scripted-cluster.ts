/** A cluster that exists only in a MemoryObserver: nodes and a manager, ages that move, replies by command. */

import type { Clock } from '../../server/base/ports.ts';
import { type AskedQuery, MemoryObserver, type SentCommand } from '../../server/memory/memory-observer.ts';
import type { Row } from '../../server/wire/live.ts';
import { ScriptedBus } from './scripted-bus.ts';
import { ScriptedLogs } from './scripted-logs.ts';
import { ScriptedObjects } from './scripted-objects.ts';
import { scriptedCommands, scriptedConfig, scriptedOptions } from './scripted-options.ts';
import { ScriptedVips } from './scripted-vips.ts';

export const SCRIPTED_NODES: readonly string[] = ['labrat-1', 'labrat-2', 'labrat-3'];

export type ScriptedCast = {
  /** Of the bus, which run no member. */
  readonly servers?: readonly string[];
  readonly nodes?: readonly string[];
};

export class ScriptedCluster {
  readonly observer: MemoryObserver;
  readonly bus: ScriptedBus;
  /** No address until a test fills it. */
  readonly vips: ScriptedVips;
  /** No log until a test fills it. */
  readonly logs: ScriptedLogs;
  /** No object, and no mail, until a test fills it. */
  readonly objects: ScriptedObjects;
  readonly nodes: readonly string[];
  /** Nodes and the manager. */
  readonly #all: readonly string[];
  readonly #clock: Clock;
  readonly #heardAtMs = new Map<string, number>();
  readonly #silent = new Set<string>();
  #events = 0;
  #view = 1;

  constructor(clock: Clock, { servers = [], nodes = SCRIPTED_NODES }: ScriptedCast = {}) {
    this.#clock = clock;
    this.nodes = nodes;
    this.#all = [...nodes, 'mgr'];
    this.observer = new MemoryObserver(() => clock.wallMs());
    this.bus = new ScriptedBus([...this.#all, ...servers], clock.wallMs());
    this.vips = new ScriptedVips(this.observer, clock);
    this.logs = new ScriptedLogs(this.observer, clock);
    this.objects = new ScriptedObjects(this.observer, clock);
  }

  /** Everybody is there. */
  form(): void {
    const nowMs = this.#clock.wallMs();
    const { observer } = this;
    observer.set('cluster', 'cluster', {
      name: 'demo',
      environment: { name: 'Development', pattern: 'dotted', colour: '#2f6f5e' },
      leader: this.nodes[0] ?? null,
      build: 'development',
    });
    for (const [index, id] of this.#all.entries()) {
      observer.set('members', id, this.#member(id, index, nowMs));
      this.#heardAtMs.set(id, this.#clock.nowMs());
      this.#event('joined', id, null, `${id} joined`);
    }
    const clients = this.nodes.map((id, index) => `#ec0-2076${index}#${id}`);
    this.bus.setGroup(
      'ec_cluster',
      this.#all.map((id, index) => `#ec1-2076${index}#${id}`),
    );
    for (const group of ['ec_console', 'ec_sc_default']) this.bus.setGroup(group, clients);
    this.#sightings();
    this.setBus('joined');
    this.tick();
  }

  setBus(state: Row<'bus'>['state']): void {
    this.observer.set('bus', 'bus', {
      state,
      sinceMs: this.#clock.wallMs(),
      server: state === 'joined' ? '127.0.0.1:4809' : null,
      serverNode: state === 'joined' ? 'mgr' : null,
      viewId: `${this.#view}`,
      viewNumber: this.#view,
      reason: state === 'joined' ? null : 'the connection was closed',
    });
    this.#event(state === 'joined' ? 'busJoined' : 'busLost', null, null, `bus ${state}`);
  }

  /** Ages as of now. */
  tick(): void {
    const nowMs = this.#clock.nowMs();
    const ages: Record<string, number> = {};
    for (const [id, heardAtMs] of this.#heardAtMs) {
      if (!this.#silent.has(id)) this.#heardAtMs.set(id, Math.max(heardAtMs, nowMs - (nowMs % 1_000)));
      ages[id] = Math.max(0, nowMs - (this.#heardAtMs.get(id) ?? nowMs));
    }
    this.logs.tick(this.#silent);
    this.objects.tick(this.#silent);
    this.observer.setBus(this.bus.tell(this.#clock.wallMs()));
    this.observer.setAges(ages, Math.min(...Object.values(ages), 60_000));
  }

  /** Its heartbeats stop: suspect at once here, departed by `depart`. */
  silence(id: string): void {
    this.#silent.add(id);
    this.bus.silence(id);
    this.#change(id, { state: 'suspect', sinceMs: this.#clock.wallMs() });
    this.#event('suspect', id, 'silence', `${id} sends no heartbeats`);
  }

  depart(id: string, cause: 'closed' | 'silence' | 'leave'): void {
    this.#heardAtMs.delete(id);
    this.bus.lose(id, cause);
    this.#change(id, { state: 'departed', cause, sinceMs: this.#clock.wallMs(), joinedMs: null });
    this.#view += 1;
    this.#event('departed', id, cause, `${id} is gone: ${cause}`);
    this.#sightings();
  }

  rejoin(id: string): void {
    const row = this.observer.model().members[id];
    const nowMs = this.#clock.wallMs();
    this.#silent.delete(id);
    this.bus.rejoin(id);
    this.#heardAtMs.set(id, this.#clock.nowMs());
    const incarnations = (row?.incarnations ?? 0) + 1;
    this.#change(id, { state: 'present', cause: null, sinceMs: nowMs, joinedMs: nowMs, incarnations });
    this.#view += 1;
    this.#event('rejoined', id, null, `${id} is back`);
    this.#sightings();
  }

  /** What one node answers to one command; undefined for no answer. */
  answer(sent: SentCommand, node: string): string | undefined {
    if (this.#silent.has(node) || sent.command.trim().startsWith('cluster duravip ')) return undefined;
    const ofLogs = this.logs.obey(sent.command.trim(), node);
    if (ofLogs !== undefined) return ofLogs;
    const ofObjects = this.objects.obey(sent.command.trim(), node);
    if (ofObjects !== undefined) return ofObjects;
    switch (sent.command.trim()) {
      case 'version':
        return 'Momentum 3.2.1 (r:30146)';
      case 'pid':
        return `Process ID: ${4_700 + this.nodes.indexOf(node)}`;
      case 'cluster nodename':
        return node;
      default:
        return `Unknown command "${sent.command}"`;
    }
  }

  /** What one process says of itself, as JSON; undefined for no answer. */
  answerQuery(asked: AskedQuery): string | undefined {
    const { member, what } = asked;
    const config = this.observer.model().members[member]?.config;
    if (this.#silent.has(member) || config === undefined || config === null) return undefined;
    if (what === 'logReview' || what === 'logTail') return this.logs.answerQuery(asked);
    if (what === 'shared') return this.objects.answerQuery(asked);
    return JSON.stringify(what === 'options' ? scriptedOptions(member, config) : scriptedCommands());
  }

  #member(id: string, index: number, nowMs: number): Row<'members'> {
    const role = id === 'mgr' ? 'manager' : 'node';
    return {
      id,
      privateNames: [`#ec0-2076${index}#${id}`, `#ec1-2076${index}#${id}`],
      nodeName: id,
      subcluster: role === 'node' ? 'default' : null,
      nodeType: role === 'node' ? 'Momentum' : 'Manager',
      role,
      version: '3.2.1',
      address: `127.0.1.${index + 1}`,
      groups: role === 'node' ? ['ec_console', 'ec_cluster', 'ec_sc_default'] : ['ec_cluster'],
      state: 'present',
      cause: null,
      sinceMs: nowMs,
      joinedMs: nowMs,
      startedMs: nowMs - 60_000 * (index + 1),
      pid: 4_700 + index,
      clockSkewMs: index * 3,
      viewId: `${this.#view}`,
      versionDiffers: false,
      duplicateName: false,
      incarnations: 1,
      config: scriptedConfig(id, nowMs),
      mail: null,
    };
  }

  #change(id: string, change: Partial<Row<'members'>>): void {
    const row = this.observer.model().members[id];
    if (row !== undefined) this.observer.set('members', id, { ...row, ...change });
  }

  #event(kind: Row<'events'>['kind'], member: string | null, cause: string | null, detail: string): void {
    this.#events += 1;
    const id = String(this.#events);
    this.observer.set('events', id, { id, atMs: this.#clock.wallMs(), kind, member, cause, detail });
  }

  #sightings(): void {
    const members = this.observer.model().members;
    const gone = (id: string): boolean => members[id]?.state === 'departed';
    for (const from of this.#all) {
      const links = this.#all
        .filter((to) => to !== from)
        .map((to) => ({
          to,
          state: gone(to) ? ('dialing' as const) : ('up' as const),
          roundTripMs: gone(to) ? null : 0.4,
          backlog: 0,
        }));
      this.observer.set('sightings', from, {
        from,
        links,
        toldMs: this.#clock.wallMs(),
        current: !gone(from),
      });
    }
  }
}
