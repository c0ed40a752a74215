/**
 * A storm of reloads over whole processes in virtual time: random valid and invalid edits of their files, settings and
 * transactions on consoles, while commands go to all nodes over the bus. The model of what must be live is one number
 * for each process; everything else is checked against what the processes say.
 */

import { Prng } from '../../server/base/prng.ts';
import { MAIN_FILE } from '../support/live-configurations.ts';
import {
  configurationOf,
  PROCESS_NAMES,
  ProcessWorld,
  type SimulatedName,
  type SimulatedProcess,
  type Watcher,
} from '../support/process-world.ts';

const NODES = PROCESS_NAMES.filter((name) => name !== 'manager');
const SESSIONS = ['unix 1', 'unix 2', 'unix 3'] as const;
/** Settles answers that are on their way. */
const QUIET_MS = 3_000;
/** Every step moves time by less than this. */
const STEP_MS_MAX = 30;

export type StormResult = {
  readonly violations: readonly string[];
  readonly reloads: { readonly valid: number; readonly invalid: number };
  readonly commands: number;
};

/** What must be true of one process. */
type Model = {
  readonly name: SimulatedName;
  readonly process: SimulatedProcess;
  /** `msgc_client.max_backlog` that must be live. */
  live: number;
  /** The same in the file; undefined where the file is not valid. */
  filed: number | undefined;
  readonly drafts: Map<string, { readonly number: number; value: number | undefined }>;
};

const BROKEN: readonly ((text: string) => string)[] = [
  (text) => `${text}\n}`,
  (text) => `${text}\ncluster {`,
  (text) => `${text}\nmsgc_client { max_backlog = many }`,
  (text) => `${text}\nmsgc_client { max_backlog = 1 }`,
  (text) => `${text}\nmsgc_server { peers = [ "two words" = "x" ] }`,
  (text) => `${text}\ninclude "missing.conf"`,
  (text) => `${text}\ncluster { byzantine_action = panic }`,
  (text) => text.slice(0, Math.floor(text.length / 2)),
  (text) => `${text}\n"`,
];

export class ReloadStorm {
  readonly world = new ProcessWorld();
  readonly violations: string[] = [];
  readonly #prng: Prng;
  readonly #models: readonly Model[];
  readonly #watcher: Watcher;
  readonly #reloads = { valid: 0, invalid: 0 };
  #commands = 0;
  #requests = 0;
  #asked = new Map<string, number>();

  constructor(seed: number) {
    this.#prng = new Prng(seed);
    const processes = this.world.startAll();
    this.#models = PROCESS_NAMES.map((name) => {
      const process = processes[name];
      const live = process.config.generation.getInteger(['msgc_client'], 'max_backlog') ?? 0;
      return { name, process, live, filed: live, drafts: new Map() };
    });
    this.#watcher = this.world.watch('node1');
    this.world.clock.runFor(2_000);
    this.#forget();
  }

  /** @param steps edits, commands and pauses. */
  run(steps: number): void {
    for (let step = 0; step < steps && this.violations.length === 0; step += 1) {
      this.#step(this.#pick(this.#models));
      this.world.clock.runFor(this.#prng.below(STEP_MS_MAX));
    }
    this.world.clock.runFor(QUIET_MS);
    this.#check();
    this.#forget();
  }

  get result(): StormResult {
    return { violations: this.violations, reloads: this.#reloads, commands: this.#commands };
  }

  #step(model: Model): void {
    const roll = this.#prng.below(100);
    if (roll < 25) this.#edit(model);
    else if (roll < 45) this.#reload(model);
    else if (roll < 50) this.#reloadAll();
    else if (roll < 65) this.#set(model);
    else if (roll < 75) this.#transaction(model, this.#pick(SESSIONS));
    else if (roll < 78) this.#closeSession(model, this.#pick(SESSIONS));
    else if (roll < 90) this.#broadcast('config eval msgc_client max_backlog');
    else this.#look(model);
  }

  #edit(model: Model): void {
    const value = 1_000 + this.#prng.below(8_000);
    const pick = (low: number, high: number): number => low + this.#prng.below(high - low);
    const text = configurationOf(
      model.name,
      [
        `msgc_client { max_backlog = ${value} keepalive_interval = ${pick(1, 6)} }`,
        `msgc_server { messages_per_iter = ${pick(1, 50)} idle_timeout = ${pick(20, 60)} }`,
        `cluster { view_mature_time = ${pick(1, 9)} heartbeats_per_sec = ${pick(1, 4)} }`,
        `msgc_server { debug_level = ${this.#pick(['DEBUG', 'ERROR', 'NOTICE'])} }`,
      ].join('\n'),
    );
    const valid = this.#prng.chance(0.5);
    model.process.files.put(MAIN_FILE, valid ? text : this.#pick(BROKEN)(text));
    model.filed = valid ? value : undefined;
  }

  #reload(model: Model): void {
    this.#reloaded(model, this.#type(model, 'config reload', 'local'));
  }

  #reloaded(model: Model, text: string): void {
    const valid = model.filed !== undefined;
    this.#reloads[valid ? 'valid' : 'invalid'] += 1;
    if (text.startsWith('OK') !== valid) this.#violated(model, `reload of a file ${valid}: ${text}`);
    if (!valid && !/^Reconfigure failed\n.*main\.conf/.test(text)) this.#violated(model, `says: ${text}`);
    if (model.filed !== undefined) model.live = model.filed;
  }

  /** Over the bus; the answer is checked when it comes, and the model of all nodes moves when it was sent. */
  #reloadAll(): void {
    this.world.clock.runFor(50);
    this.#broadcast('config reload');
    this.world.clock.runFor(200);
    for (const model of this.#models) {
      if (model.name === 'manager') continue;
      const reply = this.#watcher.events.find(
        (event) =>
          event.type === 'reply' && event.request === `r${this.#requests}` && event.node === model.name,
      );
      this.#reloaded(model, reply?.type === 'reply' ? reply.text : 'no reply');
    }
  }

  #set(model: Model): void {
    const valid = this.#prng.chance(0.7);
    const value = valid ? 1_000 + this.#prng.below(8_000) : 1;
    const text = this.#type(model, `config set msgc_client max_backlog ${value}`, 'local');
    if (text.startsWith(`max_backlog = ${value}`) !== valid) this.#violated(model, `set ${value}: ${text}`);
    if (valid) model.live = value;
  }

  #transaction(model: Model, session: string): void {
    const draft = model.drafts.get(session);
    if (draft === undefined) {
      const text = this.#type(model, 'config begin', session);
      if (!text.startsWith('OK')) this.#violated(model, `begin: ${text}`);
      model.drafts.set(session, { number: model.process.config.number, value: undefined });
      return;
    }
    if (draft.value === undefined || this.#prng.chance(0.3)) {
      draft.value = 1_000 + this.#prng.below(8_000);
      this.#type(model, `config set msgc_client max_backlog ${draft.value}`, session);
      return;
    }
    const { ok, text } = model.process.ask('config commit', session);
    this.#commands += 1;
    if (!ok && model.process.config.number === draft.number) this.#violated(model, `commit: ${text}`);
    if (!ok) this.#type(model, 'config rollback', session);
    if (ok) model.live = draft.value;
    model.drafts.delete(session);
  }

  #closeSession(model: Model, session: string): void {
    model.process.give({ type: 'consoleClosed', session });
    model.drafts.delete(session);
  }

  #broadcast(command: string): void {
    this.#requests += 1;
    this.#commands += 1;
    const sent = this.#watcher.observer.send(`r${this.#requests}`, command, { kind: 'all' });
    if (sent.ok) this.#asked.set(`r${this.#requests}`, sent.value.length);
    else this.violations.push(`r${this.#requests} was not sent: ${sent.error.code}`);
  }

  #look(model: Model): void {
    const text = this.#type(model, 'config eval msgc_client max_backlog', 'local').trim();
    if (text !== `max_backlog = ${model.live}`) this.#violated(model, `${text}, not ${model.live}`);
    this.#type(model, 'xml module list', 'local');
  }

  #type(model: Model, command: string, session: string): string {
    this.#commands += 1;
    return model.process.type(command, session);
  }

  #check(): void {
    for (const model of this.#models) {
      this.#look(model);
      const { generation } = model.process.config;
      if (generation.getInteger(['msgc_client'], 'max_backlog') !== model.live) {
        this.#violated(model, 'another generation is live');
      }
      for (const event of ['link.down', 'bus.lost', 'member.departed', 'config.not_used']) {
        const count = model.process.logged(event).length;
        if (count > 0) this.#violated(model, `${event} ${count} times`);
      }
    }
    for (const [request, count] of this.#asked) {
      const replies = this.#watcher.events.filter(
        (event) => event.type === 'reply' && event.request === request,
      ).length;
      if (count !== NODES.length || replies !== count) {
        this.violations.push(`${request}: ${count} asked, ${replies} replied`);
      }
    }
  }

  /** What the test has seen; the processes themselves are not touched. */
  #forget(): void {
    for (const { process } of this.#models) process.effects.length = 0;
    this.#watcher.events.length = 0;
    this.#asked = new Map();
  }

  #violated({ name }: Model, what: string): void {
    this.violations.push(`${name}: ${what}`);
  }

  #pick<T>(from: readonly T[]): T {
    const picked = from[this.#prng.below(from.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }
}

const STEPS = 400;

/** One seeded storm, for the program `sim`. */
export function runReloadStorm(seed: number): StormResult {
  const storm = new ReloadStorm(seed);
  storm.run(STEPS);
  return storm.result;
}
