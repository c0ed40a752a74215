/** What of the logs page stands in its address: view, filter, sort, the open row, the log that is followed. Pure. */

import { hrefWith } from '../ui/url-query.ts';

const PATH = '/logs';

export const LOG_VIEWS = ['', 'nodes', 'logs', 'subscribers', 'managers'] as const;
export type LogView = (typeof LOG_VIEWS)[number];

/** The page with this filter. */
export function logsHref(filter = '', view: LogView = ''): string {
  return hrefWith(PATH, { q: filter, view });
}

/** `node/log/subscriber`, as pauses have it. @param log `node/log` */
export function lineId(log: string, subscriber: string): string {
  return `${log}/${subscriber}`;
}

/** The page with this row open. @param id of a line. */
export function logHref(id: string): string {
  return hrefWith(PATH, { row: id });
}

/** The live tail. @param id of the row of the log: `node/log`. */
export function tailHref(id: string): string {
  return hrefWith(PATH, { tail: id });
}

/** The preview of a write to a subscriber, and never more than that. */
export function logActionHref(act: 'offset' | 'remove' | 'pause', id: string): string {
  return hrefWith(PATH, { row: id, act });
}

/** The same page in another state. */
export function withinLogs(search: string, change: Readonly<Record<string, string>>): string {
  return hrefWith(PATH, { ...Object.fromEntries(new URLSearchParams(search)), ...change });
}

/** One term of a filter: names with blanks stand in quotes. */
export function term(token: string, word: string): string {
  const plain = word.replaceAll('"', '');
  return /\s/.test(plain) ? `"${token}:${plain}"` : `${token}:${plain}`;
}
