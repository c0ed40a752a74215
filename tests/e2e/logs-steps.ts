/** What the browser tests of the logs do and look at. */

import type { Locator, Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import type { SubscriberView } from '../../server/wire/logs.ts';
import type { ScriptedGateway } from '../support/scripted-gateway.ts';
import { mark } from './fixtures.ts';

export const LOGS = MARKS.logs;
export const ACT = LOGS.actions;
export const ARCHIVE = '/logs?row=labrat-3/mainlog/archive';

export function row(page: Page, node: string, log: string, subscriber: string): Locator {
  return page.locator(
    `[data-test="${LOGS.row}"][data-node="${node}"][data-log="${log}"][data-subscriber="${subscriber}"]`,
  );
}

export function change(page: Page, of: string): Locator {
  return page.locator(`[data-test="${ACT.change}"][data-change="${of}"]`);
}

export function choice(page: Page, kind: string): Locator {
  return page.locator(`[data-test="${ACT.choice}"][data-kind="${kind}"]`);
}

export async function shown(page: Page): Promise<readonly string[]> {
  const rows = await mark(page, LOGS.row).all();
  const names = rows.map(async (each) =>
    [
      await each.getAttribute('data-node'),
      await each.getAttribute('data-log'),
      await each.getAttribute('data-subscriber'),
    ].join('/'),
  );
  return await Promise.all(names);
}

/** The cluster of the sketch in ui.md, with one reader whose data is lost. */
export function sketch(gateway: ScriptedGateway): void {
  const { logs, nodes } = gateway.cluster;
  logs.sketch(nodes);
  logs.read('labrat-2', 'mainlog', 'warehouse', {
    lag: null,
    unknown: 'dataLost',
    text: 'segments 0 to 4 are gone',
    position: '00000000:00000007',
  });
  gateway.answer = (command, node) => logs.obey(command, node);
}

export function archive(gateway: ScriptedGateway, view: Partial<SubscriberView>): void {
  gateway.cluster.logs.read('labrat-3', 'mainlog', 'archive', view);
}

/** What went out to the cluster about logs, in order. */
export function sent({ cluster }: ScriptedGateway): readonly string[] {
  return cluster.observer.sent.map(({ command }) => command).filter((text) => text.includes(' logs '));
}

export async function commit(page: Page): Promise<void> {
  await mark(page, MARKS.guard.cover).click();
  await mark(page, MARKS.guard.commit).click();
}
