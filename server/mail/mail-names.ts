/**
 * Names of messages and connections as mainlog writes them. A message's is unique in the cluster and for ever: counter
 * within a second, process, second, node. Source of the form: `00/00-25004-31B987F3` of the log formats; the digits of
 * the node are ours.
 */

import { type MessageId, NO_CONNECTION } from './api.ts';

export class MailNames {
  readonly #pid: string;
  readonly #node: string;
  #second = 0;
  #counter = 0;

  constructor(self: { readonly pid: number; readonly node: string }) {
    this.#pid = String(self.pid % 100_000).padStart(5, '0');
    this.#node = hex(hash(self.node), 8);
  }

  message(wallMs: number): MessageId {
    const second = Math.floor(wallMs / 1_000);
    this.#counter += 1;
    if (second > this.#second) {
      this.#second = second;
      this.#counter = 0;
    } else if (this.#counter > 0xffff) {
      this.#second += 1;
      this.#counter = 0;
    }
    const counter = hex(this.#counter, 4);
    return `${counter.slice(2)}/${counter.slice(0, 2)}-${this.#pid}-${hex(this.#second, 8)}${this.#node}`;
  }

  connection(id: number = NO_CONNECTION): string {
    return `00/00-${this.#pid}-${hex(id, 8)}`;
  }
}

function hex(value: number, digits: number): string {
  return (value >>> 0).toString(16).toUpperCase().padStart(digits, '0').slice(-digits);
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}
