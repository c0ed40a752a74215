/** Connections of mail servers that ask for a policy: sockets, time and bounds; what they say is read elsewhere. */

import { createServer, type Server, type Socket } from 'node:net';
import { type PolicyAttributes, PolicyReader, policyAnswer } from '../cluster/policy-protocol.ts';

export const POLICY_CONNECTIONS_MAX = 1_024;
/** Postfix keeps a connection for 300 s without a request (`smtpd_policy_service_max_idle`). */
const IDLE_MS = 330_000;
/** Answers that a client does not read. */
const UNREAD_BYTES_MAX = 64 * 1024;

export type PolicyParts = {
  /** @returns the action. */
  readonly answer: (attributes: PolicyAttributes) => Promise<string>;
  /** A connection that said what no mail server says; it is closed. */
  readonly onProblem: (reason: string) => void;
};

export function policyServer({ answer, onProblem }: PolicyParts): Server {
  const server = createServer({ noDelay: true }, (socket) => {
    const reader = new PolicyReader();
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      const read = reader.read(bytes);
      if (read.ok) void answerAll(socket, read.requests, answer);
      else {
        onProblem(read.reason);
        socket.destroy();
      }
    });
  });
  server.maxConnections = POLICY_CONNECTIONS_MAX;
  return server;
}

async function answerAll(
  socket: Socket,
  requests: readonly PolicyAttributes[],
  answer: PolicyParts['answer'],
): Promise<void> {
  for (const request of requests) {
    const action = await answer(request);
    if (socket.destroyed) return;
    socket.write(policyAnswer(action));
    if (socket.writableLength > UNREAD_BYTES_MAX) socket.destroy();
  }
}
