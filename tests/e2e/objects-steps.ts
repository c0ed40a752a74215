/** What the browser tests of the objects do and look at. */

import type { Locator, Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import type { ScriptedGateway } from '../support/scripted-gateway.ts';
import { mark } from './fixtures.ts';

export const OBJECTS = MARKS.objects;
export const TREE = '/objects?object=inbound_cidr';

/** All objects of the sketch, and all nodes see them alike. */
export function alike(gateway: ScriptedGateway): void {
  const { objects, nodes } = gateway.cluster;
  objects.sketch(nodes);
  objects.converge('inbound_cidr', 'labrat-3');
}

export function row(page: Page, key: string): Locator {
  return page.locator(`[data-test="${OBJECTS.value}"][data-key="${key}"]`);
}

export function cell(page: Page, key: string, node: string): Locator {
  return row(page, key).locator(`[data-test="${OBJECTS.cell}"][data-node="${node}"]`);
}

export function head(page: Page, node: string): Locator {
  return page.locator(`[data-test="${OBJECTS.nodeHead}"][data-node="${node}"]`);
}

export async function keys(page: Page): Promise<readonly (string | null)[]> {
  const rows = await mark(page, OBJECTS.value).all();
  return await Promise.all(rows.map((each) => each.getAttribute('data-key')));
}
