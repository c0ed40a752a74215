/**
 * The program jlogctl: subscribers, segments and damage of logs on this machine (jlog.md 17, momentum.md 6.3), and
 * `--cat`, which prints a log. Looking changes nothing, unlike with the C program, which writes to a log to list it.
 */

import type { Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import { DiskStore } from '../adapters/file-store.ts';
import type { ClusterError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import { printableLine, printableText } from '../console/printable.ts';
import type { FileStore, JournalLog } from '../jlog/api.ts';
import { openLog } from '../jlog/log.ts';
import { type RepairReport, repairLog } from '../jlog/repair.ts';
import { formatPosition } from '../model/log-position.ts';
import { type CatOutput, printRecords } from './jlogctl-cat.ts';
import { type Analysis, analysis, perspective, segmentLines, subscriberLines } from './jlogctl-report.ts';

export type JlogctlOptions = {
  /** Without the program's own name. */
  readonly args: readonly string[];
  readonly output: Writable;
  readonly errors: Writable;
};

const JLOGCTL_USAGE = `Usage: jlogctl [-a SUB] [-e SUB] [-p SUB] [-s] [-l] [-i] [-c] [-d] [-r] [-v] PATH...
       jlogctl --cat PATH...
  -a SUB   add a subscriber at the beginning     -l   segments with their sizes and readers
  -e SUB   erase a subscriber                    -i   the same with their indexes
  -p SUB   where a subscriber stands             -d   analyse: what is damaged
  -s       subscribers and their positions       -r   repair (no writer may be at work)
  -c       delete segments nobody needs          -v   more words
  --cat    each record as a line of JSON: id, time, data in base64; damage as gap`;

type Wanted = {
  readonly add?: string | undefined;
  readonly erase?: string | undefined;
  readonly progress?: string | undefined;
  readonly subscribers: boolean;
  readonly list: boolean;
  readonly indexes: boolean;
  readonly clean: boolean;
  readonly analyse: boolean;
  readonly repair: boolean;
  readonly verbose: boolean;
  readonly cat: boolean;
  readonly paths: readonly string[];
};

/** @returns the exit code: 1 when something was refused or is damaged beyond reading, 2 for arguments that are wrong. */
export async function runJlogctl({ args, output, errors }: JlogctlOptions): Promise<number> {
  const store = new DiskStore();
  const wanted = parse(args);
  if (!wanted.ok) {
    errors.write(`${wanted.error}\n${JLOGCTL_USAGE}\n`);
    return 2;
  }
  let failed = false;
  for (const path of wanted.value.paths) {
    const refused = await work({ wanted: wanted.value, store, output, errors }, path);
    if (refused === undefined) continue;
    failed = true;
    errors.write(`jlogctl: ${printableText(refused.message)}\n`);
  }
  return failed ? 1 : 0;
}

function parse(args: readonly string[]): Result<Wanted, string> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        add: { type: 'string', short: 'a' },
        erase: { type: 'string', short: 'e' },
        progress: { type: 'string', short: 'p' },
        subscribers: { type: 'boolean', short: 's', default: false },
        list: { type: 'boolean', short: 'l', default: false },
        indexes: { type: 'boolean', short: 'i', default: false },
        clean: { type: 'boolean', short: 'c', default: false },
        analyse: { type: 'boolean', short: 'd', default: false },
        repair: { type: 'boolean', short: 'r', default: false },
        verbose: { type: 'boolean', short: 'v', default: false },
        cat: { type: 'boolean', default: false },
      },
    });
    if (positionals.length === 0) return err('no path is given');
    return ok({ ...values, paths: positionals });
  } catch (cause) {
    return err(cause instanceof Error ? cause.message : String(cause));
  }
}

type Around = {
  readonly wanted: Wanted;
  readonly store: FileStore;
  readonly output: Writable;
  readonly errors: Writable;
};

/** @returns why something could not be done; what came before it was done. */
async function work(
  { wanted, store, output, errors }: Around,
  path: string,
): Promise<ClusterError | undefined> {
  const opened = openLog(store, path);
  if (!opened.ok) return opened.error;
  const log = opened.value;
  if (wanted.cat) {
    const cat: CatOutput = { output, errors };
    return await printRecords(log, cat);
  }
  const print = (line: string): void => {
    output.write(`${printableText(line)}\n`);
  };
  print(printableLine(path));
  const changed = change(log, wanted, print);
  if (changed !== undefined) return changed;
  if (wanted.repair) {
    const repaired = await new Promise<Result<RepairReport, ClusterError>>((done) =>
      repairLog(store, path, done),
    );
    if (!repaired.ok) return repaired.error;
    for (const line of repaired.value.lines) print(`\t${line}`);
    print(`\trepaired: ${repaired.value.bytesCut} bytes were cut out`);
  }
  const look = { store, directory: path };
  const parts: readonly (Result<readonly string[], ClusterError> | undefined)[] = [
    wanted.progress === undefined ? undefined : perspective(look, wanted.progress),
    wanted.subscribers ? subscriberLines(log) : undefined,
    wanted.list || wanted.indexes ? segmentLines(look, { indexes: wanted.indexes }) : undefined,
  ];
  for (const part of parts) {
    if (part === undefined) continue;
    if (!part.ok) return part.error;
    for (const line of part.value) print(line);
  }
  if (!wanted.analyse) return undefined;
  const found: Result<Analysis, ClusterError> = analysis(look, { verbose: wanted.verbose }, (line) => {
    errors.write(`${line}\n`);
  });
  if (!found.ok) return found.error;
  for (const line of found.value.lines) print(line);
  return undefined;
}

function change(log: JournalLog, wanted: Wanted, print: (line: string) => void): ClusterError | undefined {
  if (wanted.add !== undefined) {
    const added = log.addSubscriber(wanted.add, 'begin');
    if (!added.ok) return added.error;
    print(`Added subscriber '${printableLine(wanted.add)}' -> ${formatPosition(added.value)}`);
  }
  if (wanted.erase !== undefined) {
    const erased = log.removeSubscriber(wanted.erase);
    if (!erased.ok) return erased.error;
    print(`Erased subscriber '${printableLine(wanted.erase)}'`);
  }
  if (wanted.clean) {
    const cleaned = log.clean();
    if (!cleaned.ok) return cleaned.error;
    print(`\tdeleted ${cleaned.value.length} segments`);
  }
  return undefined;
}
