/**
 * Writer, node and manager are killed at random moments while numbered lines flow: then every line that was acknowledged
 * is in the aggregated files, once and whole. Real processes, real files, SIGKILL.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Prng } from '../../server/base/prng.ts';
import { type BundledPrograms, bundlePrograms } from '../support/bundled-programs.ts';
import { ClusterProcesses, type ProcessName } from '../support/cluster-processes.ts';
import { parseNumberedLine } from '../support/numbered-line.ts';
import { NumberedLog } from '../support/numbered-log.ts';
import { until } from '../support/until.ts';

const ROUNDS = 200;
const ROUND_MS = [60, 300] as const;
/** Now and then there is time for all to come up and for lines to flow. */
const CALM_EVERY = 5;
const CALM_MS = 700;
const DRAIN_LIMIT_MS = 120_000;
const LIMIT_MS = 400_000;
const SEED = Number(process.env['TORTURE_SEED'] ?? Date.now() % 1_000_000);

/** One process that writes, life after life. */
class Writer {
  /** By life, the last number that was acknowledged. */
  readonly acknowledged: number[] = [];
  readonly #program: string;
  readonly #directory: string;
  /** What a life said that ended by itself. */
  readonly deaths: string[] = [];
  #child: { readonly process: ChildProcess; readonly closed: Promise<void> } | undefined;

  constructor(program: string, directory: string) {
    this.#program = program;
    this.#directory = directory;
  }

  start(): void {
    const life = this.acknowledged.push(0) - 1;
    const args = [this.#program, this.#directory, String(life), '4', '5', '120'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr?.on('data', (data: Buffer) => {
      errors += data.toString('utf8');
    });
    const closed = new Promise<void>((resolve) => {
      child.once('close', (code, signal) => {
        if (signal !== 'SIGKILL') this.deaths.push(`life ${life}: ${code ?? signal} ${errors}`);
        resolve();
      });
    });
    this.#child = { process: child, closed };
    let text = '';
    child.stdout?.on('data', (data: Buffer) => {
      text = (text + data.toString('latin1')).slice(-64);
      // The last line may not be whole.
      const [, last] = /(\d+)\n\d*$/.exec(text) ?? [];
      if (last !== undefined) this.acknowledged[life] = Number(last);
    });
  }

  /** What it printed before it died is read to the end. */
  async kill(): Promise<void> {
    this.#child?.process.kill('SIGKILL');
    await this.#child?.closed;
  }
}

describe(`SIGKILL for everybody, seed ${SEED} (TORTURE_SEED)`, { timeout: LIMIT_MS }, () => {
  let cluster: ClusterProcesses;
  let programs: BundledPrograms;
  let writer: Writer;
  let log: NumberedLog;

  beforeAll(async () => {
    programs = await bundlePrograms({
      ecnode: 'server/bin/ecnode.ts',
      eccmgr: 'server/bin/eccmgr.ts',
      vipguard: 'server/bin/vipguard.ts',
      'log-writer': 'tests/support/log-writer.ts',
    });
    cluster = await ClusterProcesses.create(1);
    cluster.bundles = programs.folder;
    const directory = path.join(cluster.folder, 'logs/mainlog.cluster');
    log = new NumberedLog(directory, { subscribers: ['manager', 'late'], unitBytes: 64 * 1_024 });
    log.close();
    cluster.append('conf/node1/node-local.conf', [
      `cluster { log_active_interval = 0 log_idle_interval = 1 logs = [ mainlog = "${directory}" ] }`,
    ]);
    cluster.append('conf/manager/node-local.conf', [
      `Logs { logfile = "${cluster.folder}/aggregated/%Y%m%d%H%M/%{n}" max_idle = 1 }`,
    ]);
    writer = new Writer(path.join(programs.folder, 'log-writer.mjs'), directory);
    await cluster.start('manager', 'node1');
  }, LIMIT_MS);
  afterAll(async () => {
    await writer.kill();
    await cluster.stop();
    await programs.remove();
  }, LIMIT_MS);

  /** Of all files, oldest first; what may be on its way into a file is part of it. */
  const aggregated = (): string => {
    const folder = path.join(cluster.folder, 'aggregated');
    const minutes = existsSync(folder) ? readdirSync(folder).sort() : [];
    const files = minutes.map((minute) => path.join(folder, minute, 'node1'));
    return files.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')).join('');
  };
  const count = (): number => aggregated().split('\n').length - 1;
  const restart = async (name: ProcessName): Promise<void> => {
    await cluster.process(name).end('SIGKILL');
    cluster.spawn(name);
  };

  test(`[LOG-09] ${ROUNDS} rounds: no acknowledged line is missing, none is there twice, none is torn`, async () => {
    const prng = new Prng(SEED);
    writer.start();
    for (let round = 1; round <= ROUNDS; round += 1) {
      await wait(round % CALM_EVERY === 0 ? CALM_MS : prng.between(...ROUND_MS));
      const victims = [prng.chance(0.35), prng.chance(0.35), prng.chance(0.35)];
      if (!victims.includes(true)) victims[prng.below(3)] = true;
      const [ofWriter, ofNode, ofManager] = victims;
      await Promise.all([
        ...(ofWriter ? [writer.kill().then(() => writer.start())] : []),
        ...(ofNode ? [restart('node1')] : []),
        ...(ofManager ? [restart('manager')] : []),
      ]);
    }
    await writer.kill();
    const acknowledged = writer.acknowledged.reduce((sum, last) => sum + last, 0);
    await until(() => count() >= acknowledged || undefined, DRAIN_LIMIT_MS);
    const ended = () => log.subscribers().find((one) => one.startsWith('manager '));
    let before = '';
    await until(async () => {
      const now = `${ended()} ${count()}`;
      const quiet = now === before;
      before = now;
      await wait(1_500);
      return quiet || undefined;
    }, DRAIN_LIMIT_MS);
    const found = new Map<number, number>();
    const lines = aggregated().split('\n');
    expect(lines.pop(), 'the end of the last file').toBe('');
    for (const line of lines) {
      const parsed = parseNumberedLine(line);
      expect(parsed, `torn: ${JSON.stringify(line)}`).toBeDefined();
      const { life, number } = parsed ?? { life: -1, number: -1 };
      // In order, without a hole and none twice: each line of a life follows the one before it.
      expect(number, `life ${life}, after ${found.get(life)}`).toBe((found.get(life) ?? 0) + 1);
      found.set(life, number);
    }
    const missing = writer.acknowledged.flatMap((last, life) =>
      (found.get(life) ?? 0) < last ? [`life ${life}: ${found.get(life)} of ${last}`] : [],
    );
    expect(missing).toEqual([]);
    expect(writer.deaths).toEqual([]);
    expect(acknowledged).toBeGreaterThan(ROUNDS);
    // Nobody else ever read: not one segment may be gone.
    expect(readdirSync(log.directory)).toContain('00000000');
  });
});
