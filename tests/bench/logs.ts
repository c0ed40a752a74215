/**
 * Lines from a writer through a real node and a real manager into aggregated files: how many, how late, and how much
 * memory that takes; and how a node that nobody read for long gives its backlog away.
 * Flags: `--seconds N` (10), `--mb-per-s N` (10), `--line-bytes N` (200), `--backlog-mb N` (256; 4096 is the goal).
 */

import { closeSync, existsSync, openSync, readFileSync, readSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { inCheckout } from '../support/checkout.ts';
import { ClusterProcesses, type ProcessName } from '../support/cluster-processes.ts';
import { NumberedLog } from '../support/numbered-log.ts';
import { quantile } from './quantile.ts';
import type { BenchReport } from './report.ts';

const MB = 1_000_000;
const TICK_MS = 20;
const LOOK_MS = 25;
/** Every so many lines one is looked at. */
const SAMPLE_EVERY = 50;
const DRAIN_LIMIT_MS = 1_800_000;
/** Of what the disk has left, for a backlog that is there twice in the end. */
const DISK_SHARE = 0.35;

export async function logsBench(flags: readonly string[]): Promise<BenchReport> {
  const { values } = parseArgs({
    args: [...flags],
    options: {
      seconds: { type: 'string', default: '10' },
      'mb-per-s': { type: 'string', default: '10' },
      'line-bytes': { type: 'string', default: '200' },
      'backlog-mb': { type: 'string', default: '256' },
    },
  });
  const cluster = await ClusterProcesses.create(1);
  cluster.bundles = inCheckout('dist');
  try {
    const run = new LogsRun(cluster, Number(values['line-bytes']));
    await cluster.start('manager', 'node1');
    const flow = await run.flow(Number(values.seconds), Number(values['mb-per-s']));
    const backlog = await run.backlog(Number(values['backlog-mb']));
    run.close();
    return { numbers: { ...flow, ...backlog } };
  } finally {
    await cluster.stop();
  }
}

class LogsRun {
  readonly #cluster: ClusterProcesses;
  readonly #lineBytes: number;
  readonly #log: NumberedLog;
  #written = 0;

  constructor(cluster: ClusterProcesses, lineBytes: number) {
    this.#cluster = cluster;
    this.#lineBytes = lineBytes;
    const directory = path.join(cluster.folder, 'logs/mainlog.cluster');
    this.#log = new NumberedLog(directory, { subscribers: ['manager'] });
    cluster.append('conf/node1/node-local.conf', [`cluster { logs = [ mainlog = "${directory}" ] }`]);
    cluster.append('conf/manager/node-local.conf', [`Logs { logfile = "${cluster.folder}/out/%{n}" }`]);
  }

  /** At a steady rate, with the documented intervals. */
  async flow(seconds: number, mbPerS: number): Promise<Readonly<Record<string, number>>> {
    this.#write(1);
    await this.#aggregated(this.#written);
    const watch = new FileWatch(this.#file);
    const startedMs = performance.now();
    const perTick = Math.max(1, Math.round((mbPerS * MB * TICK_MS) / 1_000 / this.#lineBytes));
    const before = this.#written;
    for (let tick = 1; tick * TICK_MS <= seconds * 1_000; tick += 1) {
      this.#write(perTick);
      if (tick % Math.ceil(LOOK_MS / TICK_MS) === 0) watch.look();
      await wait(Math.max(0, startedMs + tick * TICK_MS - performance.now()));
    }
    const wroteS = (performance.now() - startedMs) / 1_000;
    while (watch.lines < this.#written - before) {
      if (performance.now() - startedMs > DRAIN_LIMIT_MS) throw new Error('the lines do not arrive');
      watch.look();
      await wait(LOOK_MS);
    }
    const tookS = (performance.now() - startedMs) / 1_000;
    const lines = this.#written - before;
    return {
      'written MB/s': round((lines * this.#lineBytes) / MB / wroteS),
      'aggregated lines/s': Math.round(lines / tookS),
      'lag p50 s': round(quantile(watch.lagsMs, 0.5) / 1_000),
      'lag p99 s': round(quantile(watch.lagsMs, 0.99) / 1_000),
      'lag max s': round(Math.max(...watch.lagsMs) / 1_000),
      'memory of the node MB': this.#memoryMb('node1'),
      'memory of the manager MB': this.#memoryMb('manager'),
    };
  }

  /** Written while no manager runs, then pulled at once. */
  async backlog(wantedMb: number): Promise<Readonly<Record<string, number>>> {
    await this.#cluster.process('manager').end('SIGTERM');
    const { bavail, bsize } = statfsSync(this.#cluster.folder);
    const mb = Math.floor(Math.min(wantedMb, (Number(bavail) * Number(bsize) * DISK_SHARE) / MB));
    const lines = Math.round((mb * MB) / this.#lineBytes);
    for (let left = lines; left > 0; left -= 10_000) {
      this.#write(Math.min(10_000, left));
      await wait(0);
    }
    const startedMs = performance.now();
    await this.#cluster.start('manager');
    const readyMs = performance.now();
    await this.#aggregated(this.#written);
    const tookS = (performance.now() - readyMs) / 1_000;
    return {
      'backlog MB': mb,
      'backlog: manager ready after s': round((readyMs - startedMs) / 1_000),
      'backlog: MB/s': round(mb / tookS),
      'backlog: most memory of the node MB': this.#memoryMb('node1'),
      'backlog: most memory of the manager MB': this.#memoryMb('manager'),
    };
  }

  close(): void {
    this.#log.close();
  }

  get #file(): string {
    return path.join(this.#cluster.folder, 'out/node1');
  }

  #write(count: number): void {
    const now = Date.now();
    const lines = Array.from({ length: count }, () => `${now} `.padEnd(this.#lineBytes - 1, 'x'));
    this.#log.append(lines, now);
    this.#written += count;
  }

  async #aggregated(lines: number): Promise<void> {
    const startedMs = performance.now();
    const bytes = lines * this.#lineBytes;
    while (!existsSync(this.#file) || statSync(this.#file).size < bytes) {
      if (performance.now() - startedMs > DRAIN_LIMIT_MS) throw new Error('the lines do not arrive');
      await wait(LOOK_MS);
    }
  }

  /** The most that it ever had. */
  #memoryMb(name: ProcessName): number {
    const status = readFileSync(`/proc/${this.#cluster.process(name).child.pid}/status`, 'utf8');
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1_024);
  }
}

/** Reads what is added to a file; lines begin with the moment at which they were written. */
class FileWatch {
  readonly lagsMs: number[] = [];
  lines = 0;
  readonly #path: string;
  #offset: number;
  #rest = '';
  readonly #buffer = Buffer.alloc(4 * 1_024 * 1_024);

  constructor(file: string) {
    this.#path = file;
    this.#offset = statSync(file).size;
  }

  look(): void {
    const fd = openSync(this.#path, 'r');
    try {
      for (;;) {
        const bytes = readSync(fd, this.#buffer, 0, this.#buffer.length, this.#offset);
        if (bytes === 0) return;
        this.#offset += bytes;
        this.#take(this.#rest + this.#buffer.toString('latin1', 0, bytes));
      }
    } finally {
      closeSync(fd);
    }
  }

  #take(text: string): void {
    const now = Date.now();
    let at = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', at)) {
      if (this.lines % SAMPLE_EVERY === 0)
        this.lagsMs.push(now - Number.parseInt(text.slice(at, at + 16), 10));
      this.lines += 1;
      at = end + 1;
    }
    this.#rest = text.slice(at);
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
