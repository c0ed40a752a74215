/**
 * How dangerous a command line is, by the documented grammar alone: R read, W1 reversible on one object, W2
 * reversible on many, W3 hard to reverse, W4 cluster-breaking. Covers what the product documents, not only what is
 * implemented; whatever the grammar does not know is W4. Sources: momentum.md 7.5 to 7.7, ui.md 2.1.
 */

import type { CommandClass, CommandTarget } from '../wire/http.ts';
import { readCommandLine, tailAfter } from './command-line.ts';

export type Classification = {
  readonly class: CommandClass;
  /** False when the grammar does not know the command. */
  readonly known: boolean;
  /** The one object the command changes, for W3; undefined where the target itself is the object. */
  readonly object: string | undefined;
};

const UNKNOWN: Classification = { class: 'W4', known: false, object: undefined };

/**
 * Patterns, first match wins. `?` is one word, `?:` one word with an instance such as `sieve:sieve1`, `@` an IP
 * address, `...` any number of words, `{a|b}` one of these, `<` before a word marks the object that W3 names.
 */
const GRAMMAR: readonly (readonly [CommandClass, string])[] = [
  ['R', 'help ...'],
  ['R', '? help'],
  ['R', '{version|pid|sysinfo|paniclog|info}'],
  ['R', 'summary'],
  ['W2', 'summary reset'],
  ['R', 'binding summary ...'],
  ['R', 'mailq ...'],
  ['R', 'domain ?'],
  ['R', 'showqueue ...'],
  ['W2', 'flush domain ?'],
  ['W3', 'fail domain quiet <?'],
  ['W3', 'fail domain <?'],
  ['R', '{active|delayed} ...'],
  ['R', 'module {list|hooks}'],
  ['R', 'memory ...'],
  ['R', 'threads {stats|cpu|io} ...'],
  ['R', 'cache {list|stat|stats} ...'],
  ['R', 'count ? ?'],
  ['R', 'show {inbound|outbound} ...'],
  ['R', 'dig ...'],
  ['R', 'authz {id|roles} ...'],
  ['R', 'write config'],
  ['W3', 'write config <?'],
  ['R', 'sched list'],
  ['W1', 'reopen logs'],
  ['W1', '?: reopen logs'],
  ['W1', 'trace smtp ...'],
  ['W2', 'rebind ...'],
  ['W2', 'dns_cache flush ...'],
  ['R', 'ds_core stats'],
  ['W3', '<?: flush cache'],
  ['W3', 'shutdown'],
  ['R', 'config {locate|get|eval|show|showrecurse|replay|help} ...'],
  ['W1', 'config begin'],
  ['W1', 'config begin from scratch'],
  ['W1', 'config rollback'],
  ['W2', 'config {set|unset} ...'],
  ['W2', 'config {commit|reload}'],
  ['W3', 'config reload <?'],
  ['W3', 'config writeback ...'],
  ['R', 'cluster {help|info|membership|nodeaddr|nodename}'],
  ['R', 'cluster arp show'],
  ['R', 'cluster show logs'],
  ['R', 'cluster logs jobs'],
  ['R', 'cluster shared list'],
  ['R', 'cluster shared show ...'],
  ['R', 'cluster duravip show'],
  ['R', 'cluster duravip show tables'],
  ['W1', 'cluster duravip debug {on|off}'],
  ['W1', 'cluster duravip move @ ?'],
  ['W1', 'cluster duravip move @ to ?'],
  // From a host: everything that it holds.
  ['W2', 'cluster duravip move ? ?'],
  ['W2', 'cluster duravip move ? to ?'],
  ['W2', 'cluster duravip announce view'],
  ['R', 'inbound_audit show ip ?'],
  // Ours.
  ['R', 'cluster throttle check ? ? ?'],
  ['W3', 'cluster shared flush <?'],
  // What a cache holds may be secret: not for who may only look.
  ['W1', 'cluster cache get ? ?'],
  ['W1', 'cluster cache set ? ? ? ?'],
  ['W1', 'cluster cache delete ? ?'],
  ['W2', 'cluster duravip {drain|undrain} ?'],
  ['W1', 'cluster duravip unpin ?'],
  ['R', 'cluster duravip whatif ? ...'],
  ['W3', 'cluster logs reset ? <? ...'],
  ['W3', 'cluster logs remove ? <? ...'],
  ['W1', 'cluster logs add ? ? ...'],
  ['R', 'cluster logs subscribers ...'],
  ['W4', 'cluster abort ?'],
  ['W4', 'cluster reset'],
  ['R', 'msgc_server stats'],
  ['R', 'show cluster membership'],
  ['R', 'retrieve ...'],
  ['R', 'retrieve_node ? ...'],
  ['R', 'subcluster retrieve ? ...'],
  ['R', 'fetch ? config ?'],
  ['W3', 'flush control cache'],
];

/** Commands of the manager that pass on another one, with the number of words in front of it. */
const CARRIERS: readonly (readonly [string, number])[] = [
  ['broadcast ...', 1],
  ['unicast ? ...', 2],
  ['subcluster broadcast ? ...', 3],
];

/** A command that is passed on has the class of what is passed on; `xml` changes nothing. */
export function classifyCommand(text: string): Classification {
  const line = readCommandLine(withoutXml(text));
  const words = line.words.map(({ text: word }) => word);
  for (const [pattern, count] of CARRIERS) {
    if (words.length > count && match(pattern, words) !== undefined) {
      return classifyPlain(withoutXml(tailAfter(line, count)));
    }
  }
  return classifyPlain(line.line);
}

/**
 * What must be typed to confirm: nothing for R, W1, W2; the object's name for W3; the cluster's name for W4, and
 * for W3 where no single object is named and more than one node is meant.
 */
export function typedNameFor(
  { class: commandClass, object }: Classification,
  where: { readonly target: CommandTarget; readonly clusterName: string },
): string | null {
  if (commandClass === 'W4') return where.clusterName;
  if (commandClass !== 'W3') return null;
  if (object !== undefined) return object;
  const { target } = where;
  if (target.kind === 'subcluster') return target.name;
  if (target.kind === 'nodes' && target.names.length === 1) return target.names[0] ?? where.clusterName;
  return where.clusterName;
}

function classifyPlain(text: string): Classification {
  const line = readCommandLine(text);
  if (line.unterminated || line.words.length === 0) return UNKNOWN;
  const words = line.words.map(({ text: word }) => word);
  for (const [commandClass, pattern] of GRAMMAR) {
    const found = match(pattern, words);
    if (found !== undefined) return { class: commandClass, known: true, object: found.object };
  }
  return UNKNOWN;
}

function withoutXml(text: string): string {
  return text.trim().replace(/^xml\s+/i, '');
}

function match(
  pattern: string,
  words: readonly string[],
): { readonly object: string | undefined } | undefined {
  let object: string | undefined;
  let at = 0;
  for (const part of pattern.split(' ')) {
    if (part === '...') return { object };
    const word = words[at];
    if (word === undefined) return undefined;
    const marked = part.startsWith('<');
    if (!matchesPart(marked ? part.slice(1) : part, word)) return undefined;
    if (marked) object = word;
    at += 1;
  }
  return at === words.length ? { object } : undefined;
}

function matchesPart(part: string, word: string): boolean {
  if (part === '?') return true;
  if (part === '?:') return /^[^:]+:.+$/.test(word);
  if (part === '@')
    return /^\d+\.\d+\.\d+\.\d+$/.test(word) || (word.includes(':') && /^[\da-f:.]+$/i.test(word));
  const lower = word.toLowerCase();
  if (part.startsWith('{')) return part.slice(1, -1).split('|').includes(lower);
  return part === lower;
}
