/**
 * One connection of ec_console to a control listener: asks one command at a time, in the order they come, and connects
 * again when idle broke it. What the answers mean is the caller's business; signing in is console-sign-in.ts.
 */

import { connect, type Socket } from 'node:net';
import { socketErrorText } from '../adapters/stream-endpoint.ts';
import { ClusterError } from '../base/errors.ts';
import { encodeRequest, REQUEST_BYTES_MAX, ResponseDecoder } from '../console/console-frames.ts';
import type { ControlEndpoint } from '../console/control-endpoint.ts';

export const CONNECT_TIMEOUT_MS = 10_000;
/** Source silent; ours, above the time any command may take. */
export const ANSWER_TIMEOUT_MS = 120_000;

export type ConsoleClientOptions = {
  readonly endpoint: ControlEndpoint;
  /** As the person wrote it; for messages. */
  readonly address: string;
  readonly answerTimeoutMs: number;
};

export class ConsoleClient {
  readonly #options: ConsoleClientOptions;
  #socket: Socket | undefined;
  /** Settles when everything asked so far is answered. */
  #last: Promise<unknown> = Promise.resolve();
  #asking = 0;
  /** The connection ended while nobody waited for an answer. */
  onIdleEnd: (() => void) | undefined;

  constructor(options: ConsoleClientOptions) {
    this.#options = options;
  }

  /** @throws ClusterError CONSOLE_UNREACHABLE. */
  async connect(): Promise<void> {
    if (this.#socket !== undefined) return;
    const { endpoint, address } = this.#options;
    const socket =
      endpoint.kind === 'unix'
        ? connect(endpoint.path)
        : connect({
            host: endpoint.host === '' ? 'localhost' : endpoint.host,
            port: endpoint.port,
            noDelay: true,
          });
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: string, cause?: Error): void => {
        socket.destroy();
        reject(new ClusterError('CONSOLE_UNREACHABLE', { address, reason }, { cause }));
      };
      socket.setTimeout(CONNECT_TIMEOUT_MS, () =>
        fail(`no connection within ${CONNECT_TIMEOUT_MS / 1_000} s`),
      );
      socket.once('error', (error) => fail(unreachableReason(error, endpoint), error));
      socket.once('connect', resolve);
    });
    socket.setTimeout(0);
    socket.removeAllListeners('error');
    socket.on('error', () => undefined); // What it means is told to whoever waits for an answer.
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      if (this.#asking === 0) this.onIdleEnd?.();
    });
    this.#socket = socket;
  }

  /**
   * @returns the whole reply text.
   * @throws ClusterError CONSOLE_UNREACHABLE, CONSOLE_LOST, CONSOLE_PROTOCOL.
   */
  async ask(command: string): Promise<string> {
    const turn = this.#last;
    this.#asking += 1;
    const answer = (async () => {
      await turn;
      return this.#askNow(command);
    })();
    this.#last = answer.catch(() => undefined);
    try {
      return await answer;
    } finally {
      this.#asking -= 1;
    }
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  async #askNow(command: string): Promise<string> {
    const { address } = this.#options;
    const request = encodeRequest(command);
    if (!request.ok) {
      const reason = `a command has at most ${REQUEST_BYTES_MAX} bytes`;
      throw new ClusterError('CONSOLE_PROTOCOL', { address, reason });
    }
    await this.connect();
    const socket = this.#socket;
    if (socket === undefined)
      throw new ClusterError('CONSOLE_LOST', { address, reason: 'closed by the peer' });
    try {
      return await this.#answer(socket, request.value);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #answer(socket: Socket, request: Buffer): Promise<string> {
    const { address, answerTimeoutMs } = this.#options;
    const decoder = new ResponseDecoder();
    const cleanup: (() => void)[] = [];
    const answer = new Promise<string>((resolve, reject) => {
      const lost = (reason: string): void => reject(new ClusterError('CONSOLE_LOST', { address, reason }));
      const onData = (bytes: Buffer): void => {
        decoder.push(bytes);
        const text = decoder.next();
        if (text !== undefined) resolve(text);
        else if (decoder.error !== undefined) {
          reject(new ClusterError('CONSOLE_PROTOCOL', { address, reason: `its answer is ${decoder.error}` }));
        }
      };
      const onError = (error: Error): void => lost(socketErrorText(error));
      const onEnd = (): void => lost('closed by the peer');
      const timer = setTimeout(() => lost(`no answer within ${answerTimeoutMs / 1_000} s`), answerTimeoutMs);
      socket.on('data', onData).on('error', onError).on('end', onEnd).on('close', onEnd);
      cleanup.push(() => {
        clearTimeout(timer);
        socket.off('data', onData).off('error', onError).off('end', onEnd).off('close', onEnd);
      });
      socket.write(request);
    });
    return answer.finally(() => {
      for (const undo of cleanup) undo();
    });
  }
}

function unreachableReason(error: Error, endpoint: ControlEndpoint): string {
  const reason = socketErrorText(error);
  if (endpoint.kind === 'tcp') return reason === 'ECONNREFUSED' ? 'nobody listens there' : reason;
  if (reason === 'ENOENT') return 'there is no such socket; is the process running?';
  if (reason === 'ECONNREFUSED') return 'nobody listens there; is the process running?';
  return reason === 'EACCES' ? 'permission denied' : reason;
}
