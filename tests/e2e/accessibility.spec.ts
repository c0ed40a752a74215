/**
 * [FR-10] No accessibility violation of any impact, in every page and state, theme and size: ui.md 4.0, 6. Each state is
 * brought about once and then looked at in every size and theme.
 */

import { createRequire } from 'node:module';
import { expect, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import type { CommandTarget } from '../../server/wire/http.ts';
import { GatewayClient } from '../support/gateway-client.ts';
import { SCRIPTED_NODES } from '../support/scripted-cluster.ts';
import { ScriptedGateway } from '../support/scripted-gateway.ts';
import { fillSignIn, live, mark, memberRow, scriptedTest, signIn, test } from './fixtures.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const THEMES = ['light', 'dark'] as const;
const SIZES = {
  phone: { width: 360, height: 740 },
  tablet: { width: 820, height: 1_180 },
  desk: { width: 1_440, height: 900 },
} as const;
const LIMIT_MS = 150_000;

type Finding = {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
};
type Axe = { readonly run: (options: unknown) => Promise<{ readonly violations: readonly Finding[] }> };

/** What is wrong, over all states that a test visits; it is said at the end, all at once. */
class Report {
  readonly #found: string[] = [];
  #looks = 0;

  /** The page as it stands, in every size and theme. @param isStatic it takes its theme when it is opened. */
  async look(page: Page, state: string, isStatic = false): Promise<void> {
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
        if (isStatic) await page.reload();
        await page.waitForFunction((wanted) => document.documentElement.dataset['theme'] === wanted, theme);
        await this.#run(page, `${state}, ${size}, ${theme}`);
      }
    }
    await page.setViewportSize(SIZES.desk);
  }

  end(): void {
    expect(this.#looks).toBeGreaterThan(0);
    expect(this.#found).toEqual([]);
  }

  async #run(page: Page, where: string): Promise<void> {
    if (!(await page.evaluate(() => 'axe' in window))) await page.addScriptTag({ path: AXE });
    const violations = await page.evaluate(async () => {
      const { axe } = window as unknown as { axe: Axe };
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return (await axe.run({ resultTypes: ['violations'] })).violations;
    });
    this.#looks += 1;
    for (const { id, nodes } of violations) {
      for (const { html, failureSummary } of nodes)
        this.#found.push(`${where}: ${id}: ${html}\n${failureSummary}`);
    }
  }
}

// The page's own policy forbids injected scripts, also ours.
test.use({ bypassCSP: true, viewport: SIZES.desk });
scriptedTest.use({ bypassCSP: true, viewport: SIZES.desk });

async function open(page: Page, gateway: ScriptedGateway, path: string, ready: string): Promise<void> {
  await page.goto(`${gateway.url}${path}`);
  await live(page);
  await mark(page, ready).first().waitFor();
}

scriptedTest('[FR-10] sign-in: form, refused, locked, set-up', async ({ gateway, page }) => {
  scriptedTest.setTimeout(LIMIT_MS);
  const report = new Report();
  await page.goto(`${gateway.url}/sign-in`);
  await mark(page, MARKS.signIn.cluster).waitFor();
  await report.look(page, 'sign-in');
  await fillSignIn(page, { name: 'viewer', password: 'not-the-password' });
  await mark(page, MARKS.signIn.error).waitFor();
  await mark(page, MARKS.signIn.showPassword).click();
  await report.look(page, 'refused');
  while (!(await mark(page, MARKS.signIn.locked).isVisible())) {
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    await fillSignIn(page, { name: 'viewer', password: 'not-the-password' });
    await answered;
  }
  await report.look(page, 'locked');
  const fresh = await ScriptedGateway.start({ accounts: false });
  await page.goto(`${fresh.url}/sign-in`);
  await mark(page, MARKS.signIn.setupForm).waitFor();
  await report.look(page, 'set-up');
  await fresh.stop();
  report.end();
});

scriptedTest('[FR-10] overview, members and every tab of a node', async ({ gateway, page }) => {
  scriptedTest.setTimeout(LIMIT_MS);
  const report = new Report();
  gateway.answerQuery = (asked) => {
    const said: unknown = JSON.parse(gateway.cluster.answerQuery(asked) ?? 'null');
    const notUsed = ['Control_Listener Listen "127.0.0.1:2025": the address is in use'];
    return JSON.stringify(asked.what === 'options' ? Object.assign({}, said, { notUsed }) : said);
  };
  await signIn(page, gateway, 'admin', '/overview');
  await mark(page, MARKS.overview.node).first().waitFor();
  await report.look(page, 'overview');
  await open(page, gateway, '/members', MARKS.members.row);
  await report.look(page, 'members');
  await mark(page, MARKS.table.menu).click();
  await mark(page, MARKS.table.panel).waitFor();
  await report.look(page, 'columns of a table');
  for (const tab of ['now', 'options', 'console', 'history']) {
    await open(page, gateway, `/members?node=labrat-2&tab=${tab}`, MARKS.node.panel);
    await page.locator(`[data-test="${MARKS.node.tab}"][data-tab="${tab}"]`).waitFor();
    if (tab === 'options') await mark(page, MARKS.options.row).first().waitFor();
    await report.look(page, `node, ${tab}`);
  }
  await open(page, gateway, '/members?node=nobody', MARKS.node.panel);
  await report.look(page, 'a member that is not known');
  gateway.answerQuery = () => undefined;
  gateway.cluster.depart('labrat-3', 'closed');
  await open(page, gateway, '/members?node=labrat-3', MARKS.node.panel);
  await expect(memberRow(page, 'labrat-3')).toHaveAttribute('data-state', 'departed');
  await report.look(page, 'a member that departed');
  report.end();
});

scriptedTest(
  '[FR-10] DuraVIPs: well, deviating, one address, the matrix, a member',
  async ({ gateway, page }) => {
    scriptedTest.setTimeout(LIMIT_MS);
    const report = new Report();
    const { vips, nodes } = gateway.cluster;
    const [a = '', b = '', c = '', d = '', e = '', f = ''] = vips.fill({ addresses: 12, ipv6: 2, nodes });
    await signIn(page, gateway, 'operator', '/duravips');
    await mark(page, MARKS.duravips.row).first().waitFor();
    await report.look(page, 'DuraVIPs');
    vips.own(a, null, 'failure');
    vips.set(b, { claims: ['labrat-3'], flags: ['unsafe', 'conflict'], preference: 'labrat-3' });
    vips.order(c, 'labrat-1');
    vips.set(d, { phase: 'broken', owner: null, flags: ['broken'] });
    vips.set(e, { disagree: [{ node: 'labrat-3', owner: null }], pinned: 'labrat-2' });
    vips.host(f, 'failed', 'RTNETLINK answers: No such device');
    vips.tell({
      announceDue: { sinceMs: 1_000, nodes: ['labrat-1'] },
      setSizesDiffer: [{ node: 'labrat-2', size: 4 }],
    });
    vips.tellNode('labrat-2', { draining: true, failed: 1 });
    gateway.cluster.silence('labrat-3');
    await open(page, gateway, `/duravips?row=${b}`, MARKS.duravips.cure);
    await report.look(page, 'DuraVIPs that deviate, and one address');
    await open(page, gateway, '/duravips?view=matrix', MARKS.duravips.matrixCell);
    await report.look(page, 'the matrix of the DuraVIPs');
    await open(page, gateway, '/duravips?persp=labrat-1&q=state:unowned', MARKS.duravips.row);
    await report.look(page, 'DuraVIPs as one node sees them');
    await open(page, gateway, '/members?node=labrat-2&tab=vips', MARKS.duravips.nodeVips);
    await report.look(page, 'the DuraVIPs of a member');
    await open(page, gateway, '/overview', MARKS.overview.attention);
    await report.look(page, 'an overview with DuraVIPs that are not served');
    report.end();
  },
);

scriptedTest(
  '[FR-10] logs: readers in trouble, one of them, by node, managers, a preview, the tail',
  async ({ gateway, page }) => {
    scriptedTest.setTimeout(LIMIT_MS);
    const report = new Report();
    const { logs, nodes } = gateway.cluster;
    logs.sketch(nodes);
    logs.write('labrat-1', 'mainlog', 'one line', 'another one');
    logs.damage('labrat-1', 'mainlog', '12 bytes');
    logs.pull('mgr', [{ state: 'refused', text: 'no subscriber', subscriber: null }], 'the disk is full');
    await signIn(page, gateway, 'admin', '/logs');
    await mark(page, MARKS.logs.row).first().waitFor();
    gateway.cluster.silence('labrat-2');
    await mark(page, MARKS.logs.told).first().waitFor();
    await report.look(page, 'logs, and a silent node');
    await open(page, gateway, '/logs?row=labrat-3/mainlog/archive', MARKS.logs.chart);
    await report.look(page, 'a reader of a log');
    await open(page, gateway, '/logs?view=nodes', MARKS.logs.group);
    await report.look(page, 'logs by node');
    await open(page, gateway, '/logs?view=managers', MARKS.logs.stream);
    await report.look(page, 'managers that pull logs');
    await open(page, gateway, '/logs?tail=labrat-1/mainlog', MARKS.logs.tail.line);
    await report.look(page, 'the tail of a log');
    await open(page, gateway, '/logs?row=labrat-3/mainlog/archive&act=remove', MARKS.logs.actions.check);
    await report.look(page, 'the removal of a subscriber');
    await open(page, gateway, '/logs?row=labrat-3/mainlog/archive&act=offset', MARKS.logs.actions.choice);
    await page.locator(`[data-test="${MARKS.logs.actions.choice}"][data-kind="position"]`).click();
    await mark(page, MARKS.logs.actions.position).fill('3/1');
    await mark(page, MARKS.logs.actions.change).first().waitFor();
    await report.look(page, 'a change of an offset');
    report.end();
  },
);

scriptedTest(
  '[FR-10] objects: the list, a tree with a key, a cache with values, an unknown kind, a member, the overview',
  async ({ gateway, page }) => {
    scriptedTest.setTimeout(LIMIT_MS);
    const report = new Report();
    const { objects, nodes } = gateway.cluster;
    objects.sketch(nodes);
    await signIn(page, gateway, 'admin', '/objects');
    await mark(page, MARKS.objects.row).first().waitFor();
    gateway.cluster.silence('labrat-2');
    await report.look(page, 'objects, one diverged');
    const tree = '/objects?object=inbound_cidr&open=10.0.0.0/8&watch=10.0.0.0/8&replication=open';
    await open(page, gateway, `${tree}&row=10.1.0.0/16`, MARKS.objects.chart);
    await page.locator('[data-depth="1"]').first().waitFor({ state: 'attached' });
    await report.look(page, 'a tree, a watched key, its replication, one key');
    await open(page, gateway, tree, MARKS.objects.value);
    await report.look(page, 'a tree');
    await open(page, gateway, '/objects?object=my_cache', MARKS.objects.value);
    await mark(page, MARKS.objects.texts).click();
    await page.locator(`[data-test="${MARKS.objects.text}"][data-state="shown"]`).first().waitFor();
    await report.look(page, 'a cache');
    await open(page, gateway, '/objects?object=audit_ring&find=zz', MARKS.objects.raw);
    await report.look(page, 'an unknown kind, and nothing found');
    await open(page, gateway, '/members?node=labrat-1&tab=objects', MARKS.objects.nodeObject);
    await report.look(page, 'the objects of a member');
    await open(page, gateway, '/overview', MARKS.overview.trafficFlow);
    await report.look(page, 'an overview with mail');
    report.end();
  },
);

scriptedTest('[FR-10] bus: complete, in trouble, a link, a server', async ({ gateway, page }) => {
  scriptedTest.setTimeout(LIMIT_MS);
  const report = new Report();
  const { bus } = gateway.cluster;
  await signIn(page, gateway, 'viewer', '/bus');
  await mark(page, MARKS.bus.row).first().waitFor();
  await report.look(page, 'bus');
  bus.setLink('labrat-1', 'labrat-2', { slow: 'acks late', backlog: 3_000, refused: 2 });
  bus.set('labrat-2', { authenticated: false });
  bus.refuse('labrat-1', 'wrong key');
  bus.silence('mgr');
  gateway.cluster.depart('labrat-3', 'closed');
  await mark(page, MARKS.bus.refusalsGrew).waitFor();
  await report.look(page, 'bus in trouble');
  await open(page, gateway, '/bus?link=labrat-1,labrat-3', MARKS.bus.detail);
  await report.look(page, 'a link of the bus');
  await open(page, gateway, '/bus?node=labrat-2', MARKS.bus.serverFacts);
  await report.look(page, 'a server of the bus');
  report.end();
});

scriptedTest('[FR-10] console: replies, differences, preview', async ({ gateway, page }) => {
  scriptedTest.setTimeout(LIMIT_MS);
  const report = new Report();
  gateway.answer = (_, node) =>
    node === 'labrat-2' ? undefined : `one\n${node === 'labrat-3' ? 'three' : 'two'}\nlast`;
  await signIn(page, gateway, 'admin', '/console');
  await report.look(page, 'console');
  await mark(page, MARKS.console.timeout).selectOption('2000');
  await mark(page, MARKS.console.input).fill('version');
  await page.keyboard.press('Escape');
  await expect(mark(page, MARKS.console.classPlate)).toHaveAttribute('data-class', 'R');
  await mark(page, MARKS.console.send).click();
  const job = mark(page, MARKS.console.job).first();
  await expect(mark(job, MARKS.console.jobSummary)).toContainText('1 silent');
  await mark(job, MARKS.console.diffOpen).first().click();
  await mark(job, MARKS.console.diff).first().waitFor();
  await report.look(page, 'a job with a difference and a silent node');
  await mark(page, MARKS.console.input).fill('cluster ');
  await mark(page, MARKS.console.completion).first().waitFor();
  await report.look(page, 'completion');
  await mark(page, MARKS.console.input).fill('shutdown');
  await page.keyboard.press('Escape');
  await expect(mark(page, MARKS.console.classPlate)).toHaveAttribute('data-class', 'W3');
  await mark(page, MARKS.console.send).click();
  await mark(page, MARKS.preview.sheet).waitFor();
  await report.look(page, 'preview');
  report.end();
});

async function askFor(gateway: ScriptedGateway, role: 'operator' | 'admin'): Promise<string> {
  const client = await GatewayClient.signIn(gateway.url, gateway.account(role));
  const target: CommandTarget = { kind: 'all' };
  const answer = await client.post('/api/approvals', { command: 'shutdown', target, reason: 'disk failing' });
  return ((await answer.json()) as { id: string }).id;
}

scriptedTest('[FR-10] audit, accounts and settings', async ({ gateway, page }) => {
  scriptedTest.setTimeout(LIMIT_MS);
  const report = new Report();
  const denied = await askFor(gateway, 'operator');
  await askFor(gateway, 'admin');
  await askFor(gateway, 'operator');
  const admin = await GatewayClient.signIn(gateway.url, gateway.account('admin'));
  await admin.post(`/api/approvals/${denied}/deny`, { note: 'not today' });
  await signIn(page, gateway, 'admin', '/audit');
  await mark(page, MARKS.audit.row).first().waitFor();
  await report.look(page, 'audit');
  await open(page, gateway, '/accounts', MARKS.accounts.row);
  await report.look(page, 'accounts');
  await open(page, gateway, '/settings', MARKS.settings.zone);
  await report.look(page, 'my account');
  await open(page, gateway, '/settings?tab=about', MARKS.settings.about);
  await report.look(page, 'about');
  await open(page, gateway, '/settings?tab=approvals', MARKS.settings.request);
  await mark(page, MARKS.settings.requestDeny).first().click();
  await report.look(page, 'approvals');
  await page.locator(`[data-test="${MARKS.settings.requestReview}"][aria-disabled="false"]`).click();
  await mark(page, MARKS.preview.typedName).waitFor();
  await report.look(page, 'approve');
  await open(page, gateway, '/settings?tab=tokens', MARKS.settings.tokenForm);
  await mark(page, MARKS.settings.tokenLabel).fill('ci');
  await mark(page, MARKS.settings.tokenCreate).click();
  await mark(page, MARKS.settings.tokenSecret).waitFor();
  await report.look(page, 'the secret of a token');
  await mark(page, MARKS.settings.tokenDone).click();
  await mark(page, MARKS.settings.token).waitFor();
  await report.look(page, 'tokens');
  await mark(page, MARKS.settings.tokenRevoke).click();
  await mark(page, MARKS.preview.sheet).waitFor();
  await report.look(page, 'revoke');
  report.end();
});

scriptedTest('[FR-10] references and a page that does not exist', async ({ gateway, page }) => {
  scriptedTest.setTimeout(LIMIT_MS);
  const report = new Report();
  await signIn(page, gateway, 'viewer', '/reference/options');
  await mark(page, MARKS.reference.option).first().waitFor();
  await report.look(page, 'option reference');
  await open(page, gateway, '/reference/api', MARKS.reference.route);
  await report.look(page, 'API reference');
  await page.goto(`${gateway.url}/no/such/page`);
  await report.look(page, 'not found', true);
  report.end();
});

scriptedTest('[FR-10] palette, keys, menus, and what a viewer may not', async ({ gateway, page }) => {
  scriptedTest.setTimeout(LIMIT_MS);
  const report = new Report();
  await signIn(page, gateway, 'viewer', '/members');
  await page.keyboard.press('ControlOrMeta+k');
  await mark(page, MARKS.palette.input).fill('lab');
  await mark(page, MARKS.palette.item).first().waitFor();
  await report.look(page, 'palette');
  await page.keyboard.press('Escape');
  await mark(page, MARKS.frame.help).click();
  await mark(page, MARKS.shortcuts.sheet).waitFor();
  await report.look(page, 'keys');
  await mark(page, MARKS.shortcuts.close).click();
  await mark(page, MARKS.frame.accountMenu).click();
  await mark(page, MARKS.frame.zone).waitFor();
  await report.look(page, 'account menu');
  await page.keyboard.press('Escape');
  await mark(page, MARKS.rail.details).click();
  await mark(page, MARKS.rail.memberAge).first().waitFor();
  await report.look(page, 'ages');
  await open(page, gateway, '/settings?tab=tokens', MARKS.settings.tokensForbidden);
  await report.look(page, 'tokens of a viewer');
  report.end();
});

scriptedTest('[FR-10] stale, lost and disconnected', async ({ gateway, page }) => {
  scriptedTest.setTimeout(LIMIT_MS);
  const report = new Report();
  const band = (level: string) =>
    page.locator(`[data-test="${MARKS.connection.band}"][data-level="${level}"]`);
  const pages = { members: await page.context().newPage(), overview: page };
  await signIn(page, gateway, 'operator', '/overview');
  await open(pages.members, gateway, '/members?node=labrat-1&tab=options', MARKS.options.row);
  for (const id of [...SCRIPTED_NODES, 'mgr']) gateway.cluster.silence(id);
  await page.bringToFront();
  await band('stale').waitFor();
  await report.look(page, 'overview, stale');
  gateway.cluster.setBus('lost');
  await band('lostBus').waitFor();
  await report.look(page, 'overview, bus lost');
  await mark(pages.members, MARKS.options.refresh).click();
  await mark(pages.members, MARKS.options.noAnswer).waitFor();
  await report.look(pages.members, 'options, bus lost');
  await gateway.stop();
  await band('disconnected').waitFor();
  await report.look(page, 'overview, disconnected');
  report.end();
});

test('[FR-10] rehearsal', async ({ demo, page }) => {
  test.setTimeout(LIMIT_MS);
  const report = new Report();
  await signIn(page, demo, 'operator', '/overview');
  await mark(page, MARKS.rehearsal.open).click();
  await mark(page, MARKS.rehearsal.row).first().waitFor();
  await report.look(page, 'rehearsal');
  report.end();
});
