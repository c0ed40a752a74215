/**
 * Where the mail of a demo or of a test ends: takes it, counts it, and treats domains as it was told. Keeps no message
 * and remembers no connection.
 */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';

export type DomainFate = {
  /** Each so many-th recipient hears 451: 2 for every other one. */
  readonly defersEvery?: number;
  /** Each so many-th recipient hears 550. */
  readonly refusesEvery?: number;
};

export type ArrivedMessage = {
  /** Value of NUMBER_FIELD; undefined for other mail, such as bounces. */
  readonly number: string | undefined;
  readonly from: string;
  readonly recipients: readonly string[];
  /** Address of the client. */
  readonly client: string;
  readonly bytes: number;
};

export type SinkOptions = {
  readonly address: string;
  /** 0 for any. */
  readonly port: number;
  /** By domain, lower case; every other one takes all. */
  readonly fates?: ReadonlyMap<string, DomainFate>;
  /** Called before the client hears 250. */
  readonly arrived?: (message: ArrivedMessage) => void;
  readonly opened?: (connections: number) => void;
  readonly closed?: (connections: number) => void;
  /** How long a message is thought about before it is taken, in milliseconds. */
  readonly thinksMs?: number;
};

export type SinkCounters = {
  readonly taken: number;
  /** Without NUMBER_FIELD, among `taken`. */
  readonly others: number;
  readonly deferred: number;
  readonly refused: number;
  readonly connections: number;
  /** Since the start. */
  readonly connectionsMost: number;
};

/** Header field with the number of a message. */
export const NUMBER_FIELD = 'X-Muster-Number';
const NUMBER = new RegExp(`^${NUMBER_FIELD}: ([0-9A-Za-z.-]{1,64})\\r?$`, 'm');
/** Looked at for header fields. */
const HEAD_BYTES_MAX = 16 * 1024;
const MESSAGE_BYTES_MAX = 32 * 1024 * 1024;
const CONNECTIONS_MAX = 1_000;
/** A client that says nothing for so long is let go. */
const SILENCE_MS = 60_000;
const CLOSE_MS = 500;

class Refusal extends Error {
  readonly responseCode: number;

  constructor(code: number, text: string) {
    super(text);
    this.responseCode = code;
  }
}

export class MailSink {
  readonly #options: SinkOptions;
  readonly #server: SMTPServer;
  /** Recipients so far by domain, only of domains with a fate. */
  readonly #asked = new Map<string, number>();
  readonly #counters = { taken: 0, others: 0, deferred: 0, refused: 0, connectionsMost: 0 };
  /** Sessions by their id. */
  readonly #open = new Set<string>();

  private constructor(options: SinkOptions) {
    this.#options = options;
    this.#server = new SMTPServer({
      banner: 'demo sink',
      disabledCommands: ['AUTH', 'STARTTLS'],
      authOptional: true,
      disableReverseLookup: true,
      logger: false,
      size: MESSAGE_BYTES_MAX,
      maxClients: CONNECTIONS_MAX,
      socketTimeout: SILENCE_MS,
      closeTimeout: CLOSE_MS,
      onConnect: ({ id }, done) => {
        this.#open.add(id);
        this.#opened();
        done();
      },
      onRcptTo: ({ address }, _session, done) => done(this.#judge(address)),
      onData: (stream, session, done) => {
        this.#take(stream, session, done);
      },
      // Also of connections that went away before anybody greeted them.
      onClose: ({ id }) => {
        if (this.#open.delete(id)) this.#options.closed?.(this.#open.size);
      },
    });
    // Of single connections: a client that went away is no news.
    this.#server.on('error', () => undefined);
  }

  /** @throws Error when the port is taken. */
  static async start(options: SinkOptions): Promise<MailSink> {
    const sink = new MailSink(options);
    const { server } = sink.#server;
    sink.#server.listen(options.port, options.address);
    await once(server, 'listening');
    return sink;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  get counters(): SinkCounters {
    return { ...this.#counters, connections: this.#open.size };
  }

  /** Ends what is under way soon. */
  stop(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #opened(): void {
    const { size } = this.#open;
    this.#counters.connectionsMost = Math.max(this.#counters.connectionsMost, size);
    this.#options.opened?.(size);
  }

  #judge(address: string): Refusal | undefined {
    const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
    const fate = this.#options.fates?.get(domain);
    if (fate === undefined) return undefined;
    const asked = (this.#asked.get(domain) ?? 0) + 1;
    this.#asked.set(domain, asked);
    if (fate.refusesEvery !== undefined && asked % fate.refusesEvery === 0) {
      this.#counters.refused += 1;
      return new Refusal(550, `5.1.1 no such mailbox at ${domain}`);
    }
    if (fate.defersEvery !== undefined && asked % fate.defersEvery === 0) {
      this.#counters.deferred += 1;
      return new Refusal(451, `4.2.1 ${domain} is busy, come back later`);
    }
    return undefined;
  }

  #take(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    done: (error?: Error | null, text?: string) => void,
  ): void {
    let head = '';
    let bytes = 0;
    stream.on('data', (data: Buffer) => {
      bytes += data.length;
      if (head.length < HEAD_BYTES_MAX) head += data.toString('latin1');
    });
    stream.once('error', (error) => done(error));
    stream.once('end', () => {
      if (stream.sizeExceeded) done(new Refusal(552, '5.3.4 too large'));
      else this.#think(() => this.#arrive(head, bytes, session, done));
    });
  }

  #think(then: () => void): void {
    const { thinksMs } = this.#options;
    if (thinksMs === undefined) then();
    else setTimeout(then, thinksMs);
  }

  #arrive(
    head: string,
    bytes: number,
    { envelope, remoteAddress }: SMTPServerSession,
    done: (error: null, text: string) => void,
  ): void {
    // A bounce has the head of another message in its body.
    const [, number] = NUMBER.exec(head.split('\r\n\r\n', 1)[0] ?? '') ?? [];
    this.#counters.taken += 1;
    if (number === undefined) this.#counters.others += 1;
    this.#options.arrived?.({
      number,
      from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
      recipients: envelope.rcptTo.map(({ address }) => address),
      client: remoteAddress,
      bytes,
    });
    done(null, 'taken');
  }
}
