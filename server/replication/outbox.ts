/** Effects of one step, in order. */

import type { NodeName, PrivateName } from '../model/names.ts';
import type { ReplicatorEffect } from './api.ts';
import { encode, type PlainMessage } from './messages.ts';

export class Outbox {
  #effects: ReplicatorEffect[] = [];

  publish(payload: Buffer): void {
    this.#effects.push({ type: 'publish', payload });
  }

  send(to: PrivateName, payload: Buffer): void {
    this.#effects.push({ type: 'send', to, payload });
  }

  say(message: PlainMessage): void {
    this.publish(encode(message));
  }

  sayTo(to: PrivateName, message: PlainMessage): void {
    this.send(to, encode(message));
  }

  claimed(id: number, granted: boolean): void {
    this.#effects.push({ type: 'claimed', id, granted });
  }

  differs(type: 'diverged' | 'converged', object: string, owner: NodeName): void {
    this.#effects.push({ type, object, owner });
  }

  take(): readonly ReplicatorEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}
