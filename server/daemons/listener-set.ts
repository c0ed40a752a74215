/**
 * The open endpoints of one listener of a running process, kept in line with its configuration. An endpoint that
 * cannot be opened is reported and what was open before stays; connections of a closed endpoint live on.
 */

import { ClusterError } from '../base/errors.ts';
import type { ListenPlan } from '../cluster/process-options.ts';

export type OpenListener = {
  /** Where it listens, with the port that the system chose for port 0. */
  readonly place: string;
  /** 0 where there is none, or where nobody needs it. */
  readonly port: number;
  /** Stops accepting at once. */
  readonly close: () => void;
};

type Open = { readonly plan: ListenPlan; readonly listener: OpenListener };

export class ListenerSet {
  readonly #title: string;
  readonly #listen: (plan: ListenPlan) => Promise<OpenListener>;
  #open: Open[] = [];

  /**
   * @param title documented name of the listener scope.
   * @param listen opens one endpoint; throws ClusterError when that cannot be done.
   */
  constructor(title: string, listen: (plan: ListenPlan) => Promise<OpenListener>) {
    this.#title = title;
    this.#listen = listen;
  }

  /** In the order in which they were opened. */
  get open(): readonly OpenListener[] {
    return this.#open.map(({ listener }) => listener);
  }

  /** @throws ClusterError for the first endpoint that cannot be opened. */
  async start(plans: readonly ListenPlan[]): Promise<void> {
    for (const plan of plans) this.#open.push({ plan, listener: await this.#listen(plan) });
  }

  /**
   * Opens what is new, then closes what is gone; nothing is closed while something new cannot be opened.
   * @returns one line for people for each endpoint that could not be opened.
   */
  async follow(plans: readonly ListenPlan[]): Promise<readonly string[]> {
    const problems: string[] = [];
    const gone = this.#open.filter(({ plan }) => !plans.some((one) => keyOf(one) === keyOf(plan)));
    for (const plan of plans) {
      const before = this.#open.find((one) => keyOf(one.plan) === keyOf(plan));
      if (before !== undefined && JSON.stringify(before.plan) === JSON.stringify(plan)) continue;
      const inTheWay = before === undefined ? gone.filter((one) => samePort(one.plan, plan)) : [before];
      const problem =
        before === undefined ? await this.#openBeside(plan, inTheWay) : await this.#replace(plan, inTheWay);
      if (problem !== undefined) problems.push(`${this.#title} "${plan.instance}": ${problem}`);
    }
    if (problems.length === 0) for (const one of gone) this.#close(one);
    return problems;
  }

  close(): void {
    for (const one of [...this.#open]) this.#close(one);
  }

  /** A wildcard and an address with the same port exclude each other: then the old one makes room first. */
  async #openBeside(plan: ListenPlan, inTheWay: readonly Open[]): Promise<string | undefined> {
    const problem = await this.#try(plan);
    return problem === undefined || inTheWay.length === 0 ? problem : this.#replace(plan, inTheWay);
  }

  async #replace(plan: ListenPlan, olds: readonly Open[]): Promise<string | undefined> {
    for (const old of olds) this.#close(old);
    const problem = await this.#try(plan);
    if (problem === undefined) return undefined;
    const lost: string[] = [];
    for (const old of olds) {
      const again = await this.#try(old.plan);
      if (again !== undefined) lost.push(`; "${old.plan.instance}" is closed: ${again}`);
    }
    return problem + lost.join('');
  }

  async #try(plan: ListenPlan): Promise<string | undefined> {
    try {
      this.#open.push({ plan, listener: await this.#listen(plan) });
      return undefined;
    } catch (error) {
      if (error instanceof ClusterError) return error.message;
      throw error;
    }
  }

  #close(one: Open): void {
    if (!this.#open.includes(one)) return;
    this.#open = this.#open.filter((other) => other !== one);
    one.listener.close();
  }
}

function keyOf({ endpoint }: ListenPlan): string {
  return JSON.stringify(endpoint);
}

function samePort(a: ListenPlan, b: ListenPlan): boolean {
  return a.endpoint.kind === 'tcp' && b.endpoint.kind === 'tcp' && a.endpoint.port === b.endpoint.port;
}
