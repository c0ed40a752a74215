/**
 * Who answers for an address on the wire, by a capture of ARP on the switch: after somebody else has answered, nobody
 * who held the address before may answer again, unless it came back to him.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type ArpAnswer = { readonly address: string; readonly mac: string; readonly atMs: number };

const REPLY = /^(\d+\.\d+) .*Reply (\S+) is-at ([0-9a-f:]{17})/;
/** Whoever asks with an address as sender claims it as well: all who hear it correct their tables. */
const CLAIM = /^(\d+\.\d+) ([0-9a-f:]{17}) > .*Request who-has \S+ .*tell (\S+),/;

export class ArpWatch {
  readonly #child: ChildProcess;
  readonly #answers: ArpAnswer[] = [];
  readonly ready: Promise<void>;

  /** @param device of the switch, in its namespace */
  constructor(namespace: string, device: string) {
    const capture = ['tcpdump', '-i', device, '-n', '-e', '-l', '-tt', 'arp'];
    this.#child = spawn('ip', ['netns', 'exec', namespace, ...capture], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.#child;
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.#heard(line));
    this.ready = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', (code) => reject(new Error(`tcpdump ended with ${code}`)));
      if (stderr !== null) {
        createInterface({ input: stderr }).on('line', (line) => {
          if (line.includes('listening on')) resolve();
        });
      }
    });
    this.ready.catch(() => undefined);
  }

  /** Of one address, in order. */
  answers(address: string): readonly ArpAnswer[] {
    return this.#answers.filter((answer) => answer.address === address);
  }

  /** Runs of answers of one host: `a a b b` is `a b`. */
  holders(address: string): readonly string[] {
    const macs = this.answers(address).map(({ mac }) => mac);
    return macs.filter((mac, index) => mac !== macs[index - 1]);
  }

  end(): void {
    this.#child.removeAllListeners('exit');
    this.#child.kill('SIGKILL');
  }

  #heard(line: string): void {
    const reply = REPLY.exec(line);
    if (reply !== null) this.#push(reply[1], reply[2], reply[3]);
    const claim = CLAIM.exec(line);
    if (claim !== null) this.#push(claim[1], claim[3], claim[2]);
  }

  #push(seconds = '0', address = '', mac = ''): void {
    this.#answers.push({ address, mac, atMs: Number(seconds) * 1_000 });
  }
}
