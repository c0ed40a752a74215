/** A client that says exactly what a test wants, and a host that answers so. */

import { connect, createServer, type Server, type Socket } from 'node:net';
import { until } from './until.ts';

export class RawClient {
  readonly socket: Socket;
  /** Everything that was heard, line by line. */
  heard = '';
  ended = false;

  constructor(port: number, host = '127.0.0.1') {
    this.socket = connect(port, host);
    this.socket.on('data', (bytes) => {
      this.heard += bytes.toString('latin1');
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.ended = true;
    });
  }

  get replies(): readonly string[] {
    return this.heard.split('\r\n').filter((line) => /^\d{3} /.test(line));
  }

  get codes(): readonly number[] {
    return this.replies.map((line) => Number(line.slice(0, 3)));
  }

  say(text: string | Buffer): void {
    this.socket.write(text);
  }

  /** Resolves with the codes of all replies when there are so many. */
  async replied(count: number): Promise<readonly number[]> {
    await until(() => this.replies.length >= count || this.ended);
    return this.codes;
  }

  /** Says one line after the other, each after the reply to the one before. */
  async talk(...lines: readonly string[]): Promise<readonly number[]> {
    for (const line of lines) {
      const before = this.replies.length;
      this.say(`${line}\r\n`);
      await this.replied(before + 1);
    }
    return this.codes;
  }

  async closed(): Promise<readonly number[]> {
    await until(() => this.ended);
    return this.codes;
  }
}

export type RawHost = { readonly port: number; readonly sockets: Socket[]; close: () => Promise<void> };

/** @param serve gets every connection. */
export async function rawHost(serve: (socket: Socket, number: number) => void): Promise<RawHost> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    serve(socket, sockets.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens nowhere');
  return {
    port: address.port,
    sockets,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
