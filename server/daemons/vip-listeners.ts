/**
 * The listeners of mail and web on floating addresses (VIP-28): an endpoint is open exactly while this node has its
 * address. Endpoints on all addresses (`*:25`) are none of them, and neither are those on addresses of the host.
 */

import { duravipUses } from '../conf/duravip-uses.ts';
import type { Generation } from '../conf/generation.ts';
import type { IpAddress } from '../model/ip.ts';
import { RETRY_WAITS_MS, VipEndpoint, type VipEndpointPlan, type VipService } from './vip-endpoint.ts';

/** By the name of the listener as DuraVIP calls it, such as `ESMTP_Listener`. */
export type VipServices = ReadonlyMap<string, VipService>;

export type VipListenersParts = {
  readonly generation: Generation;
  readonly services: VipServices;
  /** Something could not be opened; one line for people. */
  readonly problem: (text: string) => void;
  readonly retryWaitsMs?: readonly number[];
};

/** Problems told of one generation; more are not worth a line each. */
export const PROBLEMS_TOLD_MAX = 100;

type Plans = ReadonlyMap<IpAddress, readonly VipEndpointPlan[]>;

export class VipListeners {
  readonly #services: VipServices;
  readonly #problem: (text: string) => void;
  readonly #retryWaitsMs: readonly number[];
  readonly #owned = new Map<IpAddress, Map<string, VipEndpoint>>();
  #plans: Plans;
  #told = 0;

  constructor({ generation, services, problem, retryWaitsMs = RETRY_WAITS_MS }: VipListenersParts) {
    this.#services = services;
    this.#problem = problem;
    this.#retryWaitsMs = retryWaitsMs;
    this.#plans = plansOf(generation);
    for (const line of this.#unserved()) this.#tell(line);
  }

  /**
   * @param run true: this host has the address. False: it is about to go; nothing of it is open and nobody is connected
   * to it when this returns.
   */
  serve(address: IpAddress, run: boolean): void {
    if (run) {
      if (!this.#owned.has(address)) this.#owned.set(address, new Map());
      void this.#align(address);
      return;
    }
    for (const endpoint of this.#owned.get(address)?.values() ?? []) endpoint.close();
    this.#owned.delete(address);
  }

  /** @returns a line for each endpoint that could not be opened at once, and for each listener that nothing serves. */
  async follow(generation: Generation): Promise<readonly string[]> {
    this.#plans = plansOf(generation);
    this.#told = 0;
    const opened = await Promise.all([...this.#owned.keys()].map((address) => this.#align(address)));
    return [...this.#unserved(), ...opened.flat()].slice(0, PROBLEMS_TOLD_MAX);
  }

  /** Closes everything. */
  close(): void {
    for (const address of [...this.#owned.keys()]) this.serve(address, false);
  }

  #unserved(): readonly string[] {
    const services = new Set([...this.#plans.values()].flat().map(({ service }) => service));
    return [...services]
      .filter((service) => !this.#services.has(service))
      .map((service) => `${service} has no service here: its endpoints stay closed`);
  }

  /** Closes what is planned no more, then opens what is new. */
  async #align(address: IpAddress): Promise<readonly string[]> {
    const open = this.#owned.get(address);
    if (open === undefined) return [];
    const planned = new Map((this.#plans.get(address) ?? []).map((plan) => [JSON.stringify(plan), plan]));
    for (const [key, endpoint] of open) {
      if (planned.has(key)) continue;
      endpoint.close();
      open.delete(key);
    }
    const attempts = [...planned].map(async ([key, plan]): Promise<readonly string[]> => {
      const service = this.#services.get(plan.service);
      if (service === undefined || open.has(key)) return [];
      const title = `${plan.service} "${plan.instance}"`;
      const failed = (problem: string): void => this.#tell(`${title}: ${problem}`);
      const endpoint = new VipEndpoint(plan, service, { failed, retryWaitsMs: this.#retryWaitsMs });
      open.set(key, endpoint);
      const problem = await endpoint.open();
      return problem === undefined ? [] : [`${title}: ${problem}`];
    });
    return (await Promise.all(attempts)).flat();
  }

  #tell(text: string): void {
    this.#told += 1;
    if (this.#told <= PROBLEMS_TOLD_MAX) this.#problem(text);
    else if (this.#told === PROBLEMS_TOLD_MAX + 1) this.#problem('more endpoints cannot be opened');
  }
}

function plansOf(generation: Generation): Plans {
  const plans = [...duravipUses(generation).vips.values()].map(
    ({ address, listens }): [IpAddress, readonly VipEndpointPlan[]] => [
      address,
      listens.flatMap(({ endpoint, scope, service, backlog }) =>
        endpoint?.kind === 'tcp'
          ? [{ instance: scope.instance ?? '', service, address, port: endpoint.port, backlog }]
          : [],
      ),
    ],
  );
  return new Map(plans);
}
