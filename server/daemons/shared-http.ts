/**
 * HTTP/1.1 with JSON on a Unix socket or on loopback, for other software on this machine. Bounded in connections,
 * sizes and time. What is asked is answered elsewhere; a page in a browser on this machine may not ask at all.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errorBody, type HttpAnswer, type HttpAsk } from '../cluster/shared-api.ts';
import { CACHE_VALUE_BYTES_MAX } from '../replication/api.ts';

export const HTTP_CONNECTIONS_MAX = 256;
/** A value of a cache, as base64 or with escapes, and what is around it. */
export const BODY_BYTES_MAX = 2 * CACHE_VALUE_BYTES_MAX + 4_096;
const HEADER_BYTES_MAX = 8 * 1024;
/** For the whole request, from its first byte. */
const REQUEST_MS = 10_000;
const KEEP_ALIVE_MS = 60_000;

export type AnswerHttp = (ask: HttpAsk) => Promise<HttpAnswer>;

export function sharedHttpServer(answer: AnswerHttp): Server {
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => void serve(request, response, answer),
  );
  server.maxConnections = HTTP_CONNECTIONS_MAX;
  return server;
}

async function serve(request: IncomingMessage, response: ServerResponse, answer: AnswerHttp): Promise<void> {
  const refusal = refusalOf(request);
  if (refusal !== undefined) {
    send(response, refusal, true);
    return;
  }
  const body = await bodyOf(request);
  if (body === undefined) {
    send(response, failure(413, 'bodyTooLong', `a body has at most ${BODY_BYTES_MAX} bytes`), true);
    return;
  }
  const url = parseUrl(request.url ?? '');
  if (url === undefined) {
    send(response, failure(400, 'badRequest', 'the address cannot be read'), true);
    return;
  }
  send(
    response,
    await answer({
      method: request.method ?? '',
      path: url.pathname,
      query: new Map(url.searchParams),
      body: body === '' ? undefined : body,
    }),
    false,
  );
}

/** A browser sends an origin with what a page asks for, and no page can send JSON without leave. */
function refusalOf({ method, headers }: IncomingMessage): HttpAnswer | undefined {
  if (headers.origin !== undefined) return failure(403, 'forbidden', 'pages may not ask');
  if (!isOwnName(headers.host ?? 'localhost')) return failure(403, 'forbidden', 'this is another host');
  const isJson = /^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '');
  if (method === 'POST' && !isJson) {
    return failure(415, 'notJson', 'the body must be of type application/json');
  }
  return undefined;
}

/** A name that somebody made point to this machine is not meant. */
function isOwnName(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i.test(host);
}

/** Undefined: too long, or it never came. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      if (!Buffer.isBuffer(chunk)) continue;
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined; // the client went away: nobody hears the answer
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseUrl(target: string): URL | undefined {
  return URL.canParse(target, 'http://localhost') ? new URL(target, 'http://localhost') : undefined;
}

function failure(status: number, code: string, message: string): HttpAnswer {
  return { status, body: errorBody(code, message) };
}

function send(response: ServerResponse, { status, body }: HttpAnswer, last: boolean): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(last ? { connection: 'close' } : {}),
  });
  response.end(body);
}
