/**
 * Replies every program gives in the same words, and the one place that knows which texts mean failure: the wire
 * of the console carries no status, so ec_console reads it off the beginning of the text.
 */

import type { CommandReply } from './api.ts';
import { printableLine } from './printable.ts';
import { renderXml, textElement } from './xml.ts';

/**
 * How the text of a failed reply begins. `Not Authorized …`, `Authorization required …`, `Reconfigure failed` and
 * `Option '…' is not set` are documented, the rest is ours.
 */
const FAILURE_BEGINNINGS = [
  'Unknown command',
  'Usage:',
  'Error:',
  '<Error',
  'Not Authorized for this command',
  'Authorization required',
  'Authentication failed',
  'Reconfigure failed',
  "Option '",
  'Unknown node',
  'Unknown subcluster',
  'Not connected to the bus',
  'No results for',
] as const;

/** Whether a reply text says that the command failed. */
export function isFailureText(text: string): boolean {
  return FAILURE_BEGINNINGS.some((beginning) => text.startsWith(beginning));
}

export function done(text: string): CommandReply {
  return { ok: true, text };
}

/** A failed reply whose text a client recognises as one: other texts get `Error: ` in front. */
export function failed(text: string): CommandReply {
  return { ok: false, text: isFailureText(text) ? text : `Error: ${text}` };
}

export function unknownNode(name: string): CommandReply {
  return failed(`Unknown node: ${printableLine(name)}`);
}

export function unknownSubcluster(name: string): CommandReply {
  return failed(`Unknown subcluster: ${printableLine(name)}`);
}

/** Nothing was sent and nothing waits to be sent. */
export function busDown(): CommandReply {
  return failed('Not connected to the bus: nothing was sent');
}

export function noResults(command: string): CommandReply {
  return failed(`No results for '${printableLine(command)}': it was not sent, or its results were flushed`);
}

/** The answer to `broadcast`, `unicast` and `subcluster broadcast`: who was asked, nothing more (never blocks). */
export function sentTo(nodes: readonly string[]): CommandReply {
  const names = nodes.map(printableLine).join(', ');
  return done(`Sent to ${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}: ${names}`);
}

/** A reply that was made before it was known what did not work; XML stays as it is. */
export function withWarnings(reply: CommandReply, problems: readonly string[]): CommandReply {
  if (problems.length === 0 || reply.text.startsWith('<')) return reply;
  const warnings = problems.map((problem) => `Warning: ${printableLine(problem)}`);
  return { ...reply, text: [reply.text, ...warnings].join('\n') };
}

/** The XML form of a reply that has only a text. */
export function wrapReplyInXml(command: string, reply: CommandReply): CommandReply {
  const name = reply.ok ? 'Reply' : 'Error';
  const lines = reply.text.split('\n').map((line) => textElement('Line', line));
  const content = reply.text === '' ? [] : lines;
  return { ...reply, text: renderXml({ name, attributes: { command }, content }) };
}
