/** Endpoints of ESMTP_Listener on addresses that stay, kept in line with the configuration (those on floating ones are vip-listeners.ts). */

import type { MailListen } from '../cluster/mail-plan.ts';
import { RETRY_WAITS_MS, VipEndpoint, type VipService } from './vip-endpoint.ts';

export class MailListeners {
  readonly #service: VipService;
  readonly #problem: (text: string) => void;
  readonly #open = new Map<string, VipEndpoint>();

  /** @param problem one line for people, about what is tried again or was given up. */
  constructor(service: VipService, problem: (text: string) => void) {
    this.#service = service;
    this.#problem = problem;
  }

  /** Closes what is planned no more, with its connections, then opens what is new. @returns what cannot be opened at once. */
  async follow(plans: readonly MailListen[]): Promise<readonly string[]> {
    const planned = new Map(plans.map((plan) => [JSON.stringify(plan), plan]));
    for (const [key, endpoint] of this.#open) {
      if (planned.has(key)) continue;
      endpoint.close();
      this.#open.delete(key);
    }
    const opened = [...planned].map(async ([key, plan]): Promise<readonly string[]> => {
      if (this.#open.has(key)) return [];
      const { instance, host: address, port, backlog } = plan;
      const title = `ESMTP_Listener "${instance}"`;
      const endpoint = new VipEndpoint(
        { instance, service: 'ESMTP_Listener', address, port, backlog },
        this.#service,
        { failed: (problem) => this.#problem(`${title}: ${problem}`), retryWaitsMs: RETRY_WAITS_MS },
      );
      this.#open.set(key, endpoint);
      const problem = await endpoint.open();
      return problem === undefined ? [] : [`${title}: ${problem}`];
    });
    return (await Promise.all(opened)).flat();
  }

  /** Nobody is listened to, and no connection is left, when this returns. */
  close(): void {
    for (const endpoint of this.#open.values()) endpoint.close();
    this.#open.clear();
  }
}
