/** The addresses as a table, as a matrix and one by one: ui.md 4.5. The gateway is real, its cluster scripted (R9). */

import { expect, type Locator, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import type { Row } from '../../server/wire/live.ts';
import type { ScriptedGateway } from '../support/scripted-gateway.ts';
import { mark, scriptedTest, signIn, test } from './fixtures.ts';

const VIPS = MARKS.duravips;
const PHONE = { width: 390, height: 844 };

function fill(gateway: ScriptedGateway, addresses: number, ipv6 = 0): readonly string[] {
  return gateway.cluster.vips.fill({ addresses, ipv6, nodes: gateway.cluster.nodes });
}

function row(page: Page, address: string): Locator {
  return page.locator(`[data-test="${VIPS.row}"][data-vip="${address}"]`);
}

function chip(page: Page, id: string): Locator {
  return page.locator(`[data-test="${VIPS.chip}"][data-chip="${id}"]`);
}

function cell(page: Page, address: string, node: string): Locator {
  return page.locator(`[data-test="${VIPS.matrixCell}"][data-vip="${address}"][data-node="${node}"]`);
}

async function shownAddresses(page: Page): Promise<readonly (string | null)[]> {
  const rows = await mark(page, VIPS.row).all();
  return Promise.all(rows.map((each) => each.getAttribute('data-vip')));
}

scriptedTest(
  '[VP-1] of 10,240 addresses a window is drawn; scroll and filter reach all',
  async ({ gateway, page }) => {
    fill(gateway, 10_240, 240);
    await signIn(page, gateway, 'viewer', '/duravips');
    await expect(mark(page, VIPS.summary)).toHaveAttribute('data-all', '10240');
    await expect(row(page, '10.80.116.1')).toBeVisible();
    expect(await mark(page, VIPS.row).count()).toBeLessThan(200);
    await row(page, '10.80.116.1').focus();
    await page.keyboard.press('End');
    await expect(row(page, '2001:db8:80::f0')).toBeFocused();
    await expect(row(page, '2001:db8:80::f0')).toBeInViewport();
    expect(await mark(page, VIPS.row).count()).toBeLessThan(200);
    await mark(page, MARKS.table.filter).fill('net:10.80.155.0/24 owner:labrat-2');
    await expect(mark(page, MARKS.table.count)).toHaveAttribute('data-count', /^\d{2}$/);
    await mark(page, MARKS.table.filter).fill('10.80.120.250');
    await expect(mark(page, VIPS.row)).toHaveCount(1);
    await expect(page).toHaveURL(/q=10\.80\.120\.250/);
  },
);

scriptedTest(
  '[VP-2] addresses sort by number, IPv6 after IPv4, in both directions',
  async ({ gateway, page }) => {
    fill(gateway, 13, 2);
    await signIn(page, gateway, 'viewer', '/duravips');
    const sorted = [
      ...Array.from({ length: 11 }, (_, index) => `10.80.116.${index + 1}`),
      '2001:db8:80::1',
      '2001:db8:80::2',
    ];
    await expect(mark(page, VIPS.row)).toHaveCount(sorted.length);
    expect(await shownAddresses(page)).toEqual(sorted);
    const head = page.getByRole('button', { name: /^VIP/ });
    await head.click();
    await head.click();
    await expect(page).toHaveURL(/sort=-vip/);
    expect(await shownAddresses(page)).toEqual([...sorted].reverse());
  },
);

scriptedTest(
  '[VP-7] rows that would move wait for whoever is in them, values do not',
  async ({ gateway, page }) => {
    const [first = '', second = ''] = fill(gateway, 6);
    await signIn(page, gateway, 'operator', '/duravips?sort=owner');
    const before = await shownAddresses(page);
    await row(page, second).focus();
    gateway.cluster.vips.own(first, 'labrat-3', 'balance');
    await expect(mark(row(page, first), VIPS.owner)).toContainText('labrat-3');
    expect(await shownAddresses(page)).toEqual(before);
    await expect(mark(page, MARKS.table.waiting)).toBeVisible();
    await mark(page, MARKS.table.waiting).click();
    await expect(mark(page, MARKS.table.waiting)).toHaveCount(0);
    expect(await shownAddresses(page)).not.toEqual(before);
  },
);

scriptedTest(
  '[VP-7] a press on a row that came under the still pointer is refused, and said',
  async ({ gateway, page }) => {
    const [first = ''] = fill(gateway, 2);
    await signIn(page, gateway, 'operator', '/duravips?sort=owner');
    await expect(mark(page, VIPS.row)).toHaveCount(2);
    // The browser presses in the same turn in which the rows changed: no person would be faster.
    await page.evaluate(
      ({ rowMark, moveMark }) => {
        const body = document.querySelector(`[data-test="${rowMark}"]`)?.parentElement;
        if (!body) throw new Error('there are no rows');
        new MutationObserver((_, observer) => {
          observer.disconnect();
          const button = body.querySelector(`[data-test="${moveMark}"]`);
          button?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, detail: 1 }));
        }).observe(body, { childList: true });
      },
      { rowMark: VIPS.row, moveMark: VIPS.actions.move },
    );
    gateway.cluster.vips.own(first, 'labrat-3', 'balance');
    await expect(mark(page, MARKS.toast.item)).toContainText('The rows had just moved');
    await expect(mark(page, MARKS.preview.sheet)).toHaveCount(0);
  },
);

type Deviation = {
  readonly name: string;
  readonly set: Partial<Row<'vips'>>;
  readonly fact: string;
  readonly shape: string;
  readonly word: string;
  readonly problem: string;
  readonly cure: string;
};

const DEVIATIONS: readonly Deviation[] = [
  {
    name: 'two owners',
    set: { claims: ['labrat-3'] },
    fact: 'disputed',
    shape: 'disputed',
    word: 'two owners',
    problem: 'twoOwners',
    cure: 'Announce view',
  },
  {
    name: 'nobody',
    set: { phase: 'unowned', owner: null },
    fact: 'unowned',
    shape: 'unowned',
    word: 'unowned',
    problem: 'unowned',
    cure: 'Move it to a candidate',
  },
  {
    name: 'BROKEN',
    set: { phase: 'broken', owner: null, flags: ['broken'], names: ['promo-9', 'promo-09'] },
    fact: 'unmanaged',
    shape: 'unmanaged',
    word: 'unmanaged',
    problem: 'broken',
    cure: 'Give the binding one name on every node',
  },
];

for (const { name, set, fact, shape, word, problem, cure } of DEVIATIONS) {
  scriptedTest(`[VP-12] ${name}: glyph, word and cure`, async ({ gateway, page }) => {
    const [first = ''] = fill(gateway, 3);
    gateway.cluster.vips.set(first, set);
    await signIn(page, gateway, 'viewer', '/duravips');
    const owner = mark(row(page, first), VIPS.owner);
    await expect(owner).toHaveAttribute('data-fact', fact);
    await expect(owner).toContainText(word);
    await expect(owner.locator('.glyph').first()).toHaveAttribute('data-shape', shape);
    await mark(row(page, first), VIPS.rowLink).click();
    await expect(page).toHaveURL(new RegExp(`row=${first}`));
    const told = page.locator(`[data-test="${VIPS.cure}"][data-problem="${problem}"]`);
    await expect(told).toContainText(cure);
    await expect(told.locator('.glyph').first()).toHaveAttribute('data-shape', shape);
  });
}

scriptedTest(
  '[VP-12] UNSAFE and conflict: glyph, word and cure, and a filter for them',
  async ({ gateway, page }) => {
    const [first = '', second = ''] = fill(gateway, 3);
    gateway.cluster.vips.set(first, { flags: ['unsafe'] });
    gateway.cluster.vips.set(second, { flags: ['conflict'] });
    await signIn(page, gateway, 'viewer', '/duravips?q=flag:any');
    await expect(mark(page, VIPS.row)).toHaveCount(2);
    await expect(mark(row(page, first), VIPS.flag)).toHaveText('UNSAFE');
    await expect(mark(row(page, second), VIPS.flag)).toHaveText('conflict');
    await mark(row(page, first), VIPS.rowLink).click();
    await expect(mark(page, VIPS.cure)).toContainText('same listeners');
    await mark(row(page, second), VIPS.rowLink).click();
    await expect(mark(page, VIPS.cure)).toContainText('one Duravip_Preference');
  },
);

scriptedTest(
  '[VP-14] agreement names the node that does not agree, and what it says',
  async ({ gateway, page }) => {
    const [first = ''] = fill(gateway, 3);
    await signIn(page, gateway, 'viewer', '/duravips');
    await expect(mark(row(page, first), VIPS.agree)).toHaveText('3/3');
    gateway.cluster.vips.set(first, { disagree: [{ node: 'labrat-3', owner: 'labrat-2' }] });
    await expect(mark(row(page, first), VIPS.agree)).toContainText('2/3');
    await expect(mark(row(page, first), VIPS.agree)).toContainText('labrat-3');
    await chip(page, 'disputed').click();
    await expect(page).toHaveURL(/q=state:disputed/);
    await expect(mark(page, VIPS.row)).toHaveCount(1);
    await mark(row(page, first), VIPS.rowLink).click();
    const saying = page.locator(`[data-test="${VIPS.saying}"][data-node="labrat-3"]`);
    await expect(saying).toHaveText('labrat-2');
    await expect(page.locator(`[data-test="${VIPS.saying}"][data-node="labrat-2"]`)).toHaveText('labrat-1');
  },
);

scriptedTest(
  '[VP-14] the own table of one node stands beside that of all; silence is said',
  async ({ gateway, page }) => {
    const [first = '', second = ''] = fill(gateway, 4);
    const told = { phase: 'owned', plumbed: false, interface: null, text: '' };
    gateway.answerQuery = ({ what, member }) =>
      what !== 'duravip' || member !== 'labrat-3'
        ? undefined
        : JSON.stringify({
            viewId: '56',
            epoch: '56.9',
            synced: true,
            arp: 0,
            rows: [
              { ...told, address: first, owner: 'labrat-2' },
              { ...told, address: second, owner: 'labrat-2', plumbed: true, interface: 'eth1' },
            ],
          });
    await signIn(page, gateway, 'viewer', '/duravips');
    await mark(page, VIPS.perspective).selectOption('labrat-3');
    await expect(page).toHaveURL(/persp=labrat-3/);
    await expect(mark(page, VIPS.perspectiveTold)).toContainText('told');
    const said = (address: string) => mark(row(page, address), VIPS.perspectiveRow);
    await expect(said(first)).toHaveAttribute('data-said', 'differs');
    await expect(said(first)).toContainText('labrat-2');
    await expect(said(second)).toHaveAttribute('data-said', 'same');
    await expect(said(second)).toContainText('on its host, not its own');
    await mark(page, MARKS.table.filter).fill('said:nothing');
    await expect(mark(page, VIPS.row)).toHaveCount(2);
    await mark(page, MARKS.table.filter).fill('');
    gateway.cluster.silence('labrat-2');
    await mark(page, VIPS.perspective).selectOption('labrat-2');
    await expect(mark(page, VIPS.perspectiveTold)).toContainText('did not answer');
    await expect(mark(page, VIPS.row)).toHaveCount(4);
  },
);

scriptedTest('[VP-18] a viewer finds no enabled write in any view', async ({ gateway, page }) => {
  const [first = ''] = fill(gateway, 4);
  gateway.cluster.vips.tell({ announceDue: { sinceMs: Date.now(), nodes: ['labrat-1'] } });
  await signIn(page, gateway, 'viewer', '/duravips');
  const buttons = mark(page, VIPS.actions.move);
  await expect(buttons).toHaveCount(4);
  for (const button of await buttons.all()) await expect(button).toHaveAttribute('aria-disabled', 'true');
  await expect(mark(page, VIPS.actions.announce)).toHaveAttribute('aria-disabled', 'true');
  await row(page, first).focus();
  await page.keyboard.press('x');
  await expect(mark(page, VIPS.actions.bulkMove)).toHaveAttribute('aria-disabled', 'true');
  await mark(page, VIPS.view).filter({ hasText: 'Matrix' }).click();
  await expect(cell(page, first, 'labrat-2')).toHaveAttribute('aria-disabled', 'true');
  await cell(page, first, 'labrat-2').click({ force: true });
  await expect(mark(page, MARKS.preview.sheet)).toHaveCount(0);
  expect(gateway.cluster.observer.sent).toEqual([]);
});

scriptedTest(
  'intent is dashed, fact is solid, and silence marks its own cells',
  async ({ gateway, page }) => {
    const [first = '', second = ''] = fill(gateway, 3);
    await signIn(page, gateway, 'operator', '/duravips');
    gateway.cluster.vips.order(first, 'labrat-3');
    const owner = mark(row(page, first), VIPS.owner);
    await expect(owner).toHaveAttribute('data-fact', 'moving');
    await expect(owner.locator('[data-intent]')).toHaveCount(2);
    gateway.cluster.vips.take(first, 'labrat-3', 'operator');
    await expect(owner).toHaveAttribute('data-fact', 'owned');
    await expect(owner).toContainText('coming up');
    gateway.cluster.vips.host(first, 'up');
    await expect(owner).toHaveText('L3labrat-3');
    gateway.cluster.silence('labrat-2');
    await expect(mark(row(page, second), VIPS.owner)).toContainText('silent');
    await expect(mark(row(page, first), VIPS.owner)).not.toContainText('silent');
    gateway.cluster.setBus('lost');
    await expect(row(page, first).locator('.value-stale').first()).toBeVisible();
    await expect(mark(row(page, first), VIPS.actions.move)).toHaveAttribute('aria-disabled', 'true');
  },
);

scriptedTest('the matrix: a press on a cell previews the move to that node', async ({ gateway, page }) => {
  const [first = '', second = ''] = fill(gateway, 6);
  gateway.cluster.vips.set(first, { preference: 'labrat-2', claims: ['labrat-3'] });
  await signIn(page, gateway, 'operator', '/duravips?view=matrix');
  await expect(cell(page, first, 'labrat-1')).toHaveAttribute('data-cell', 'owner');
  await expect(cell(page, first, 'labrat-2')).toHaveAttribute('data-cell', 'candidate');
  await expect(cell(page, first, 'labrat-2')).toHaveAttribute('data-preferred', 'true');
  await expect(cell(page, first, 'labrat-3')).toHaveAttribute('data-cell', 'claim');
  await expect(page.locator(`[data-test="${VIPS.matrixRow}"][data-vip="${first}"]`)).toHaveAttribute(
    'data-differs',
    'true',
  );
  await mark(page, VIPS.matrix).getByRole('button', { name: '10.80.116.0/24' }).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('End');
  await expect(cell(page, second, 'labrat-3')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(mark(page, MARKS.preview.sheet)).toContainText(`cluster duravip move ${second} to labrat-3`);
  await page.keyboard.press('Escape');
  await expect(cell(page, second, 'labrat-3')).toBeFocused();
  expect(gateway.cluster.observer.sent).toEqual([]);
});

scriptedTest(
  'the overview counts who is served, and each number leads to its rows',
  async ({ gateway, page }) => {
    const [first = '', second = ''] = fill(gateway, 8);
    gateway.cluster.vips.own(first, null, 'failure');
    gateway.cluster.vips.set(second, { claims: ['labrat-3'] });
    await signIn(page, gateway, 'viewer', '/overview');
    const tile = page.locator(`[data-test="${MARKS.overview.tile}"][data-tile="served"]`);
    await expect(mark(tile, MARKS.overview.verdict)).toHaveText('6 of 8 served');
    await expect(tile).toHaveAttribute('data-shape', 'unowned');
    const item = page.locator(`[data-test="${MARKS.overview.attention}"][data-kind="vipUnowned"]`);
    await expect(item).toContainText(`${first} is unowned`);
    await tile.locator('[data-fact="unowned"]').click();
    await expect(page).toHaveURL(/\/duravips\?q=state:unowned/);
    await expect(mark(page, VIPS.row)).toHaveCount(1);
    await expect(row(page, first)).toBeVisible();
  },
);

scriptedTest('a member tells what it has, and leads to those rows', async ({ gateway, page }) => {
  fill(gateway, 9);
  gateway.cluster.vips.tellNode('labrat-2', { draining: true });
  await signIn(page, gateway, 'viewer', '/members?node=labrat-2&tab=vips');
  const part = mark(page, VIPS.nodeVips);
  await expect(part).toContainText('draining');
  await expect(mark(part, VIPS.nodeVip)).toHaveCount(3);
  await expect(mark(page, MARKS.members.vips).filter({ hasText: 'draining' })).toHaveCount(1);
  await part.getByRole('link', { name: '3 addresses' }).click();
  await expect(page).toHaveURL(/\/duravips\?q=owner:labrat-2/);
  await expect(mark(page, VIPS.row)).toHaveCount(3);
});

scriptedTest('on a phone: cards with the address, its owner and one action', async ({ gateway, page }) => {
  await page.setViewportSize(PHONE);
  const [first = ''] = fill(gateway, 300);
  gateway.cluster.vips.own(first, null, 'failure');
  await signIn(page, gateway, 'operator', '/duravips?q=state:unowned');
  await expect(row(page, first)).toContainText('unowned');
  const give = mark(row(page, first), VIPS.actions.move);
  await expect(give).toContainText(/Give .*to labrat-/);
  const box = await give.boundingBox();
  expect(box?.height).toBeGreaterThanOrEqual(48);
  await expect(chip(page, 'moving')).toBeHidden();
  await chip(page, 'unowned').click();
  await expect(mark(page, MARKS.table.count)).toHaveAttribute('data-total', '300');
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wider).toBeLessThanOrEqual(0);
});

test('with real processes: who is killed has no address left, and the others have all', async ({
  demo,
  page,
}) => {
  await signIn(page, demo, 'viewer', '/duravips');
  const summary = mark(page, VIPS.summary);
  await expect(summary).toHaveAttribute('data-served', '18');
  const ofNode3 = page
    .locator(`[data-test="${VIPS.row}"] [data-test="${VIPS.owner}"]`)
    .filter({ hasText: 'node3' });
  await expect(ofNode3).not.toHaveCount(0);
  await demo.rehearse('node3', 'kill');
  await expect(ofNode3).toHaveCount(0);
  await expect(summary).toHaveAttribute('data-served', '18');
  await mark(page, VIPS.view).filter({ hasText: 'Matrix' }).click();
  const owners = page.locator(`[data-test="${VIPS.matrixCell}"][data-cell="owner"]`);
  await expect(owners).toHaveCount(18);
  await expect(
    page.locator(`[data-test="${VIPS.matrixCell}"][data-cell="owner"][data-node="node3"]`),
  ).toHaveCount(0);
  await page.goto(`${demo.url}/duravips?persp=node1`);
  await expect(mark(page, VIPS.perspectiveTold)).toContainText('told');
  await expect(page.locator(`[data-test="${VIPS.perspectiveRow}"][data-said="differs"]`)).toHaveCount(0);
});
