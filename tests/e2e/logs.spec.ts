/** Who reads which log how far behind, and what is done about it: ui.md 4.7. The gateway is real, its cluster scripted (R9). */

import { expect } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { mark, scriptedTest, signIn, test } from './fixtures.ts';
import {
  ACT,
  ARCHIVE,
  archive,
  change,
  choice,
  commit,
  LOGS,
  row,
  sent,
  shown,
  sketch,
} from './logs-steps.ts';

const { preview: PREVIEW } = MARKS;
const PHONE = { width: 390, height: 844 };

scriptedTest(
  '[LS-2] [LS-3] the worst first, in words: lost data is no lag, who never read says so, and why',
  async ({ gateway, page }) => {
    sketch(gateway);
    await signIn(page, gateway, 'viewer', '/logs');
    await expect(mark(page, LOGS.row)).toHaveCount(7);
    expect((await shown(page)).slice(0, 4)).toEqual([
      'labrat-2/mainlog/warehouse',
      'labrat-3/mainlog/archive',
      'labrat-1/paniclog/standby',
      'labrat-2/bouncelog/',
    ]);
    const lost = row(page, 'labrat-2', 'mainlog', 'warehouse');
    await expect(mark(lost, LOGS.verdict)).toContainText('data lost');
    await expect(mark(lost, LOGS.verdict).locator('.glyph').first()).toHaveAttribute(
      'data-shape',
      'critical',
    );
    await expect(mark(lost, LOGS.lag)).toHaveCount(0);
    const stopped = row(page, 'labrat-3', 'mainlog', 'archive');
    await expect(stopped).toContainText('1.8 M');
    await expect(mark(stopped, LOGS.verdict)).toContainText(/stopped.*5 h 5\d min ago · disk full in/);
    await expect(mark(row(page, 'labrat-1', 'paniclog', 'standby'), LOGS.verdict)).toContainText(
      'never read',
    );
    await expect(
      page.locator(`[data-test="${LOGS.row}"][data-log="bouncelog"] [data-test="${LOGS.verdict}"]`),
    ).toContainText('nothing will free its segments');
    await mark(lost, LOGS.rowLink).click();
    await expect(page).toHaveURL(/row=labrat-2\/mainlog\/warehouse/);
    await expect(mark(page, LOGS.whyText).first()).toContainText('before the oldest segment');
    await expect(mark(page, LOGS.why)).toContainText('segments 0 to 4 are gone');
    // A viewer sees every button with its reason, and can press none; lines of mail are not for viewers.
    for (const act of [ACT.offset, ACT.remove, ACT.pause, ACT.tail]) {
      await expect(mark(page, act)).toHaveAttribute('aria-disabled', 'true');
    }
    await mark(page, ACT.offset).click({ force: true });
    await expect(mark(page, PREVIEW.sheet)).toHaveCount(0);
    await page.goto(`${gateway.url}/logs?tail=labrat-1/mainlog`);
    await expect(mark(page, LOGS.tail.view)).toContainText('operator role');
    expect(gateway.cluster.observer.queries).toEqual([]);
  },
);

scriptedTest('on a phone: the worst five cards, then all', async ({ gateway, page }) => {
  await page.setViewportSize(PHONE);
  sketch(gateway);
  await signIn(page, gateway, 'operator', '/logs');
  await expect(mark(page, LOGS.row)).toHaveCount(5);
  await expect(row(page, 'labrat-3', 'mainlog', 'archive')).toContainText('stopped');
  await expect(row(page, 'labrat-3', 'mainlog', 'archive')).toContainText('1.9 GB');
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wider).toBeLessThanOrEqual(0);
  await mark(page, LOGS.more).click();
  await expect(mark(page, LOGS.row)).toHaveCount(7);
  await mark(row(page, 'labrat-3', 'mainlog', 'archive'), LOGS.rowLink).click();
  await expect(mark(page, LOGS.detailTitle)).toHaveText('archive of mainlog on labrat-3');
  await mark(page, ACT.offset).click();
  await choice(page, 'begin').click();
  await expect(change(page, 'after')).toContainText('00000000:00000000');
});

scriptedTest('[LS-4] a node that is silent dims its own rows, and only those', async ({ gateway, page }) => {
  sketch(gateway);
  await signIn(page, gateway, 'operator', '/logs');
  const ours = row(page, 'labrat-3', 'mainlog', 'archive');
  const other = row(page, 'labrat-1', 'mainlog', 'master');
  await expect(mark(ours, LOGS.verdict)).toContainText('stopped');
  gateway.cluster.silence('labrat-3');
  await expect(mark(ours, LOGS.verdict)).toContainText('its node is silent');
  await expect(mark(ours, LOGS.told)).toContainText(/as of .* ago/);
  await expect(mark(ours, LOGS.lag).first()).toHaveClass(/value-stale/);
  await expect(mark(ours, LOGS.lag).first()).toHaveText('1.8 M');
  await expect(mark(other, LOGS.verdict)).toHaveText('keeping up');
  await expect(mark(other, LOGS.told)).toHaveCount(0);
  await page.locator(`[data-test="${LOGS.view}"][data-view="nodes"]`).click();
  const group = page.locator(`[data-test="${LOGS.group}"][data-group="labrat-3"]`);
  // In no sum: not known, and not 0.
  await expect(group.locator('.cell-lag')).toHaveText('—');
  await expect(group.locator('.cell-unknown')).toContainText('2');
  await expect(page.locator(`[data-group="labrat-1"] .cell-lag`)).toHaveText('194');
  gateway.cluster.rejoin('labrat-3');
  await expect(group.locator('.cell-lag')).toHaveText('1.8 M');
});

scriptedTest(
  '[LS-6] lag, state and age sort and filter at every level, and stand in the address',
  async ({ gateway, page }) => {
    sketch(gateway);
    await signIn(page, gateway, 'viewer', '/logs');
    await mark(page, MARKS.table.filter).fill('lag:>100 -state:keeping-up');
    await expect(mark(page, LOGS.row)).toHaveCount(1);
    await expect(page).toHaveURL(/q=lag:/);
    await mark(page, MARKS.table.filter).fill('age:>=2h');
    expect(await shown(page)).toEqual(['labrat-3/mainlog/archive']);
    await mark(page, MARKS.table.filter).fill('');
    await page.locator(`[data-test="${LOGS.chip}"][data-chip="never-read"]`).click();
    await expect(page).toHaveURL(/q=state:never-read/);
    await expect(mark(page, LOGS.row)).toHaveCount(1);
    // The filter goes along one level up, and so does the sort.
    await page.locator(`[data-test="${LOGS.view}"][data-view="nodes"]`).click();
    await expect(mark(page, LOGS.group)).toHaveCount(1);
    await page.goto(`${gateway.url}/logs?view=subscribers&sort=-lag`);
    await expect(mark(page, LOGS.group).first()).toHaveAttribute('data-group', 'archive');
    await mark(page, MARKS.table.filter).fill('age:<1min');
    await expect(mark(page, LOGS.group)).toHaveAttribute('data-group', 'master');
    await mark(page, LOGS.groupLink).click();
    await expect(page).toHaveURL(/\/logs\?q=subscriber:master$/);
    await expect(mark(page, LOGS.row)).toHaveCount(3);
    await mark(page, LOGS.nodeFilter).selectOption('labrat-2');
    await expect(page).toHaveURL(/q=node:labrat-2\+subscriber:master/);
    expect(await shown(page)).toEqual(['labrat-2/mainlog/master']);
    await page.goto(`${gateway.url}/logs?sort=-bytes`);
    await expect(mark(page, LOGS.row).first()).toHaveAttribute('data-subscriber', 'archive');
  },
);

scriptedTest(
  '[LS-8] a position that is copied in hex or in decimal reads back as the same place',
  async ({ gateway, page }) => {
    sketch(gateway);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await signIn(page, gateway, 'operator', ARCHIVE);
    const copied = async (form: 'hex' | 'decimal'): Promise<string> => {
      await page
        .locator(`[data-test="${LOGS.copy}"][data-position="checkpoint"][data-form="${form}"]`)
        .click();
      return await page.evaluate(() => navigator.clipboard.readText());
    };
    expect([await copied('hex'), await copied('decimal')]).toEqual(['00000003:00001f00', '3/7936']);
    await row(page, 'labrat-3', 'mainlog', 'archive').locator('.cell-lag').click();
    await mark(page, ACT.offset).click();
    await choice(page, 'position').click();
    for (const text of ['00000003:00001F00', '3/7936']) {
      await mark(page, ACT.position).fill(text);
      await expect(change(page, 'after')).toHaveText('00000003:00001f00 (3/7936)');
    }
    await mark(page, ACT.position).fill('3:7936');
    await expect(mark(page, ACT.position)).toHaveAttribute('aria-invalid', 'true');
    await expect(mark(page, MARKS.guard.cover)).toHaveAttribute('aria-disabled', 'true');
  },
);

scriptedTest(
  '[LS-7] an offset is not changed while its reader is active, nor from where it does not stand any more',
  async ({ gateway, page }) => {
    sketch(gateway);
    archive(gateway, { active: true, job: 7, by: 'mgr' });
    await signIn(page, gateway, 'admin', ARCHIVE);
    await mark(page, ACT.offset).click();
    await choice(page, 'records').click();
    await mark(page, ACT.records).fill('1000');
    await expect(mark(page, ACT.refusal)).toContainText('archive is in use by mgr');
    await expect(change(page, 'replayed')).toContainText('1\u2009000 records');
    await expect(mark(page, PREVIEW.class)).toHaveAttribute('data-class', 'W3');
    await mark(page, PREVIEW.typedName).fill('archive');
    await expect(mark(page, MARKS.guard.cover)).toHaveAttribute('aria-disabled', 'true');
    archive(gateway, { active: false, job: null, by: null });
    await mark(page, ACT.review).click();
    await expect(change(page, 'before')).toContainText('00000003:00001f00');
    await expect(mark(page, ACT.refusal)).toHaveCount(0);
    // Somebody else moved it while it was being looked at: nothing goes out before it is looked at again.
    archive(gateway, { position: '00000003:00002000' });
    await expect(mark(page, PREVIEW.precondition)).toHaveAttribute('data-state', 'changed');
    await expect(mark(page, MARKS.guard.cover)).toHaveAttribute('aria-disabled', 'true');
    await mark(page, ACT.review).click();
    await expect(change(page, 'before')).toContainText('00000003:00002000');
    const command = 'cluster logs reset mainlog archive -1000 from 00000003:00002000';
    await expect(mark(page, PREVIEW.exact)).toHaveText(command);
    // Had the press overtaken the news, the node would have refused it: the command says from where.
    gateway.answer = () => 'refused: it stands at 00000003:00002001 now';
    await mark(page, PREVIEW.typedName).fill('archive');
    await mark(page, PREVIEW.reason).fill('INC-1234');
    await commit(page);
    await expect(mark(page, ACT.reply)).toContainText('it stands at 00000003:00002001 now');
    expect(sent(gateway)).toEqual([command]);
  },
);

scriptedTest(
  '[LS-7] an offset change that its node takes shows where it stands then',
  async ({ gateway, page }) => {
    sketch(gateway);
    await signIn(page, gateway, 'admin', `${ARCHIVE}&act=offset`);
    await choice(page, 'begin').click();
    await expect(change(page, 'after')).toContainText('00000000:00000000');
    await mark(page, PREVIEW.typedName).fill('archive');
    await commit(page);
    await expect(mark(page, ACT.reply)).toContainText('archive of mainlog stands at 00000000:00000000 now');
    await expect(mark(page, ACT.reply)).toHaveAttribute('data-kind', 'accepted');
    await mark(page, PREVIEW.cancel).click();
    await expect(page.locator(`[data-test="${LOGS.position}"][data-position="checkpoint"]`)).toHaveText(
      '00000000:00000000',
    );
  },
);

scriptedTest(
  'a removal shows what has to be so before; an operator asks for it, an admin does it',
  async ({ browser, gateway, page }) => {
    sketch(gateway);
    gateway.cluster.logs.read('labrat-2', 'mainlog', 'archive');
    gateway.cluster.logs.pull('vault', [{ node: 'labrat-3', wanted: ['archive'], subscriber: 'archive' }]);
    await signIn(page, gateway, 'operator', `${ARCHIVE}&act=remove`);
    const check = (item: string) => page.locator(`[data-test="${ACT.check}"][data-item="${item}"]`);
    await expect(check('listed')).toContainText('list of vault');
    await expect(check('active')).toHaveAttribute('data-state', 'done');
    await expect(check('unread')).toContainText('1\u2009800\u2009000 records');
    await expect(check('nodes')).toContainText('labrat-2');
    await expect(change(page, 'after')).toHaveText('removed');
    await mark(page, PREVIEW.reason).fill('the vault is decommissioned');
    await commit(page);
    await expect(mark(page, PREVIEW.outcome)).toContainText('An admin sees the request');
    expect(sent(gateway)).toEqual([]);
    const admin = await (await browser.newContext()).newPage();
    await signIn(admin, gateway, 'admin', `${ARCHIVE}&act=remove`);
    await mark(admin, PREVIEW.typedName).fill('archive');
    await commit(admin);
    await expect(mark(admin, ACT.reply)).toContainText('removed archive from mainlog');
    await expect(row(page, 'labrat-3', 'mainlog', 'archive')).toHaveCount(0);
    expect(sent(gateway)).toEqual(['cluster logs remove mainlog archive from 00000003:00001f00']);
    await admin.context().close();
  },
);

scriptedTest(
  'what is paused is counted and no alarm; the overview leads to the rows that it counts',
  async ({ gateway, page }) => {
    sketch(gateway);
    await signIn(page, gateway, 'operator', '/overview');
    const tile = page.locator(`[data-test="${MARKS.overview.tile}"][data-tile="behind"]`);
    const item = page.locator(`[data-test="${MARKS.overview.attention}"][data-kind="logStopped"]`);
    await expect(mark(tile, MARKS.overview.verdict)).toHaveText('3 of 6 subscribers behind');
    await tile.locator('[data-fact="stopped"]').click();
    await expect(mark(page, LOGS.row)).toHaveCount(1);
    await page.goBack();
    await expect(item).toContainText('archive of mainlog on labrat-3 stopped reading');
    await item.getByRole('link').click();
    await mark(page, ACT.pause).click();
    await mark(page, ACT.span).selectOption('14400');
    await mark(page, PREVIEW.reason).fill('the disk is being replaced');
    await commit(page);
    await expect(mark(page, PREVIEW.sheet)).toHaveCount(0);
    await expect(mark(page, LOGS.detail)).toContainText('paused by operator');
    await expect(page.locator(`[data-test="${LOGS.chip}"][data-chip="paused"]`)).toHaveAttribute(
      'data-count',
      '1',
    );
    await expect(mark(page, LOGS.summary)).toHaveAttribute('data-behind', '2');
    await page.goto(`${gateway.url}/overview`);
    await expect(tile).toContainText('1 reader paused');
    await expect(mark(tile, MARKS.overview.verdict)).toHaveText('2 of 5 subscribers behind');
    await expect(item).toHaveCount(0);
    await page.goto(`${gateway.url}${ARCHIVE}`);
    await mark(page, ACT.resume).click();
    await commit(page);
    await expect(mark(page, LOGS.summary)).toHaveAttribute('data-behind', '3');
    // The first look at the lags comes 10 s after the start.
    await expect(mark(page, LOGS.chartWords)).toContainText('1.8 M records now', { timeout: 20_000 });
    await page.getByText('As a table').click();
    await expect(mark(page, LOGS.chartTable).locator('tbody tr')).toHaveCount(1);
  },
);

scriptedTest(
  'the tail follows while it is seen, says what is missing, filters and pauses; lines stay inert',
  async ({ gateway, page }) => {
    sketch(gateway);
    const { logs } = gateway.cluster;
    logs.write('labrat-1', 'mainlog', 'first line', '<img src=x onerror=alert(1)> \u001b[31mred\u202e');
    await signIn(page, gateway, 'operator', '/logs?row=labrat-1/mainlog/master');
    await mark(page, ACT.tail).click();
    const lines = mark(page, LOGS.tail.line);
    await expect(lines).toHaveCount(2);
    await expect(lines.nth(1)).toContainText('<img src=x onerror=alert(1)> ^[[31mred‹U+202E›');
    expect(await page.locator('.tail-lines img').count()).toBe(0);
    logs.damage('labrat-1', 'mainlog', 'segment 0 at 4711: 12 bytes');
    logs.write('labrat-1', 'mainlog', ...Array.from({ length: 230 }, (_, index) => `line ${index}`));
    await expect(lines).toHaveCount(202);
    const marks = mark(page, LOGS.tail.mark);
    await expect(marks.and(page.locator('[data-kind="skipped"]'))).toContainText('30 lines left out');
    await expect(marks.and(page.locator('[data-kind="gap"]'))).toContainText('segment 0 at 4711: 12 bytes');
    await expect(lines.last()).toBeInViewport();
    await mark(page, LOGS.tail.filter).fill('line 22');
    await expect(lines).toHaveCount(10);
    await expect(marks).toHaveCount(2);
    await mark(page, LOGS.tail.follow).click();
    await expect(mark(page, LOGS.tail.state)).toContainText('paused');
    const asked = gateway.cluster.observer.queries.length;
    logs.write('labrat-1', 'mainlog', 'line 22 once more');
    await mark(page, LOGS.tail.follow).click();
    await expect(lines.last()).toContainText('line 22 once more');
    expect(gateway.cluster.observer.queries.length).toBeGreaterThan(asked);
    gateway.cluster.silence('labrat-1');
    await expect(mark(page, LOGS.tail.state)).toHaveAttribute('data-shape', 'unknown');
    await mark(page, LOGS.tail.close).click();
    await expect(mark(page, LOGS.table)).toBeVisible();
  },
);

scriptedTest('managers: what each pulls, and what keeps it from it', async ({ gateway, page }) => {
  const { logs, nodes } = gateway.cluster;
  logs.fill(nodes);
  logs.pull(
    'mgr',
    [
      { node: 'labrat-1' },
      { node: 'labrat-2', state: 'refused', text: 'no subscriber of these names', subscriber: null },
      { node: 'labrat-3', state: 'off', wanted: [], subscriber: null },
    ],
    'the disk is full',
  );
  await signIn(page, gateway, 'viewer', '/logs?view=managers');
  const streams = mark(page, LOGS.stream);
  await expect(streams).toHaveCount(3);
  await expect(streams.first()).toContainText('no subscriber of these names');
  await expect(streams.first()).toHaveAttribute('data-state', 'refused');
  await expect(streams.last()).toContainText('nothing is pulled');
  await expect(mark(page, LOGS.manager)).toContainText('the disk is full');
  await page.goto(`${gateway.url}/members?node=labrat-2&tab=logs`);
  await mark(page, LOGS.nodeLog).getByRole('link').click();
  await expect(page).toHaveURL(/\/logs\?row=labrat-2\/mainlog\/master/);
  await expect(mark(page, LOGS.same)).toHaveCount(2);
});

test('with real processes: what is written is pulled, the lag stays small, and a node that is killed is unknown', async ({
  demo,
  page,
}) => {
  test.setTimeout(120_000);
  await signIn(page, demo, 'operator', '/logs?q=log:mainlog');
  await expect(mark(page, LOGS.row)).toHaveCount(3);
  const verdict = mark(row(page, 'node1', 'mainlog', 'master'), LOGS.verdict);
  await expect(verdict).toHaveText(/keeping up|idle/, { timeout: 30_000 });
  // A press on a row that has only just come to its place is refused (D17).
  await expect(async () => {
    if (!(await mark(page, ACT.tail).isVisible()))
      await mark(row(page, 'node1', 'mainlog', 'master'), LOGS.rowLink).click({ timeout: 2_000 });
    await mark(page, ACT.tail).click({ timeout: 2_000 });
  }).toPass();
  await expect(mark(page, LOGS.tail.line).first()).toBeVisible();
  await mark(page, LOGS.tail.close).click();
  await page.locator(`[data-test="${LOGS.view}"][data-view="managers"]`).click();
  const stream = page.locator(`[data-test="${LOGS.stream}"][data-node="node1"][data-log="mainlog"]`);
  await expect(stream).toHaveAttribute('data-state', /pulling|idle/, { timeout: 30_000 });
  await page.locator(`[data-test="${LOGS.view}"][data-view="all"]`).click();
  await mark(page, MARKS.table.filter).fill('log:mainlog');
  await demo.rehearse('node3', 'kill');
  await expect(mark(row(page, 'node3', 'mainlog', 'master'), LOGS.verdict)).toContainText('unknown');
  await expect(verdict).toHaveText(/keeping up|idle/);
});
