/** Questions to single members: shared, kept for a second, bounded, and robust against what members answer. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  QUERY_ANSWER_CHARACTERS_MAX,
  QUERY_CALLERS_MAX,
  QUERY_TIMEOUT_MS,
} from '../../../server/gateway/member-queries.ts';
import { commandsReply, memberOptionsReply, type OptionsReply } from '../../../server/wire/options.ts';
import { type Answer, codeOf, openWorld, Page, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { scriptedCommands, scriptedConfig, scriptedOptions } from '../../support/scripted-options.ts';
import { until } from '../../support/until.ts';

let clock: HandClock;
let world: World;
let viewer: Page;

beforeEach(async () => {
  clock = new HandClock();
  world = await openWorld({ clock });
  viewer = await Page.signedIn(world.gateway, 'viewer');
});
afterEach(async () => world.close());

const OPTIONS = '/api/members/labrat-1/options';
const COMMANDS = '/api/members/labrat-1/commands';
const said = (member: string): OptionsReply =>
  scriptedOptions(member, scriptedConfig(member, clock.wallMs()));

/** Begins a request and waits until the member was asked `asked` times in all. */
async function ask(url: string, asked = 1): Promise<{ readonly answer: Promise<Answer> }> {
  const answer = viewer.get(url);
  await until(() => world.cluster.observer.queries.length >= asked);
  return { answer };
}

function reply(text: string, ok = true, index = -1): void {
  const query = world.cluster.observer.queries.at(index);
  world.cluster.observer.reply(query?.request ?? '', query?.member ?? '', text, ok);
}

describe('options of a member', () => {
  test('are asked of the process itself and say when', async () => {
    const askedMs = clock.wallMs();
    const { answer } = await ask(OPTIONS);
    clock.advance(40);
    reply(JSON.stringify(said('labrat-1')));
    const { status, body } = await answer;
    expect(status).toBe(200);
    expect(memberOptionsReply.parse(body)).toEqual({
      member: 'labrat-1',
      askedMs,
      answeredMs: askedMs + 40,
      options: said('labrat-1'),
    });
    expect(world.cluster.observer.queries).toMatchObject([{ member: 'labrat-1', what: 'options' }]);
  });

  test('everybody who asks meanwhile shares one question; a second later it is asked again', async () => {
    const { answer } = await ask(OPTIONS);
    const others = Array.from({ length: 5 }, () => viewer.get(OPTIONS));
    reply(JSON.stringify(said('labrat-1')));
    for (const one of [answer, ...others]) expect((await one).status).toBe(200);
    clock.advance(999);
    expect((await viewer.get(OPTIONS)).status).toBe(200);
    expect(world.cluster.observer.queries).toHaveLength(1);
    clock.advance(1);
    const again = await ask(OPTIONS, 2);
    reply(JSON.stringify(said('labrat-1')));
    expect((await again.answer).status).toBe(200);
  });

  test('the manager can be asked as well, and two members at once', async () => {
    const first = await ask('/api/members/mgr/options');
    const second = await ask('/api/members/labrat-3/options', 2);
    reply(JSON.stringify(said('labrat-3')));
    reply(JSON.stringify(said('mgr')), true, 0);
    expect((await first.answer).body).toMatchObject({ member: 'mgr', options: { lastReload: null } });
    expect((await second.answer).body).toMatchObject({ member: 'labrat-3' });
  });

  test('nobody of that name is 404, no bus is 503, nothing is asked', async () => {
    expect(codeOf(await viewer.get('/api/members/nobody/options'))).toBe('not_found');
    world.cluster.depart('labrat-2', 'closed');
    expect(codeOf(await viewer.get('/api/members/labrat-2/options'))).toBe('not_found');
    world.cluster.setBus('lost');
    const answer = await viewer.get(OPTIONS);
    expect([answer.status, codeOf(answer)]).toEqual([503, 'bus_down']);
    expect(world.cluster.observer.queries).toEqual([]);
  });

  test('a kept answer does not hide that the bus is gone', async () => {
    const { answer } = await ask(OPTIONS);
    reply(JSON.stringify(said('labrat-1')));
    await answer;
    world.cluster.setBus('lost');
    expect(codeOf(await viewer.get(OPTIONS))).toBe('bus_down');
  });

  test.each([
    ['stays silent', () => clock.advance(QUERY_TIMEOUT_MS)],
    ['leaves', () => world.cluster.observer.askedGone(lastRequest(), 'labrat-1', 'closed')],
    ['cannot tell', () => reply('Unknown query', false)],
    ['is cut off with the bus', () => world.cluster.setBus('lost')],
    ['answers with no JSON', () => reply('<script>alert(1)</script>')],
    ['answers with another shape', () => reply('{"generation":"two","scopes":{}}')],
    ['answers with a prototype', () => reply('{"__proto__":{"generation":1}}')],
    ['answers with too much', () => reply(JSON.stringify('x'.repeat(QUERY_ANSWER_CHARACTERS_MAX)))],
  ])('a member that %s is 504, and the next question is asked afresh', async (_what, happens) => {
    const { answer } = await ask(OPTIONS);
    happens();
    const refused = await answer;
    expect([refused.status, codeOf(refused)]).toEqual([504, 'no_answer']);
    expect(refused.text).not.toContain('script');
    world.cluster.setBus('joined');
    const again = await ask(OPTIONS, 2);
    reply(JSON.stringify(said('labrat-1')));
    expect((await again.answer).status).toBe(200);
  });

  test('an answer that comes after the time is over is dropped', async () => {
    const { answer } = await ask(OPTIONS);
    clock.advance(QUERY_TIMEOUT_MS);
    reply(JSON.stringify(said('labrat-1')));
    expect((await answer).status).toBe(504);
  });

  test('callers beyond the bound are refused at once', async () => {
    const settled: Answer[] = [];
    const asking = Array.from({ length: QUERY_CALLERS_MAX + 1 }, () =>
      viewer.get(OPTIONS).then((answer) => settled.push(answer)),
    );
    await until(() => settled.length > 0);
    expect(settled.map(codeOf)).toEqual(['rate_limited']);
    reply(JSON.stringify(said('labrat-1')));
    await Promise.all(asking);
    expect(settled.filter(({ status }) => status === 200)).toHaveLength(QUERY_CALLERS_MAX);
  });
});

describe('commands of a member', () => {
  test('are kept for as long as the process runs', async () => {
    const { answer } = await ask(COMMANDS);
    reply(JSON.stringify(scriptedCommands()));
    const { commands } = commandsReply.parse((await answer).body);
    expect(commands.find(({ words }) => words === 'shutdown')).toMatchObject({ class: 'W3' });
    clock.advance(3_600_000);
    expect((await viewer.get(COMMANDS)).status).toBe(200);
    expect(world.cluster.observer.queries).toHaveLength(1);
    const row = world.cluster.observer.model().members['labrat-1'];
    if (row !== undefined) world.cluster.observer.set('members', 'labrat-1', { ...row, pid: 9_999 });
    const again = await ask(COMMANDS, 2);
    reply(JSON.stringify({ commands: [] }));
    expect((await again.answer).body).toEqual({ commands: [] });
  });
});

function lastRequest(): string {
  return world.cluster.observer.queries.at(-1)?.request ?? '';
}
