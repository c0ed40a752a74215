/** Commands about logs on their way, and who waits for the answer of each. */

import type { LogPosition } from '../model/log-position.ts';
import type { LogsCommand, LogsFact } from './service-api.ts';

export type LookedAt = Extract<LogsFact, { type: 'lookedAt' }>['subscribers'];
export type ReadAnswer = Extract<LogsFact, { type: 'read' }>['batch'];
type Outcome = Extract<LogsFact, { type: 'checkpointed' }>['outcome'];

export class LogsDesk {
  readonly #command: (command: LogsCommand) => void;
  readonly #waiting = new Map<number, (fact: LogsFact, nowMs: number) => void>();
  #tickets = 0;

  /** @param command takes commands in order; answers come later, by `onFact`. */
  constructor(command: (command: LogsCommand) => void) {
    this.#command = command;
  }

  onFact(fact: LogsFact, nowMs: number): void {
    const then = this.#waiting.get(fact.ticket);
    this.#waiting.delete(fact.ticket);
    then?.(fact, nowMs);
  }

  lookAt(path: string, then: (subscribers: LookedAt, nowMs: number) => void): void {
    const ticket = this.#await((fact, nowMs) => {
      if (fact.type === 'lookedAt') then(fact.subscribers, nowMs);
    });
    this.#command({ type: 'lookAt', ticket, path });
  }

  read(path: string, from: LogPosition, then: (batch: ReadAnswer, nowMs: number) => void): void {
    const ticket = this.#await((fact, nowMs) => {
      if (fact.type === 'read') then(fact.batch, nowMs);
    });
    this.#command({ type: 'read', ticket, path, from });
  }

  checkpoint(
    what: Omit<Extract<LogsCommand, { type: 'checkpoint' }>, 'type' | 'ticket'>,
    then: (outcome: Outcome) => void,
  ): void {
    const ticket = this.#await((fact) => {
      if (fact.type === 'checkpointed') then(fact.outcome);
    });
    this.#command({ type: 'checkpoint', ticket, ...what });
  }

  release(path: string): void {
    this.#command({ type: 'release', path });
  }

  #await(then: (fact: LogsFact, nowMs: number) => void): number {
    this.#tickets += 1;
    this.#waiting.set(this.#tickets, then);
    return this.#tickets;
  }
}
