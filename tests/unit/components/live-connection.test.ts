import { expect, test } from 'vitest';
import {
  BACKOFF_MS,
  type ConnectionInput,
  LiveConnection,
  OPENING_TIMEOUT_MS,
  PONG_TIMEOUT_MS,
} from '../../../components/live/live-connection.ts';
import { FRESHNESS } from '../../../server/wire/freshness.ts';

const WHOLE = (): number => 1;

function opened(random: () => number = WHOLE): LiveConnection {
  const connection = new LiveConnection(random);
  connection.step({ type: 'start' }, 0);
  connection.step({ type: 'ticketReceived', ticket: 't' }, 0);
  connection.step({ type: 'opened' }, 0);
  return connection;
}

function types(connection: LiveConnection, input: ConnectionInput, nowMs: number): readonly string[] {
  return connection.step(input, nowMs).map((effect) => effect.type);
}

test('a ticket is fetched before the socket opens, and an open socket asks for what it missed', () => {
  const connection = new LiveConnection(WHOLE);
  expect(types(connection, { type: 'start' }, 0)).toEqual(['fetchTicket']);
  expect(connection.step({ type: 'ticketReceived', ticket: 't' }, 0)).toEqual([
    { type: 'open', ticket: 't' },
  ]);
  expect(types(connection, { type: 'opened' }, 0)).toEqual(['resync']);
});

test('an open socket without heartbeats is not believed', () => {
  const connection = opened();
  connection.step({ type: 'heartbeat' }, 1_000);
  expect(connection.deadlineMs).toBe(1_000 + FRESHNESS.staleMs);
  expect(types(connection, { type: 'deadlineReached' }, 1_000 + FRESHNESS.staleMs)).toEqual(['drop', 'lost']);
  expect(connection.view.phase).toBe('waiting');
  expect(connection.view.lostSinceMs).toBe(1_000);
});

test('a deadline that fires early does nothing', () => {
  const connection = opened();
  expect(types(connection, { type: 'deadlineReached' }, FRESHNESS.staleMs - 1)).toEqual([]);
  expect(connection.view.phase).toBe('open');
});

test('waiting grows to its bound and says so once', () => {
  const connection = new LiveConnection(WHOLE);
  connection.step({ type: 'start' }, 0);
  const waits: number[] = [];
  for (let attempt = 0; attempt < BACKOFF_MS.length + 2; attempt += 1) {
    connection.step({ type: 'ticketRefused', status: null }, 0);
    waits.push(connection.view.retryAtMs ?? -1);
    connection.step({ type: 'retryNow' }, 0);
  }
  expect(waits).toEqual([...BACKOFF_MS, BACKOFF_MS.at(-1), BACKOFF_MS.at(-1)]);
});

test('jitter is full: it reaches from nothing to the whole wait', () => {
  const eager = new LiveConnection(() => 0);
  eager.step({ type: 'start' }, 0);
  eager.step({ type: 'ticketRefused', status: 503 }, 7);
  expect(eager.view.retryAtMs).toBe(7);
});

test('only a heartbeat ends the loss and starts the waits again from the shortest', () => {
  const connection = opened();
  connection.step({ type: 'closed', reason: 'transport close' }, 2_000);
  connection.step({ type: 'retryNow' }, 2_000);
  connection.step({ type: 'ticketReceived', ticket: 't' }, 2_000);
  connection.step({ type: 'opened' }, 2_000);
  expect(connection.view.lostSinceMs).toBe(0);
  connection.step({ type: 'heartbeat' }, 2_100);
  expect(connection.view.lostSinceMs).toBeNull();
  connection.step({ type: 'closed', reason: 'transport close' }, 2_200);
  expect(connection.view.retryAtMs).toBe(2_200 + BACKOFF_MS[0]);
});

test('a socket that does not open is given up', () => {
  const connection = new LiveConnection(WHOLE);
  connection.step({ type: 'start' }, 0);
  connection.step({ type: 'ticketReceived', ticket: 't' }, 0);
  expect(types(connection, { type: 'deadlineReached' }, OPENING_TIMEOUT_MS)).toEqual(['drop', 'lost']);
});

test('a session that ended leads to sign-in and asks nothing more', () => {
  const connection = new LiveConnection(WHOLE);
  connection.step({ type: 'start' }, 0);
  expect(types(connection, { type: 'ticketRefused', status: 401 }, 0)).toEqual(['signedOut']);
  expect(connection.deadlineMs).toBeUndefined();
});

test('after sleep the socket has to answer a question at once', () => {
  const connection = opened();
  expect(types(connection, { type: 'woke' }, 3_000)).toEqual(['ping']);
  expect(types(connection, { type: 'woke' }, 3_100)).toEqual([]);
  expect(types(connection, { type: 'deadlineReached' }, 3_000 + PONG_TIMEOUT_MS)).toEqual(['drop', 'lost']);
});

test('an answer after sleep keeps the socket', () => {
  const connection = opened();
  connection.step({ type: 'woke' }, 3_000);
  connection.step({ type: 'pong' }, 3_010);
  expect(types(connection, { type: 'deadlineReached' }, 3_000 + PONG_TIMEOUT_MS - 1)).toEqual([]);
  expect(connection.view.phase).toBe('open');
});

test('waking up ends a wait', () => {
  const connection = opened();
  connection.step({ type: 'closed', reason: 'gone' }, 0);
  expect(types(connection, { type: 'woke' }, 1)).toEqual(['fetchTicket']);
});

test('a ticket that comes too late is not used', () => {
  const connection = new LiveConnection(WHOLE);
  connection.step({ type: 'start' }, 0);
  connection.step({ type: 'ticketRefused', status: 500 }, 0);
  expect(types(connection, { type: 'ticketReceived', ticket: 't' }, 1)).toEqual([]);
});
