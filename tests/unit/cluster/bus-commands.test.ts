/** `msgc_server stats` on nodes and managers, word for word. */

import { describe, expect, test } from 'vitest';
import {
  dedicatedCommandTree,
  managerCommandTree,
  nodeCommandTree,
} from '../../../server/cluster/command-trees.ts';
import type { PrivateName } from '../../../server/model/names.ts';
import type { ServerStatus } from '../../../server/msgc/server-api.ts';
import { serverStatus } from './cluster-world.ts';
import { managerConsole, nodeConsole } from './consoles.ts';
import { FakeBus, group, node } from './fake-bus.ts';

function busy(): ServerStatus {
  const base = serverStatus('pono', ['kai', 'moana']);
  const [kai, moana] = base.links;
  if (kai === undefined || moana === undefined) throw new Error('two links');
  return {
    ...base,
    authenticated: true,
    pausedMs: 215.4,
    refusals: { 'wrong key': 3, 'bad frame': 1 },
    counters: { views: 2, frames_dropped_old_view: 4 },
    links: [
      {
        ...kai,
        roundTripMs: 0.21239,
        backlog: 2_600,
        reconnects: 1,
        traffic: { bytesIn: 1_000, bytesOut: 250_000, messagesIn: 10, messagesOut: 2_500 },
        slow: 'backlog of 2600 messages',
      },
      {
        ...moana,
        address: '10.0.0.2:4809',
        state: 'refused',
        sinceMs: 60_000,
        roundTripMs: undefined,
        refused: 7,
        detail: 'refused: wrong \u001b[31mkey',
      },
    ],
    views: [
      {
        viewId: '1',
        members: ['pono', 'kai', 'moana'].map(node),
        installedAtMs: 0,
        tookMs: undefined,
        joined: ['pono', 'kai', 'moana'].map(node),
        lost: [],
      },
      {
        viewId: '2',
        members: ['pono', 'kai'].map(node),
        installedAtMs: 60_000,
        tookMs: 12.34567,
        joined: [],
        lost: [{ node: node('moana'), cause: 'closed' }],
      },
    ],
    groups: [{ group: group('ec_console'), members: ['#ec0-00001#pono', '#ec0-00002#kai'] as PrivateName[] }],
  };
}

function consoles(status: () => ServerStatus | undefined) {
  const bus = new FakeBus();
  const pono = nodeConsole(bus, 'pono', { pid: 1, serverStatus: status });
  const barca = managerConsole(bus, 'barca', { serverStatus: status });
  bus.nowMs = 90_000;
  return { pono, barca };
}

const TEXT = `Server: pono (operational)
Authentication: on
Up: 90 s
View: 2, for 30 s, ordered by pono: pono, kai
Clients: 1
Max backlog: 5000
Not scheduled: 215 ms of the last minute

Links:
  Peer   Address        State    Since  Round trip  Backlog  Reconnects  Refused  Bytes in  Bytes out  Messages in  Messages out
  kai    10.0.0.1:4809  up       90 s   0.212 ms    2600     1           0        1000      250000     10           2500
    slow: backlog of 2600 messages
  moana  10.0.0.2:4809  refused  30 s   -           0        0           7        0         0          0            0
    refused: wrong \\x1b[31mkey

Refused connections:
  bad frame: 1
  wrong key: 3

Views:
  2, 30 s ago, took 12 ms: 2 members; lost moana (closed)
  1, 90 s ago: 3 members; joined pono, kai, moana

Groups:
  ec_console (2): #ec0-00001#pono, #ec0-00002#kai

Counters:
  frames_dropped_old_view: 4
  views: 2`;

const XML = `<MsgcServer node="pono" state="operational" authenticated="true" upSeconds="90" clients="1" maxBacklog="5000" pausedMs="215">
  <Links>
    <Link peer="kai" address="10.0.0.1:4809" state="up" sinceSeconds="90" roundTripMs="0.212" backlog="2600" reconnects="1" refused="0" bytesIn="1000" bytesOut="250000" messagesIn="10" messagesOut="2500" slow="backlog of 2600 messages"/>
    <Link peer="moana" address="10.0.0.2:4809" state="refused" sinceSeconds="30" backlog="0" reconnects="0" refused="7" bytesIn="0" bytesOut="0" messagesIn="0" messagesOut="0" detail="refused: wrong \ufffd[31mkey"/>
  </Links>
  <Refusals>
    <Refusal reason="bad frame" count="1"/>
    <Refusal reason="wrong key" count="3"/>
  </Refusals>
  <Views>
    <View id="1" ageSeconds="90">
      <Member>pono</Member>
      <Member>kai</Member>
      <Member>moana</Member>
      <Joined>pono</Joined>
      <Joined>kai</Joined>
      <Joined>moana</Joined>
    </View>
    <View id="2" ageSeconds="30" tookMs="12.346">
      <Member>pono</Member>
      <Member>kai</Member>
      <Lost cause="closed">moana</Lost>
    </View>
  </Views>
  <Groups>
    <Group name="ec_console" count="2">
      <Member>#ec0-00001#pono</Member>
      <Member>#ec0-00002#kai</Member>
    </Group>
  </Groups>
  <Counters>
    <Counter name="frames_dropped_old_view" count="4"/>
    <Counter name="views" count="2"/>
  </Counters>
</MsgcServer>`;

describe('msgc_server stats', () => {
  test('a node and a manager say the same of their bus server, for people and as XML', () => {
    const { pono, barca } = consoles(busy);
    for (const one of [pono, barca]) {
      expect(one.type('msgc_server stats')).toEqual({ ok: true, text: TEXT });
      expect(one.type('xml msgc_server stats')).toEqual({ ok: true, text: XML });
    }
  });

  test('a server that is alone and has nothing to tell says so', () => {
    const alone = { ...serverStatus('pono'), state: 'gather', view: undefined } as const;
    const { pono } = consoles(() => alone);
    expect(pono.type('MSGC_SERVER Stats').text).toBe(`Server: pono (gather)
Authentication: off: whoever reaches the port is taken for a member
Up: 90 s
View: none
Clients: 1
Max backlog: 5000
Not scheduled: 0 ms of the last minute

Links: none

Refused connections: none

Views: none

Groups: none

Counters: none`);
    expect(pono.type('xml msgc_server stats').text).toBe(
      `<MsgcServer node="pono" state="gather" authenticated="false" upSeconds="90" clients="1" maxBacklog="5000" pausedMs="0">
  <Links/>
  <Refusals/>
  <Views/>
  <Groups/>
  <Counters/>
</MsgcServer>`,
    );
  });

  test('without a server there is nothing to show', () => {
    const { pono } = consoles(() => undefined);
    expect(pono.type('msgc_server stats')).toEqual({
      ok: false,
      text: 'Error: this process has no msgc_server',
    });
    expect(pono.type('msgc_server').text).toContain('msgc_server stats');
  });

  test.each([
    ['a node', nodeCommandTree()],
    ['a manager', managerCommandTree()],
    ['a dedicated server', dedicatedCommandTree()],
  ])('%s has it in its grammar, as a read', (_program, tree) => {
    expect(tree.list().find(({ words }) => words === 'msgc_server stats')).toEqual({
      words: 'msgc_server stats',
      usage: 'msgc_server stats',
      help: 'Show the bus server: links, refused connections, views, groups, counters',
      class: 'R',
      parameters: [],
    });
  });
});
