/** The addresses of this host through a guard that outlives the daemon by as little as possible (see `vip-guard.ts`). */

import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { HostAdapter, HostCommand, HostFact, PlacedAddress } from '../duravip/api.ts';
import type { IpAddress } from '../model/ip.ts';
import { IpBatch } from './ip-batch.ts';
import { removal } from './linux-addresses.ts';
import { BEAT_MS, type GuardOrder, type GuardWord, hostNowMs } from './vip-guard-words.ts';
import { HookRunner } from './vip-hook.ts';

/** A guard that died is started again after a pause that grows from nothing to this. */
const PAUSE_MAX_MS = 5_000;
const PAUSE_MS = 200;
/** A guard that lived so long starts again without a pause. */
const HEALTHY_MS = 10_000;
const CLOSE_LIMIT_MS = 6_000;
/** A guard that says nothing for so long has lost its addresses to their leases: it is ended and started again. */
const GUARD_SILENT_MS = 3_000;

type Announcement = Extract<HostCommand, { type: 'announce' }>;

export type GuardedAddressesParts = {
  readonly onFact: (fact: HostFact) => void;
  /** How long the daemon may be silent: 0.6 of `silence_timeout`, before others take over. */
  readonly patienceMs: number;
};

export class GuardedAddresses implements HostAdapter {
  readonly #onFact: (fact: HostFact) => void;
  readonly #patienceMs: number;
  readonly #hooks: HookRunner;
  readonly #beat: NodeJS.Timeout;
  #guard: ChildProcess | undefined;
  #startedAtMs = 0;
  #pauseMs = 0;
  #epoch = 0;
  #again: NodeJS.Timeout | undefined;
  /** When the first beat without an answer was sent. */
  #askedAtMs: number | undefined;
  /** What a guard that dies may leave behind, by address. */
  readonly #placed = new Map<IpAddress, PlacedAddress>();
  readonly #removing = new Map<number, readonly PlacedAddress[]>();
  /** Said together at the end of a turn: whoever hears of an address then finds its listeners open. */
  #announcing: Announcement[] = [];
  #closed = false;

  constructor({ onFact, patienceMs }: GuardedAddressesParts) {
    this.#onFact = onFact;
    this.#patienceMs = patienceMs;
    this.#hooks = new HookRunner((fact) => this.#say(fact));
    this.#start();
    this.#beat = setInterval(() => this.#says(), Math.min(BEAT_MS, patienceMs / 4));
  }

  /** Process id of the guard; undefined while there is none. */
  get guardPid(): number | undefined {
    return this.#guard?.pid;
  }

  perform(command: HostCommand): void {
    if (this.#closed) return;
    if (command.type === 'hook') this.#hooks.run(command);
    else if (command.type === 'announce') this.#announce(command);
    else if (this.#guard !== undefined) {
      if (command.type === 'change') this.#remember(command);
      this.#order([command]);
    } else this.#say({ type: 'impossible', id: command.id, text: 'the guard of the addresses does not run' });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#beat);
    clearTimeout(this.#again);
    const guard = this.#guard;
    if (guard === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => guard.kill('SIGKILL'), CLOSE_LIMIT_MS);
      guard.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#order('close');
    });
  }

  #announce(announcement: Announcement): void {
    if (this.#announcing.length === 0) {
      setImmediate(() => {
        const announcing = this.#announcing;
        this.#announcing = [];
        if (announcing.length > 0) this.#order(announcing);
      });
    }
    this.#announcing.push(announcement);
  }

  #remember({ id, add, remove }: Extract<HostCommand, { type: 'change' }>): void {
    const gone = new Set(remove.map(({ address }) => address));
    if (gone.size > 0) this.#announcing = this.#announcing.filter(({ address }) => !gone.has(address));
    for (const place of add) this.#placed.set(place.address, place);
    if (remove.length > 0) this.#removing.set(id, remove);
  }

  #forget({ id, failed }: Extract<HostFact, { type: 'changed' }>): void {
    const stayed = new Set(failed.map(({ address }) => address));
    for (const place of this.#removing.get(id) ?? []) {
      if (!stayed.has(place.address)) this.#placed.delete(place.address);
    }
    this.#removing.delete(id);
  }

  #says(): void {
    const nowMs = hostNowMs();
    const askedAtMs = this.#askedAtMs;
    this.#askedAtMs ??= nowMs;
    this.#order([]);
    if (askedAtMs === undefined || nowMs - askedAtMs < GUARD_SILENT_MS) return;
    // After a pause of this process the answer may lie in the channel.
    setImmediate(() =>
      setImmediate(() => {
        if (this.#askedAtMs === askedAtMs) this.#guard?.kill('SIGKILL');
      }),
    );
  }

  #say(fact: HostFact): void {
    if (!this.#closed) this.#onFact(fact);
  }

  #order(commands: GuardOrder['commands']): void {
    const guard = this.#guard;
    if (guard?.connected !== true) return;
    const order: GuardOrder = { saidAtMs: hostNowMs(), epoch: this.#epoch, commands };
    // A guard that dies while it is spoken to says so by its end.
    guard.send(order, () => undefined);
  }

  #start(): void {
    const { file, args } = guardProgram();
    const guard = spawn(file, [...args, String(this.#patienceMs)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // A group of its own: what a terminal ends is the daemon, and the guard cleans up after it.
      detached: true,
    });
    this.#guard = guard;
    this.#askedAtMs = undefined;
    this.#epoch = 0;
    this.#startedAtMs = hostNowMs();
    guard.on('message', (word) => this.#heard(guard, word as GuardWord));
    guard.once('error', (error) => this.#died(guard, `the guard cannot be run: ${error.message}`));
    guard.once('exit', (code, signal) =>
      this.#died(guard, `the guard ended with ${signal ?? `exit code ${code}`}`),
    );
  }

  #heard(guard: ChildProcess, word: GuardWord): void {
    if (guard !== this.#guard) return;
    this.#askedAtMs = undefined;
    if (word.type === 'alive') return;
    if (word.type === 'fact') {
      if (word.fact.type === 'changed') this.#forget(word.fact);
      this.#say(word.fact);
      return;
    }
    this.#epoch = word.epoch;
    this.#placed.clear();
    this.#announcing = [];
    this.#removing.clear();
    this.#say({ type: 'dropped', text: word.text });
  }

  #died(guard: ChildProcess, text: string): void {
    if (guard !== this.#guard) return;
    this.#guard = undefined;
    if (this.#closed) return;
    void this.#replace(text);
  }

  /** What it left behind would stay until its leases end: it goes now, before anybody hears that it is gone. */
  async #replace(text: string): Promise<void> {
    const left = [...this.#placed.values()];
    this.#placed.clear();
    this.#announcing = [];
    this.#removing.clear();
    const batch = new IpBatch();
    await batch.run(left.map(removal));
    await batch.end('done');
    if (this.#closed) return;
    const lived = hostNowMs() - this.#startedAtMs >= HEALTHY_MS;
    this.#pauseMs = lived ? 0 : Math.min(PAUSE_MAX_MS, this.#pauseMs * 2 + PAUSE_MS);
    if (lived) this.#start();
    else this.#again = setTimeout(() => this.#start(), this.#pauseMs);
    this.#say({ type: 'dropped', text });
  }
}

/** The bundle beside that of the daemon; from the sources, the source. */
function guardProgram(): { readonly file: string; readonly args: readonly string[] } {
  const here = fileURLToPath(import.meta.url);
  if (!here.endsWith('.ts')) return { file: process.execPath, args: [join(dirname(here), 'vipguard.mjs')] };
  const loader = pathToFileURL(createRequire(here).resolve('tsx')).href;
  const source = join(dirname(here), '..', 'bin', 'vipguard.ts');
  return { file: process.execPath, args: ['--import', loader, source] };
}
