import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import {
  BUFFER_BYTES_DEFAULT,
  END_LINGER_MS,
  LISTENER_CONNECTIONS_MAX,
  type TcpListening,
  TcpStreams,
} from '../../server/adapters/tcp-streams.ts';
import type { StreamInput } from '../../server/base/stream-io.ts';
import { type StreamParty, type StreamWorld, streamContract } from './streams.ts';

const HOST = '127.0.0.1';
const WAIT_MAX_MS = 5_000;

async function until(condition: () => boolean): Promise<void> {
  const startMs = performance.now();
  while (!condition()) {
    if (performance.now() - startMs > WAIT_MAX_MS) throw new Error('the condition never held');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function sizeOf(fact: StreamInput): number {
  return fact.type === 'received' ? fact.bytes.length : 0;
}

function party(): StreamParty & { readonly streams: TcpStreams } {
  const facts: StreamInput[] = [];
  const streams = new TcpStreams((fact) => facts.push(fact));
  return { facts, streams, perform: (effect) => streams.perform(effect) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function tcpWorld(): Promise<StreamWorld> {
  const [listener, dialer] = [party(), party()];
  const listening = await listener.streams.listen({ host: HOST, port: 0 });
  const stop = async (): Promise<void> => {
    listener.streams.stop();
    dialer.streams.stop();
    await listening.close();
  };
  return { listener, dialer, host: HOST, port: listening.port, deadPort: await freePort(), until, stop };
}

streamContract('TCP', tcpWorld);

describe('the TCP adapter', () => {
  const open: TcpListening[] = [];
  const parties: TcpStreams[] = [];
  afterEach(async () => {
    for (const streams of parties.splice(0)) streams.stop();
    for (const listening of open.splice(0)) await listening.close();
  });
  const listen = async (options = {}): Promise<{ server: ReturnType<typeof party>; port: number }> => {
    const server = party();
    const listening = await server.streams.listen({ host: HOST, port: 0, ...options });
    open.push(listening);
    parties.push(server.streams);
    return { server, port: listening.port };
  };

  test('a port that another listener holds is one clear error', async () => {
    const { port } = await listen();
    await expect(party().streams.listen({ host: HOST, port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `the address ${HOST}:${port} is already in use: stop the other process or configure another port`,
    });
  });

  test('an address that this machine does not have is one clear error', async () => {
    await expect(party().streams.listen({ host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: 'cannot listen on 192.0.2.1:0: EADDRNOTAVAIL',
    });
  });

  test('dial uses the source address that it is given', async () => {
    const { server, port } = await listen();
    const client = party();
    parties.push(client.streams);
    client.perform({
      type: 'dial',
      conn: 1,
      host: HOST,
      port,
      bindAddress: '127.0.0.77',
      timeoutMs: WAIT_MAX_MS,
    });
    await until(() => server.facts.length > 0);
    const fact = server.facts[0];
    expect(fact?.type === 'accepted' ? fact.remote : '').toMatch(/^127\.0\.0\.77:\d+$/);
  });

  test('an impossible port is a refused dial, reported after perform has returned', async () => {
    const client = party();
    client.perform({
      type: 'dial',
      conn: 1,
      host: HOST,
      port: 70_000,
      bindAddress: undefined,
      timeoutMs: 100,
    });
    expect(client.facts).toEqual([]);
    await until(() => client.facts.length > 0);
    expect(client.facts).toMatchObject([{ type: 'closed', conn: 1, reason: 'refused' }]);
  });

  test('connections above the bound of a listener are dropped, the others live', async () => {
    const { server, port } = await listen({ connectionsMax: 2 });
    const client = party();
    parties.push(client.streams);
    for (const conn of [1, 3, 5]) {
      client.perform({ type: 'dial', conn, host: HOST, port, bindAddress: undefined, timeoutMs: 2_000 });
    }
    await until(() => client.facts.some((fact) => fact.type === 'closed'));
    expect(server.facts.filter((fact) => fact.type === 'accepted')).toHaveLength(2);
    expect(server.facts.filter((fact) => fact.type === 'closed')).toHaveLength(0);
    expect(open[0]?.droppedCount()).toBe(1);
  });

  test('[MSG-17] [MSG-22] so many bytes go to the system at once, and another number holds for open connections', async () => {
    const { server, port } = await listen();
    const client = party();
    parties.push(client.streams);
    client.perform({ type: 'dial', conn: 1, host: HOST, port, bindAddress: undefined, timeoutMs: 2_000 });
    await until(() => client.facts.some(({ type }) => type === 'connected'));
    await until(() => server.facts.some(({ type }) => type === 'accepted'));
    const conn = server.facts.find(({ type }) => type === 'accepted')?.conn ?? 0;
    // More than the buffers of both kernels hold.
    const sent = Buffer.alloc(32 * 1024 * 1024, 'abcdefg');
    const pending = (): readonly number[] =>
      client.facts.flatMap((fact) => (fact.type === 'drained' ? [fact.pendingBytes] : []));
    const send = (): void => {
      client.facts.length = 0;
      server.facts.length = 0;
      server.perform({ type: 'pause', conn });
      client.perform({ type: 'write', conn: 1, bytes: sent });
    };
    const arrived = async (): Promise<void> => {
      server.perform({ type: 'resume', conn });
      const bytes = (): Buffer =>
        Buffer.concat(server.facts.flatMap((fact) => (fact.type === 'received' ? [fact.bytes] : [])));
      await until(() => pending().at(-1) === 0);
      await until(() => server.facts.reduce((sum, fact) => sum + sizeOf(fact), 0) === sent.length);
      expect(bytes().equals(sent)).toBe(true);
    };
    client.streams.setBufferBytes(2 * sent.length);
    send();
    await arrived();
    expect(pending()).toEqual([0]);
    client.streams.setBufferBytes(65_536);
    send();
    await until(() => pending().some((bytes) => bytes > 0 && bytes < sent.length));
    await arrived();
  });

  test('what waits for the system still leaves before the end, and a larger buffer lets it go on', async () => {
    const { server, port } = await listen();
    const client = party();
    parties.push(client.streams);
    client.streams.setBufferBytes(1);
    client.perform({ type: 'dial', conn: 1, host: HOST, port, bindAddress: undefined, timeoutMs: 2_000 });
    await until(() => client.facts.some(({ type }) => type === 'connected'));
    client.perform({ type: 'write', conn: 1, bytes: Buffer.alloc(100_000, 'x') });
    client.perform({ type: 'end', conn: 1 });
    client.perform({ type: 'write', conn: 1, bytes: Buffer.from('too late') });
    client.streams.setBufferBytes(BUFFER_BYTES_DEFAULT);
    await until(() => server.facts.some(({ type }) => type === 'closed'));
    expect(server.facts.reduce((sum, fact) => sum + sizeOf(fact), 0)).toBe(100_000);
  });

  test('the bounds are what the documents say', () => {
    expect(BUFFER_BYTES_DEFAULT).toBe(131_072);
    expect(END_LINGER_MS).toBe(5_000);
    expect(LISTENER_CONNECTIONS_MAX).toBe(4_096);
  });
});
