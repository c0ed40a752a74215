/** The words of `mailq`: any number of domains and bindings, and a limit. */

export type MailqWords = {
  /** In lower case; empty for all. */
  readonly domains: ReadonlySet<string>;
  /** Empty for all. */
  readonly bindings: ReadonlySet<string>;
  readonly limit: number;
};

/** Documented. */
const LIMIT_DEFAULT = 20;

/** Undefined for what is no such line. An option takes all words up to the next one. */
export function parseMailq(words: readonly string[]): MailqWords | undefined {
  const domains = new Set<string>();
  const bindings = new Set<string>();
  let limit = LIMIT_DEFAULT;
  let option = '';
  let taken = 0;
  for (const word of words) {
    const [name = '', value] = word.startsWith('--') ? word.split(/=(.*)/s, 2) : [word];
    const known = OPTIONS.get(name.toLowerCase());
    if (known !== undefined) {
      if (option !== '' && taken === 0) return undefined;
      option = known;
      taken = 0;
      if (value === undefined) continue;
    } else if (word.startsWith('-')) return undefined;
    const text = known === undefined ? word : (value ?? '');
    taken += 1;
    if (option === 'domain') domains.add(text.toLowerCase());
    else if (option === 'binding') bindings.add(text);
    else if (option === 'limit' && taken === 1 && /^\d{1,6}$/.test(text)) limit = Number(text);
    else return undefined;
  }
  return option !== '' && taken === 0 ? undefined : { domains, bindings, limit };
}

const OPTIONS: ReadonlyMap<string, string> = new Map([
  ['--domain', 'domain'],
  ['-d', 'domain'],
  ['--binding', 'binding'],
  ['-b', 'binding'],
  ['--limit', 'limit'],
  ['-l', 'limit'],
]);
