/** What the browser tests of acting on DuraVIPs do and look at. */

import { type Browser, expect, type Locator, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import type { Role } from '../../server/wire/http.ts';
import { GatewayClient } from '../support/gateway-client.ts';
import type { ScriptedGateway } from '../support/scripted-gateway.ts';
import { mark, signIn } from './fixtures.ts';

export const ACT = MARKS.duravips.actions;
export const VIPS = '/duravips';

export type Moved = { readonly first: string; readonly second: string };

/** Six addresses with owners in turn: the first two belong to labrat-1 and labrat-2. */
export function six({ cluster }: ScriptedGateway): Moved {
  const [first = '', second = ''] = cluster.vips.fill({ addresses: 6, nodes: cluster.nodes });
  return { first, second };
}

export function row(page: Page, address: string): Locator {
  return page.locator(`[data-test="${MARKS.duravips.row}"][data-vip="${address}"]`);
}

export function stage(page: Page, name: string, reached: string): Locator {
  return page.locator(`[data-test="${ACT.stage}"][data-stage="${name}"][data-reached="${reached}"]`);
}

export async function openSheet(page: Page, address: string): Promise<Locator> {
  const sheet = mark(page, MARKS.preview.sheet);
  // A press on a row that has only just come to its place is refused (D17).
  await expect(async () => {
    // A sheet that opened late covers the row: pressing again would never succeed.
    if (!(await sheet.isVisible())) await mark(row(page, address), ACT.move).click({ timeout: 2_000 });
    await expect(mark(sheet, MARKS.preview.exact)).toContainText(address, { timeout: 2_000 });
  }).toPass();
  return sheet;
}

export async function commit(page: Page): Promise<void> {
  await mark(page, MARKS.guard.cover).click();
  await mark(page, MARKS.guard.commit).click();
}

/** What went out to the cluster about addresses, in order. */
export function sent({ cluster }: ScriptedGateway): readonly string[] {
  return cluster.observer.sent.map(({ command }) => command).filter((text) => text.includes('duravip'));
}

export function asRole(gateway: ScriptedGateway, role: Role): Promise<GatewayClient> {
  return GatewayClient.signIn(gateway.url, gateway.account(role));
}

export function moveBody(gateway: ScriptedGateway, address: string, to: string) {
  const { owner, version } = gateway.cluster.vips.row(address);
  return { items: [{ address, to, expected: { owner, version } }], reason: '' };
}

export async function signedIn(browser: Browser, gateway: ScriptedGateway, role: Role): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await signIn(page, gateway, role, VIPS);
  return page;
}
