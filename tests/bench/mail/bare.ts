/**
 * What a node is measured against: the same SMTP libraries in loops of a few lines, in a process of their own. The
 * receiver writes each message to a file and syncs it before it says 250, which is all that a careful loop would do.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { SMTPServer } from 'smtp-server';
import { must } from '../../../server/base/assert.ts';

const MARK = 'MUSTER_BENCH_BARE_MAIL';

export type BareOrder =
  /** @property directory where messages go, synced; undefined: nowhere. */
  | { readonly do: 'receive'; readonly directory: string | undefined }
  | {
      readonly do: 'deliver';
      readonly port: number;
      readonly messages: number;
      readonly connections: number;
      readonly text: string;
    };
export type BareNews = { readonly port: number } | { readonly tookMs: number } | { readonly problem: string };

export function isBareMail(): boolean {
  return process.env[MARK] !== undefined;
}

/** Does what the parent orders, until that lets go. */
export function runBareMail(): void {
  const tell = (news: BareNews): void => void process.send?.(news, undefined, undefined, () => undefined);
  process.on('message', (order: BareOrder) => {
    const work = order.do === 'receive' ? receive(order.directory) : deliver(order);
    work.then(tell, (error: unknown) => tell({ problem: String(error) }));
  });
  process.on('disconnect', () => process.exit(0));
}

async function receive(directory: string | undefined): Promise<BareNews> {
  let files = 0;
  const store = async (chunks: readonly Buffer[]): Promise<void> => {
    if (directory === undefined) return;
    files += 1;
    const handle = await open(`${directory}/${process.pid}-${files}`, 'wx');
    await handle.writev(chunks);
    await handle.datasync();
    await handle.close();
  };
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    authOptional: true,
    logger: false,
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        store(chunks).then(
          () => done(),
          (error: Error) => done(error),
        );
      });
    },
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return { port: (server.server.address() as AddressInfo).port };
}

async function deliver(order: Extract<BareOrder, { do: 'deliver' }>): Promise<BareNews> {
  const startedMs = performance.now();
  await sendAll(order);
  return { tookMs: performance.now() - startedMs };
}

/** So many messages over so many connections, as fast as they are taken. @throws Error at the first that is not. */
export async function sendAll(load: {
  readonly host?: string;
  readonly port: number;
  readonly messages: number;
  readonly connections: number;
  readonly text: string;
}): Promise<void> {
  const { host = '127.0.0.1', port, messages, connections, text } = load;
  let left = messages;
  const flow = async (): Promise<void> => {
    const smtp = new SMTPConnection({ host, port, ignoreTLS: true, logger: false, socketCloseTimeout: 100 });
    await new Promise<void>((resolve, reject) => {
      smtp.on('error', reject);
      smtp.connect((error) => (error === undefined ? resolve() : reject(error)));
    });
    while (left > 0) {
      left -= 1;
      await new Promise<void>((resolve, reject) => {
        smtp.send({ from: 'a@client.example', to: 'b@sink.example' }, text, (error) =>
          error === null ? resolve() : reject(error),
        );
      });
    }
    smtp.quit();
  };
  await Promise.all(Array.from({ length: connections }, flow));
}

/** A process with such a loop, from outside. */
export class BareMail {
  readonly #process: ChildProcess;

  constructor() {
    const program = must(process.argv[1], 'a program');
    this.#process = fork(program, [], { env: { ...process.env, [MARK]: '1' } });
  }

  /** @throws Error what went wrong. */
  async order(order: BareOrder): Promise<{ readonly port: number; readonly tookMs: number }> {
    this.#process.send(order);
    const [news] = (await once(this.#process, 'message')) as [BareNews];
    if ('problem' in news) throw new Error(news.problem);
    return { port: 0, tookMs: 0, ...news };
  }

  stop(): void {
    if (this.#process.connected) this.#process.disconnect();
  }
}
