/** A gateway over scripted DuraVIPs, and people who move them by its API. */

import { expect } from 'vitest';
import { type OperationRow, operationReply } from '../../server/wire/duravip.ts';
import { type AuditRecord, auditReply } from '../../server/wire/http.ts';
import { type Answer, openWorld, Page, type World } from './gateway-world.ts';
import { HandClock } from './hand-clock.ts';
import { until } from './until.ts';

export const operationIn = (answer: Answer): OperationRow => operationReply.parse(answer.body).operation;

export class DuravipPages {
  readonly clock: HandClock;
  readonly world: World;
  readonly operator: Page;
  readonly admin: Page;
  #keys = 0;

  private constructor(clock: HandClock, world: World, operator: Page, admin: Page) {
    this.clock = clock;
    this.world = world;
    this.operator = operator;
    this.admin = admin;
  }

  /** Four nodes, 300 addresses in two networks. */
  static async open(): Promise<DuravipPages> {
    const clock = new HandClock();
    const nodes = ['labrat-1', 'labrat-2', 'labrat-3', 'labrat-4'];
    const world = await openWorld({ clock, nodes, vips: { addresses: 300, ipv6: 2 } });
    const operator = await Page.signedIn(world.gateway, 'operator');
    return new DuravipPages(clock, world, operator, await Page.signedIn(world.gateway, 'admin'));
  }

  async close(): Promise<void> {
    await this.world.close();
  }

  expectedOf(address: string): { readonly owner: string | null; readonly version: string } {
    const { owner, version } = this.world.cluster.vips.row(address);
    return { owner, version };
  }

  /** A new key each time, unless one is given. */
  headers(key?: string): Readonly<Record<string, string>> {
    this.#keys += 1;
    return { 'idempotency-key': key ?? `duravip-key-${this.#keys}` };
  }

  async post(path: string, body: unknown = {}, page: Page = this.operator): Promise<Answer> {
    return await page.post(`/api/duravip/${path}`, body, this.headers());
  }

  async move(
    addresses: readonly string[],
    to: string,
    more: Readonly<Record<string, unknown>> = {},
    { page = this.operator, key }: { readonly page?: Page; readonly key?: string } = {},
  ): Promise<Answer> {
    const items = addresses.map((address) => ({ address, to, expected: this.expectedOf(address) }));
    return await page.post('/api/duravip/moves', { items, ...more }, this.headers(key));
  }

  async followed(id: string): Promise<OperationRow> {
    return operationIn(await this.operator.get(`/api/duravip/operations/${id}`));
  }

  /** What was asked for goes out once it is on disk. */
  async sent(count: number): Promise<void> {
    await until(() => this.commands().length >= count);
  }

  /** The operation once it has had time for everything, after so many commands went out in all. */
  async finished(answer: Answer, count = 1): Promise<OperationRow> {
    await this.sent(count);
    this.clock.advance(8_000);
    return await this.followed(operationIn(answer).id);
  }

  commands(): readonly string[] {
    return this.world.cluster.observer.sent.map(({ command }) => command);
  }

  /** Records of commands, newest first; their chain holds. */
  async audit(): Promise<readonly AuditRecord[]> {
    const { records, chainOk } = auditReply.parse((await this.admin.get('/api/audit?limit=500')).body);
    expect(chainOk).toBe(true);
    return records.filter(({ action }) => action === 'command');
  }
}
