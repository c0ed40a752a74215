/**
 * The data folder of a demo cluster: what was chosen at the first start, the generated configuration, `demo.json` for
 * automation. Files with secrets have mode 0600. Edited configuration files are never overwritten.
 */

import { createHash, randomBytes, randomInt } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newKeyFile } from '../../adapters/bus-keys.ts';
import { configurationFiles, KEY_FILE } from './demo-configuration.ts';
import {
  clusterProcesses,
  type DemoAccount,
  type DemoState,
  demoVips,
  NODES_DEFAULT,
  sinkAddress,
} from './demo-plan.ts';
import { findPort, isFree } from './free-port.ts';

const STATE_FILE = 'demo-state.json';
const PAGE_PORT = 4880;
const BUS_PORT = 4809;
const CLUSTER_PORT = 4802;
const SMTP_PORT = 2525;
const SINK_PORT = 2526;
/** Where all share one address: far from the row of bus ports. */
const CLUSTER_PORT_ROW = 4840;
/** Preferred to the system's choice, which may be long. */
const SHORT_TEMPORARY = '/tmp';

export type DemoProcessEntry = {
  readonly name: string;
  /** Name of the program. */
  readonly kind: string;
  /** Null while it does not run. */
  readonly pid: number | null;
  /** Endpoint of the control listener; null for a program without one. */
  readonly control: string | null;
};

export type DemoFile = {
  readonly url: string;
  readonly accounts: readonly DemoAccount[];
  readonly processes: readonly DemoProcessEntry[];
  readonly vips: readonly DemoVipEntry[];
};

export type DemoVipEntry = {
  readonly address: string;
  /** Where the node that has the address greets; null without a listener. */
  readonly smtpPort: number | null;
};

function writePrivate(file: string, text: string): void {
  const part = `${file}.part`;
  writeFileSync(part, text, { mode: 0o600 });
  renameSync(part, file);
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Letters and digits that nobody mixes up when typing; 16 of 31 are 79 bits. */
const PASSWORD_LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';

function randomPassword(): string {
  const letters = Array.from({ length: 16 }, () => PASSWORD_LETTERS[randomInt(PASSWORD_LETTERS.length)]);
  return letters.join('').replace(/(.{4})(?=.)/g, '$1-');
}

async function firstState(nodes: number): Promise<DemoState> {
  const oneAddress = !(await isFree({ address: '127.0.0.11', port: 0 }));
  const shape: DemoState = {
    version: 1,
    oneAddress,
    busPort: 0,
    clusterPort: 0,
    smtpPort: 0,
    sinkPort: 0,
    pagePort: 0,
    nodes,
    socketFolder: path.join(
      existsSync(SHORT_TEMPORARY) ? SHORT_TEMPORARY : tmpdir(),
      `muster-${randomBytes(4).toString('hex')}`,
    ),
    accounts: (['viewer', 'operator', 'admin'] as const).map((role) => {
      return { name: role, password: randomPassword(), role };
    }),
    generated: {},
  };
  const busPort = await findPort(BUS_PORT, (busPort) =>
    clusterProcesses({ ...shape, busPort }).map(({ address, busPort: port }) => ({ address, port })),
  );
  const clusterPort = await findPort(oneAddress ? CLUSTER_PORT_ROW : CLUSTER_PORT, (clusterPort) =>
    clusterProcesses({ ...shape, clusterPort }).map(({ address, clusterPort: port }) => ({ address, port })),
  );
  const pagePort = await findPort(PAGE_PORT, (port) => [{ address: '127.0.0.1', port }]);
  const [smtpPort, sinkPort] = [await findSmtpPort(shape), await findSinkPort(shape)];
  return { ...shape, busPort, clusterPort, pagePort, smtpPort, sinkPort };
}

function findSmtpPort(state: DemoState): Promise<number> {
  if (state.oneAddress) return Promise.resolve(SMTP_PORT);
  return findPort(SMTP_PORT, (port) => demoVips(state).map(({ address }) => ({ address, port })));
}

function findSinkPort(state: DemoState): Promise<number> {
  return findPort(SINK_PORT, (port) => [{ address: sinkAddress(state), port }]);
}

export class DemoFolder {
  readonly path: string;
  #state: DemoState;

  private constructor(folder: string, state: DemoState) {
    this.path = folder;
    this.#state = state;
  }

  /**
   * Opens the folder, and chooses ports, passwords and keys where it is new.
   * @throws Error with one line for people when the folder cannot be used.
   */
  static async open(folder: string, nodes: number | undefined): Promise<DemoFolder> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = path.join(folder, STATE_FILE);
    const found = existsSync(file) ? parseState(readFileSync(file, 'utf8'), file) : undefined;
    const state = found === undefined ? await firstState(nodes ?? NODES_DEFAULT) : await completed(found);
    const opened = new DemoFolder(folder, nodes === undefined ? state : { ...state, nodes });
    opened.#save();
    return opened;
  }

  get state(): DemoState {
    return this.#state;
  }

  #save(): void {
    writePrivate(path.join(this.path, STATE_FILE), `${JSON.stringify(this.#state, null, 2)}\n`);
  }

  /** Remembers the port under which the pages are served. */
  keepPagePort(pagePort: number): void {
    this.#state = { ...this.#state, pagePort };
    this.#save();
  }

  /**
   * Writes the key of the bus where there is none, and the configuration files that are missing or still as they
   * were generated.
   * @returns the edited files that were left alone although a new one would differ
   */
  writeConfiguration(): readonly string[] {
    this.#writeKey();
    const generated = { ...this.#state.generated };
    const kept: string[] = [];
    for (const [name, text] of configurationFiles(this.#state, this.path)) {
      const file = path.join(this.path, name);
      const present = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
      if (present === text) continue;
      if (present !== undefined && hashOf(present) !== generated[name]) {
        if (generated[name] !== hashOf(text)) kept.push(name);
        continue;
      }
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      writePrivate(file, text);
      generated[name] = hashOf(text);
    }
    this.#state = { ...this.#state, generated };
    this.#save();
    return kept;
  }

  #writeKey(): void {
    const file = path.join(this.path, KEY_FILE);
    if (existsSync(file)) return;
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writePrivate(file, newKeyFile());
  }

  /**
   * Makes the folder for control sockets.
   * @throws Error when somebody else owns what is there.
   */
  makeSocketFolder(): void {
    const { socketFolder } = this.#state;
    mkdirSync(socketFolder, { recursive: true, mode: 0o700 });
    const found = lstatSync(socketFolder);
    if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid())) {
      throw new Error(`${socketFolder} belongs to somebody else; remove it or use another data folder.`);
    }
  }

  removeSocketFolder(): void {
    rmSync(this.#state.socketFolder, { recursive: true, force: true });
  }

  /** False after a supervisor was killed: its processes may still be ending. */
  get endedInOrder(): boolean {
    return !existsSync(path.join(this.path, 'demo.json'));
  }

  writeDemoFile(content: DemoFile): void {
    writePrivate(path.join(this.path, 'demo.json'), `${JSON.stringify(content, null, 2)}\n`);
  }

  removeDemoFile(): void {
    rmSync(path.join(this.path, 'demo.json'), { force: true });
  }
}

/** Of a folder from before there were floating addresses, or mail. */
async function completed(
  state: Omit<DemoState, 'smtpPort' | 'sinkPort'> & Partial<DemoState>,
): Promise<DemoState> {
  const known = { ...state, smtpPort: state.smtpPort ?? 0, sinkPort: state.sinkPort ?? 0 };
  const smtpPort = state.smtpPort ?? (await findSmtpPort(known));
  return { ...known, smtpPort, sinkPort: state.sinkPort ?? (await findSinkPort(known)) };
}

function parseState(text: string, file: string): DemoState {
  let state: { readonly version?: unknown } | null;
  try {
    state = JSON.parse(text);
  } catch {
    throw new Error(`${file} is damaged; remove the data folder to start anew.`);
  }
  if (state?.version !== 1) throw new Error(`${file} is of another version; use another data folder.`);
  return state as DemoState;
}
