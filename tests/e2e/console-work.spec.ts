/** Working with the console: completion, drafts, history, approvals, comparing and repeating: ui.md 4.8, 2.9, 3.5. */

import { expect, type Locator, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { GatewayClient } from '../support/gateway-client.ts';
import type { ScriptedGateway } from '../support/scripted-gateway.ts';
import { until } from '../support/until.ts';
import { fillSignIn, live, mark, scriptedTest, signIn } from './fixtures.ts';

/** Types a command and waits until the page knows the class of exactly this one. */
async function write(page: Page, command: string): Promise<void> {
  await mark(page, MARKS.console.input).fill(command);
  await page.keyboard.press('Escape');
  await expect(mark(page, MARKS.console.classPlate)).toHaveAttribute('data-class', /^[RW]/);
}

async function ask(page: Page, command: string): Promise<Locator> {
  await write(page, command);
  await mark(page, MARKS.console.send).click();
  const job = mark(page, MARKS.console.job).first();
  await expect(mark(job, MARKS.console.jobCommand)).toHaveText(command);
  return job;
}

/** Lifts the cover of the open sheet and presses the face. */
async function commit(page: Page): Promise<void> {
  await mark(page, MARKS.guard.cover).click();
  await mark(page, MARKS.guard.commit).click();
}

function sentCommands(gateway: ScriptedGateway): readonly string[] {
  return gateway.cluster.observer.sent.map(({ command }) => command);
}

scriptedTest('[CN-6] an operator asks for what only an admin may send', async ({ gateway, page }) => {
  gateway.answer = (_, node) => `done on ${node}`;
  await signIn(page, gateway, 'operator', '/console');
  await write(page, 'frobnicate all');
  await expect(mark(page, MARKS.console.classReason)).toBeVisible();
  await expect(mark(page, MARKS.console.send)).toHaveText('Ask for approval');
  await mark(page, MARKS.console.send).click();
  await expect(mark(page, MARKS.preview.exact)).toHaveText('frobnicate all');
  // Without a reason nothing can be asked for.
  await expect(mark(page, MARKS.guard.cover)).toHaveAttribute('aria-disabled', 'true');
  await mark(page, MARKS.preview.reason).fill('the vendor asked for it');
  await commit(page);
  const request = mark(page, MARKS.console.approval);
  await expect(request).toHaveAttribute('data-state', 'waiting');
  await expect(mark(page, MARKS.console.approvalState)).toContainText(/expires in (30|29) min/);
  expect(sentCommands(gateway)).toEqual([]);

  const admin = await GatewayClient.signIn(gateway.url, gateway.account('admin'));
  const { approvals } = (await (await admin.get('/api/approvals')).json()) as {
    approvals: readonly { readonly id: string; readonly command: string }[];
  };
  const [waiting] = approvals;
  expect(waiting?.command).toBe('frobnicate all');
  await admin.post(`/api/approvals/${waiting?.id}/approve`, { typedName: 'demo', note: '' });
  await expect(request).toHaveAttribute('data-state', 'approved');
  expect(sentCommands(gateway)).toEqual(['frobnicate all']);
  await mark(page, MARKS.console.approvalJob).click();
  const job = mark(page, MARKS.console.job);
  await expect(mark(job, MARKS.console.jobCommand)).toHaveText('frobnicate all');
  await expect(mark(job, MARKS.console.group)).toHaveCount(3);
});

scriptedTest('[CN-6] a viewer cannot ask, and is told why', async ({ gateway, page }) => {
  await signIn(page, gateway, 'viewer', '/console');
  await write(page, 'frobnicate all');
  await expect(mark(page, MARKS.console.send)).toHaveAttribute('aria-disabled', 'true');
  await expect(mark(page, MARKS.console.classReason)).toContainText('viewer');
});

const SECRET = 'correct-horse-battery';

scriptedTest('[CN-7] the history is searched, and secrets are not in it', async ({ gateway, page }) => {
  gateway.answer = () => 'ok';
  await signIn(page, gateway, 'operator', '/console');
  await ask(page, 'version');
  await write(page, `config set cluster password ${SECRET}`);
  await mark(page, MARKS.console.send).click();
  await commit(page);
  const job = mark(page, MARKS.console.job).first();
  await expect(mark(job, MARKS.console.jobCommand)).toHaveText('config set cluster password ***');
  await expect(mark(job, MARKS.console.redacted)).toBeVisible();
  // The nodes got the real one.
  expect(sentCommands(gateway)).toEqual(['version', `config set cluster password ${SECRET}`]);

  const rows = mark(page, MARKS.console.historyJob);
  await expect(rows).toHaveCount(2);
  const search = mark(page, MARKS.console.historySearch);
  await search.fill('CONFIG SET');
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText('config set cluster password ***');
  await search.fill(SECRET);
  await expect(rows).toHaveCount(0);
  await search.fill('vers');
  await expect(rows).toHaveCount(1);
  // A row fills the prompt, and sends nothing.
  await mark(page, MARKS.console.historyFill).click();
  await expect(mark(page, MARKS.console.input)).toHaveValue('version');
  expect(sentCommands(gateway)).toHaveLength(2);
});

/** From now on, every text that any live region of the page takes. */
async function listen(page: Page): Promise<() => Promise<readonly string[]>> {
  await page.evaluate(
    (marks) => {
      const heard: string[] = [];
      const watch = new MutationObserver((changes) => {
        for (const target of new Set(changes.map((change) => change.target))) {
          const region = target instanceof Element ? target : target.parentElement;
          heard.push(`${region?.getAttribute('data-test')}: ${region?.textContent}`);
        }
      });
      for (const name of marks) {
        const region = document.querySelector(`[data-test="${name}"]`);
        if (region !== null) watch.observe(region, { childList: true, characterData: true, subtree: true });
      }
      Object.assign(window, { heard });
    },
    [MARKS.live.status, MARKS.live.alert, MARKS.live.log],
  );
  return () => page.evaluate(() => (window as unknown as { heard: readonly string[] }).heard);
}

scriptedTest('[CN-8] a screen reader hears one summary of a job', async ({ gateway, page }) => {
  gateway.answer = (_, node) => `reply of ${node}`;
  await signIn(page, gateway, 'operator', '/console');
  const heard = await listen(page);
  const job = await ask(page, 'version');
  await expect(job).toHaveAttribute('data-state', 'done');
  await until(async () => (await heard()).length > 0);
  expect(await heard()).toEqual([`${MARKS.live.status}: version: 3 asked, 3 answered.`]);

  await mark(page, MARKS.console.announce).check();
  const second = await ask(page, 'pid');
  await expect(second).toHaveAttribute('data-state', 'done');
  await until(async () => (await heard()).some((text) => text.startsWith(`${MARKS.live.status}: pid`)));
  const texts = await heard();
  expect(texts.filter((text) => text.startsWith(MARKS.live.status))).toHaveLength(2);
  const spoken = texts.filter((text) => text.startsWith(MARKS.live.log)).join('\n');
  for (const node of ['labrat-1', 'labrat-2', 'labrat-3']) expect(spoken).toContain(`reply of ${node}`);
});

scriptedTest('the prompt completes from the grammar of its target', async ({ gateway, page }) => {
  await signIn(page, gateway, 'operator', '/console');
  await page.keyboard.press('/');
  const input = mark(page, MARKS.console.input);
  await expect(input).toBeFocused();
  await page.keyboard.type('cluster n');
  const options = mark(page, MARKS.console.completion);
  await expect(options).toHaveCount(1);
  await expect(options).toContainText('cluster nodename');
  await page.keyboard.press('Tab');
  await expect(input).toHaveValue('cluster nodename');
  await expect(options).toHaveCount(0);

  await input.fill('cluster ');
  await expect(options).not.toHaveCount(0);
  await page.keyboard.press('ArrowDown');
  const chosen = await input.getAttribute('aria-activedescendant');
  await expect(page.locator(`[id="${chosen}"]`)).toHaveAttribute('aria-selected', 'true');
  // Esc closes the list and nothing else; then Tab leaves the prompt as everywhere.
  await page.keyboard.press('Escape');
  await expect(options).toHaveCount(0);
  await expect(input).toHaveValue('cluster ');
  await page.keyboard.press('Tab');
  await expect(input).not.toBeFocused();
});

scriptedTest('Ctrl+Enter sends a read and no write', async ({ gateway, page }) => {
  gateway.answer = () => 'ok';
  await signIn(page, gateway, 'admin', '/console');
  await write(page, 'version');
  await page.keyboard.press('Control+Enter');
  await expect(mark(page, MARKS.console.job)).toHaveAttribute('data-state', 'done');
  await write(page, 'shutdown');
  await page.keyboard.press('Control+Enter');
  await expect(mark(page, MARKS.console.error)).toContainText('sends only reads');
  await expect(mark(page, MARKS.preview.sheet)).toHaveCount(0);
  expect(sentCommands(gateway)).toEqual(['version']);
});

scriptedTest(
  'saved commands fill the prompt and its target, for everybody if shared',
  async ({ gateway, page }) => {
    await signIn(page, gateway, 'operator', '/console');
    await mark(page, MARKS.console.targetNodes).click();
    await page.locator(`[data-test="${MARKS.console.nodeChoice}"][data-node="labrat-2"]`).click();
    await write(page, 'cluster nodename');
    await mark(page, MARKS.console.saveOpen).click();
    await mark(page, MARKS.console.saveLabel).fill('Who is it');
    await mark(page, MARKS.console.saveShared).check();
    await mark(page, MARKS.console.saveLabel).press('Enter');
    await expect(mark(page, MARKS.console.saveLabel)).toHaveCount(0);
    expect(sentCommands(gateway)).toEqual([]);

    const context = await page.context().browser()?.newContext();
    const other = await context?.newPage();
    if (context === undefined || other === undefined) throw new Error('no browser');
    await signIn(other, gateway, 'viewer', '/console');
    await mark(other, MARKS.console.sideSaved).click();
    await expect(mark(other, MARKS.console.savedRow)).toContainText('Who is it');
    await expect(mark(other, MARKS.console.savedRemove)).toHaveCount(0);
    await mark(other, MARKS.console.savedFill).click();
    await expect(mark(other, MARKS.console.input)).toHaveValue('cluster nodename');
    await expect(mark(other, MARKS.console.send)).toContainText('1 node');
    expect(sentCommands(gateway)).toEqual([]);
    await context.close();

    await mark(page, MARKS.console.sideSaved).click();
    await mark(page, MARKS.console.savedRemove).click();
    await expect(mark(page, MARKS.console.savedRow)).toHaveCount(0);
  },
);

scriptedTest(
  'groups are compared line by line, and XML becomes a table of inert text',
  async ({ gateway, page }) => {
    const hostile = '&lt;img src=x onerror="window.owned = true"&gt;';
    gateway.answer = (command, node) =>
      command === 'version'
        ? `first\n${node === 'labrat-3' ? 'older' : 'newer'}\nlast`
        : `<List><Row name="a"><Text>${hostile}</Text></Row><Row name="b"/></List>`;
    await signIn(page, gateway, 'viewer', '/console');
    const job = await ask(page, 'version');
    const differing = job.locator(`[data-test="${MARKS.console.group}"][data-nodes="labrat-3"]`);
    await expect(mark(differing, MARKS.console.groupTitle)).toContainText('differs in 1 line');
    await mark(differing, MARKS.console.diffOpen).click();
    const diff = mark(differing, MARKS.console.diff);
    await expect(diff).toHaveAttribute('data-with', 'labrat-1');
    await expect(diff).toContainText('−newer');
    await expect(diff).toContainText('+older');

    const xml = await ask(page, 'xml cluster membership');
    await mark(xml, MARKS.console.xmlToggle).click();
    const table = mark(xml, MARKS.console.xmlTable);
    await expect(table.locator('tbody tr')).toHaveCount(2);
    await expect(table).toContainText('<img src=x');
    expect(await table.locator('img, script').count()).toBe(0);
    await mark(xml, MARKS.console.xmlToggle).click();
    await expect(mark(xml, MARKS.console.groupText)).toContainText('<Row name="b"/>');
  },
);

scriptedTest(
  'a silent node is asked again: reads at once, writes with a preview',
  async ({ gateway, page }) => {
    const deaf = new Set(['labrat-2']);
    gateway.answer = (_, node) => (deaf.has(node) ? undefined : 'ok');
    await signIn(page, gateway, 'admin', '/console');
    await mark(page, MARKS.console.timeout).selectOption('2000');
    const job = await ask(page, 'version');
    await mark(job, MARKS.console.retryNode).click();
    await until(() => gateway.cluster.observer.sent.length === 2);
    expect(gateway.cluster.observer.sent[1]?.asked.map(({ node }) => node)).toEqual(['labrat-2']);

    await write(page, 'cluster duravip announce view');
    await mark(page, MARKS.console.send).click();
    await commit(page);
    const write2 = mark(page, MARKS.console.job).first();
    await expect(mark(write2, MARKS.console.jobCommand)).toHaveText('cluster duravip announce view');
    await mark(write2, MARKS.console.retryNode).click();
    await expect(mark(page, MARKS.preview.effect)).toContainText('may have been done there all the same');
    expect(gateway.cluster.observer.sent).toHaveLength(3);
    await mark(page, MARKS.preview.cancel).click();
  },
);

scriptedTest(
  'a job has an address; all its replies are one download; a job that is gone says so',
  async ({ gateway, page }) => {
    gateway.answer = (_, node) => (node === 'labrat-3' ? '\u001b[2Jraw' : `reply of ${node}`);
    await signIn(page, gateway, 'viewer', '/console');
    const job = await ask(page, 'version');
    await expect(job).toHaveAttribute('data-state', 'done');
    await page.reload();
    await live(page);
    await expect(mark(mark(page, MARKS.console.job), MARKS.console.group)).toHaveCount(3);
    const started = page.waitForEvent('download');
    await mark(page, MARKS.console.downloadAll).click();
    const stream = await (await started).createReadStream();
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(text).toContain('command: version');
    expect(text).toContain('===== labrat-1: answered after');
    expect(text).toContain('reply of labrat-2\n');
    expect(text).toContain('\u001b[2Jraw');
    await page.goto(`${gateway.url}/console?job=no-such-job`);
    await expect(mark(page, MARKS.console.jobGone)).toBeVisible();
  },
);

/** As an administrator or the time would: the browser keeps its cookie, and it opens nothing any more. */
async function endSession(page: Page, url: string): Promise<void> {
  const session = (await (await page.request.get(`${url}/api/session`)).json()) as { csrf: string };
  const ended = await page.request.delete(`${url}/api/session`, {
    headers: { origin: url, 'x-muster-csrf': session.csrf },
  });
  expect(ended.ok()).toBe(true);
}

scriptedTest('[LG-5] a draft survives the end of its session', async ({ gateway, page }) => {
  await signIn(page, gateway, 'operator', '/console');
  await mark(page, MARKS.console.targetNodes).click();
  await page.locator(`[data-test="${MARKS.console.nodeChoice}"][data-node="labrat-3"]`).click();
  await mark(page, MARKS.console.timeout).selectOption('30000');
  await write(page, 'cluster duravip announce view');
  await endSession(page, gateway.url);
  await mark(page, MARKS.signIn.form).waitFor();
  // The draft is in no address: neither in this one nor in the one that comes after.
  expect(page.url()).not.toContain('announce');
  await fillSignIn(page, gateway.account('operator'));
  await live(page);
  await expect(mark(page, MARKS.console.input)).toHaveValue('cluster duravip announce view');
  await expect(mark(page, MARKS.console.draftBack)).toBeVisible();
  await expect(mark(page, MARKS.console.timeout)).toHaveValue('30000');
  await expect(mark(page, MARKS.console.send)).toContainText('1 node');
  expect(sentCommands(gateway)).toEqual([]);
});

scriptedTest('[LG-5] the draft of one account is not shown to another', async ({ gateway, page }) => {
  await signIn(page, gateway, 'operator', '/console');
  await write(page, 'cluster duravip announce view');
  await endSession(page, gateway.url);
  await mark(page, MARKS.signIn.form).waitFor();
  await fillSignIn(page, gateway.account('viewer'));
  await live(page);
  await expect(mark(page, MARKS.console.input)).toHaveValue('');
});
