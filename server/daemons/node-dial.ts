/**
 * Opens a connection to a service on the cluster listener of another node and proves who calls (server/logs/handshake.ts):
 * what is left is a socket that belongs to the service.
 */

import { connect, type Socket } from 'node:net';
import { err, ok, type Result } from '../base/result.ts';
import { FrameCutter } from '../logs/frame.ts';
import { DialHandshake } from '../logs/handshake.ts';
import { STRANGER_MS } from '../logs/listener.ts';
import type { ServiceKeys } from '../logs/service-keys.ts';

const CONNECT_MS = 5_000;

export type NodeCall = {
  readonly service: string;
  readonly from: string;
  readonly to: string;
  /** Of its cluster listener. */
  readonly host: string;
  readonly port: number;
  /** Where the connection leaves; undefined lets the system choose. */
  readonly localAddress: string | undefined;
  readonly keys: ServiceKeys | undefined;
};

/** @returns a paused socket. @throws Error with one line for people. */
export async function dialNode(call: NodeCall): Promise<Socket> {
  const { host, port, localAddress } = call;
  const socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
  socket.setNoDelay(true);
  const limit = setTimeout(() => socket.destroy(new Error('no answer in time')), CONNECT_MS + STRANGER_MS);
  try {
    return await new Promise<Socket>((resolve, reject) => {
      const handshake = new DialHandshake({ service: call.service, from: call.from, to: call.to }, call.keys);
      const cutter = new FrameCutter();
      const ended = (): void => reject(new Error('the connection was closed'));
      socket.once('error', reject);
      socket.once('close', ended);
      socket.once('connect', () => socket.write(handshake.hello));
      const take = (bytes: Buffer): void => {
        cutter.push(bytes);
        const step = shake(handshake, cutter);
        if (!step.ok) {
          reject(new Error(step.error));
          return;
        }
        for (const answer of step.value.send) socket.write(answer);
        if (!step.value.known) return;
        socket.removeListener('data', take);
        socket.removeListener('error', reject);
        socket.removeListener('close', ended);
        socket.pause();
        const rest = cutter.rest();
        if (rest.length > 0) socket.unshift(rest);
        resolve(socket);
      };
      socket.on('data', take);
    });
  } catch (cause) {
    socket.on('error', () => undefined);
    socket.destroy();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${call.to} (${host}:${port}): ${reason}`, { cause });
  } finally {
    clearTimeout(limit);
  }
}

type Shaken = { readonly send: readonly Buffer[]; readonly known: boolean };

function shake(handshake: DialHandshake, cutter: FrameCutter): Result<Shaken, string> {
  const send: Buffer[] = [];
  for (let frame = cutter.next(); frame !== undefined; frame = cutter.next()) {
    if (typeof frame === 'string') return err('it does not speak as a cluster listener');
    const step = handshake.take(frame);
    if (step.type === 'fault') return err(step.text);
    if (step.type === 'welcome') return ok({ send, known: true });
    send.push(step.bytes);
  }
  return ok({ send, known: false });
}
