/** A process that takes long over one turn of its event loop: what was sent to it waits to be read meanwhile. */

import { expect, test } from 'vitest';
import { DEADLINE_REACHED } from '../../../server/base/core.ts';
import type { NodeName } from '../../../server/model/names.ts';
import { encodeServerFrame } from '../../../server/msgc/encode-frames.ts';
import { PROTOCOL_TIMING, serverOptions } from '../../../server/msgc/options.ts';
import { MsgcServer } from '../../../server/msgc/server.ts';

const [a, b, c] = ['a', 'b', 'c'] as NodeName[] as [NodeName, NodeName, NodeName];
const FROM_B = 2;
const FROM_C = 4;
const { suspectMs, ownPauseMs, tickMs } = PROTOCOL_TIMING;
const noSuchView = { ctr: 0, coord: b, inc: 1 };

function hello(node: NodeName): Buffer {
  return encodeServerFrame({ type: 'hello', cluster: 'x', node, inc: 1, helloNo: 1, maxCtr: 0 });
}

function heartbeat(sentAtMs: number): Buffer {
  const times = { sentAtMs, echoSentAtMs: Number.NaN, echoHeldMs: 0, silenceMs: suspectMs };
  return encodeServerFrame({ type: 'heartbeat', view: noSuchView, recv: 0, stable: 0, ...times });
}

function linked(): MsgcServer {
  const peers = [b, c].map((node) => ({ node, host: node, port: 1 }));
  const parts = { node: a, incarnation: 1, cluster: 'x', seed: 1, nowMs: 0 };
  const server = new MsgcServer({ ...parts, options: serverOptions({ peers }) });
  for (const [conn, node] of [
    [FROM_B, b],
    [FROM_C, c],
  ] as const) {
    server.step({ type: 'accepted', conn, local: '', remote: node }, 0);
    server.step({ type: 'received', conn, bytes: hello(node) }, 0);
  }
  expect(server.status(0).links.map(({ state }) => state)).toEqual(['up', 'up']);
  return server;
}

/** Takes bytes of b only, again and again, for longer than anybody may be silent. @returns the end of the turn. */
function longTurn(server: MsgcServer): number {
  let nowMs = 0;
  for (; nowMs <= suspectMs + tickMs; nowMs += ownPauseMs - 1) {
    server.step({ type: 'received', conn: FROM_B, bytes: heartbeat(nowMs) }, nowMs);
  }
  server.step(DEADLINE_REACHED, nowMs);
  return nowMs;
}

const statesOf = (server: MsgcServer, nowMs: number) =>
  server.status(nowMs).links.map(({ peer, state }) => `${peer} ${state}`);

test('[BUS-09] nobody is silent whose bytes wait to be read after a long turn', () => {
  const server = linked();
  const endMs = longTurn(server);
  server.step({ type: 'received', conn: FROM_C, bytes: heartbeat(0) }, endMs + 1);
  server.step(DEADLINE_REACHED, endMs + tickMs);
  expect(statesOf(server, endMs + tickMs)).toEqual(['b up', 'c up']);
});

test('[BUS-09] who sent nothing is silent one tick later', () => {
  const server = linked();
  const endMs = longTurn(server);
  server.step({ type: 'received', conn: FROM_B, bytes: heartbeat(endMs) }, endMs + 1);
  server.step(DEADLINE_REACHED, endMs + tickMs);
  expect(statesOf(server, endMs + tickMs)).toEqual(['b up', 'c waiting']);
});
