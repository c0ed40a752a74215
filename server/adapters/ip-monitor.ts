/** `ip monitor`: what changes on interfaces and addresses, line by line; started anew when it ends. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type IpAddress, parseIp } from '../model/ip.ts';

export type IpEvent =
  | { readonly type: 'link' }
  | {
      readonly type: 'added' | 'deleted';
      readonly address: IpAddress;
      readonly prefix: number;
      readonly interface: string;
    };

const ADDRESS = /^(Deleted )?\d+: ([^\s@:]+)(?:@\S+)?\s+inet6? ([0-9a-fA-F.:]+)\/(\d+)\s/;
const START_AGAIN_MS = 1_000;

/** Undefined for what is neither. */
export function ipEventOf(line: string): IpEvent | undefined {
  const [, deleted, name = '', text = '', prefix] = ADDRESS.exec(line) ?? [];
  const address = parseIp(text);
  if (address.ok) {
    const type = deleted === undefined ? 'added' : 'deleted';
    return { type, address: address.value, prefix: Number(prefix), interface: name };
  }
  return /^(?:Deleted )?\d+: \S+: </.test(line) ? { type: 'link' } : undefined;
}

export class IpMonitor {
  readonly #onEvent: (event: IpEvent) => void;
  #child: ChildProcessWithoutNullStreams | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(onEvent: (event: IpEvent) => void) {
    this.#onEvent = onEvent;
    this.#start();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#child?.kill('SIGKILL');
  }

  #start(): void {
    if (this.#closed) return;
    const child = spawn('ip', ['-o', 'monitor', 'link', 'address'], { env: { ...process.env, LC_ALL: 'C' } });
    this.#child = child;
    child.stdin.on('error', () => undefined);
    child.stdin.end();
    child.stderr.resume();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = ipEventOf(line);
      if (event !== undefined && !this.#closed) this.#onEvent(event);
    });
    let over = false;
    const again = (): void => {
      if (over || this.#closed) return;
      over = true;
      this.#timer = setTimeout(() => {
        this.#start();
        // Whatever happened meanwhile was not seen.
        this.#onEvent({ type: 'link' });
      }, START_AGAIN_MS);
    };
    child.once('error', again);
    child.once('close', again);
  }
}
