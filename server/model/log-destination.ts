/**
 * Where a logger writes, as configuration files say it: a path, `file://<path>`, or a durable log `cluster://<directory>`
 * (momentum.md 6.2) with the subscribers that it gets when it is created. `jlog://` is the same by another name.
 */

import { err, ok, type Result } from '../base/result.ts';

export type LogDestination =
  | { readonly kind: 'file'; readonly path: string }
  /** Another scheme of the wider product, to which nothing is written here. */
  | { readonly kind: 'other'; readonly scheme: string }
  | {
      readonly kind: 'stream';
      /** Absolute, without a slash at its end: one log has one spelling. */
      readonly directory: string;
      /** Each once, in the order of writing; empty where none was named. */
      readonly subscribers: readonly string[];
    };

/** What fits into the name of a file of the log (jlog.md 2). */
export const SUBSCRIBER_NAME_BYTES_MAX = 126;
/** Subscribers named in one destination. */
export const DESTINATION_SUBSCRIBERS_MAX = 32;

const STREAM = /^(?:cluster|jlog):\/\/(.*)$/is;
const FILE = /^file:\/\/(.*)$/is;
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
const QUERY = /^(.*?)\?([^/]*)$/s;

/** The error says what is wrong with the text, without the text. */
export function parseLogDestination(text: string): Result<LogDestination, string> {
  const trimmed = text.trim();
  const stream = STREAM.exec(trimmed)?.[1];
  if (stream !== undefined) return parseStream(stream);
  const file = FILE.exec(trimmed)?.[1];
  const scheme = SCHEME.exec(trimmed)?.[1];
  if (file === undefined && scheme !== undefined) return ok({ kind: 'other', scheme: scheme.toLowerCase() });
  const path = file ?? trimmed;
  const problem = pathProblem(path);
  return problem === undefined ? ok({ kind: 'file', path }) : err(problem);
}

/** A published log and a destination mean the same log when these are equal. */
export function logDirectory(path: string): string {
  const bare = path.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '');
  return bare === '' ? '/' : bare;
}

/** What is wrong with the name of a subscriber; undefined if nothing. */
export function subscriberProblem(name: string): string | undefined {
  if (name === '') return 'a subscriber has a name';
  if (Buffer.byteLength(name) > SUBSCRIBER_NAME_BYTES_MAX)
    return `the name of a subscriber has at most ${SUBSCRIBER_NAME_BYTES_MAX} bytes`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  return /[\u0000-\u001f\u007f]/.test(name)
    ? 'the name of a subscriber has no control characters'
    : undefined;
}

function parseStream(rest: string): Result<LogDestination, string> {
  const [path = '', named, ...more] = rest.split('=>');
  if (more.length > 0) return err("'=>' may stand once, in front of the subscriber");
  const [, before = path, query] = named === undefined ? (QUERY.exec(path) ?? []) : [];
  const bare = before.trim();
  const problem = pathProblem(bare);
  if (problem !== undefined) return err(problem);
  const names = named === undefined ? namesOf(query) : ok([named.trim()]);
  if (!names.ok) return names;
  if (names.value.length > DESTINATION_SUBSCRIBERS_MAX)
    return err(`at most ${DESTINATION_SUBSCRIBERS_MAX} subscribers may be named`);
  for (const name of names.value) {
    const wrong = subscriberProblem(name);
    if (wrong !== undefined) return err(wrong);
  }
  return ok({ kind: 'stream', directory: logDirectory(bare), subscribers: [...new Set(names.value)] });
}

function namesOf(query: string | undefined): Result<readonly string[], string> {
  if (query === undefined) return ok([]);
  const list = /^subscribers=(.*)$/is.exec(query)?.[1];
  if (list === undefined) return err("behind '?' stands subscribers=NAME,NAME");
  return ok(list.split(',').map((name) => name.trim()));
}

function pathProblem(path: string): string | undefined {
  if (!path.startsWith('/'))
    return 'a log needs an absolute path, such as /var/log/ecelerity/mainlog.cluster';
  if (path.includes('\u0000')) return 'a path has no character 0';
  return logDirectory(path) === '/' ? 'the root directory is no log' : undefined;
}
