/**
 * Secrets in command lines, left out by rule before a line is kept anywhere: jobs, audit, saved commands, approvals.
 * The bus gets the real line. Pure, and by form alone: what looks like the place of a secret counts as one, and where
 * its end is not plain, more goes rather than less. Takes time in proportion to the line.
 */

/** Stands where a secret stood. */
export const REDACTED = '***';

type Rule = { readonly pattern: RegExp; readonly replacement: string };

/** Secrets that have no name before them. Applied one after the other. */
const UNNAMED: readonly Rule[] = [
  // `smtp://user:password@relay`
  { pattern: /\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*):[^\s/"']+@/gi, replacement: `$1:${REDACTED}@` },
  // `Authorization: Basic …`, `Bearer …`, and API tokens of this gateway wherever they stand.
  { pattern: /\b(basic|bearer)\s+[\w.~+/=-]{6,}/gi, replacement: `$1 ${REDACTED}` },
  { pattern: /\bmuster_[0-9a-f]{12}_[\w-]+/g, replacement: REDACTED },
  // The dialogue of DIGEST-MD5: everything after `auth response` proves the password.
  { pattern: /\b(auth\s+(?:response|continue|plain|login))\s+\S[\s\S]*$/gi, replacement: `$1 ${REDACTED}` },
];

/** Of an option or parameter. Format characters are invisible and no reason to miss it. */
const NAME = /[\p{L}\p{N}\p{Cf}_.-]+/gu;
const SECRET_ANYWHERE = /passw(?:or)?d|passphrase|secret/;
const SECRET_AT_END =
  /(?:tokens?|credentials?|basicauth|(?:api|auth|access|private|shared|signing|encryption)key)\d*$/;
/** Only as a word of its own: `bypass` is none. */
const SECRET_LAST_WORD = /^(?:pass|pwd|pw)\d*$/;
/** `name = value`, `name: value`, `"name"="value"`, `name value`. */
const SEPARATOR = /["']?(?:\s*[=:]+>?\s*|\s+)/y;

const QUOTED = `"(?:\\\\[\\s\\S]|[^"\\\\])*\\\\?(?:"|$)|'(?:\\\\[\\s\\S]|[^'\\\\])*\\\\?(?:'|$)`;
/** One value: left out before, quoted, in brackets, or up to the next blank. What touches it belongs to it. */
const VALUE = new RegExp(
  [
    `\\*\\*\\*(?=[\\s,;\\])}]|$)`,
    `(?:${QUOTED})(?:${QUOTED}|[^\\s,;\\])}"'])*`,
    `[([{](?:${QUOTED}|[^)\\]}"'])*[)\\]}]?`,
    `(?:${QUOTED}|[^\\s"'])+`,
  ].join('|'),
  'y',
);
/** The rest of a quoted text that began before the name: `"password=a b"`. */
const REST_OF_QUOTED = { '"': /(?:\\[\s\S]|[^"\\])+/y, "'": /(?:\\[\s\S]|[^'\\])+/y } as const;

export function redactCommand(command: string): string {
  const line = UNNAMED.reduce(
    (text, { pattern, replacement }) => text.replace(pattern, replacement),
    command,
  );
  const rest = restIsValue(line);
  let kept = '';
  let keptTo = 0;
  for (const { 0: name, index } of line.matchAll(NAME)) {
    if (index < keptTo || !isSecretName(name)) continue;
    const startAt = endOf(SEPARATOR, line, index + name.length);
    if (startAt === undefined || startAt >= line.length) continue;
    const endAt = rest(index) ? line.length : valueEnd(line, { startAt, index, name });
    if (endAt === undefined) continue;
    kept += line.slice(keptTo, startAt) + REDACTED;
    keptTo = endAt;
  }
  return kept + line.slice(keptTo);
}

/** `config set` takes one option: all that follows its name is the value, unless a dictionary has begun. */
function restIsValue(line: string): (nameAt: number) => boolean {
  const set = /\bconfig["']?\s+["']?set\b/i.exec(line);
  if (set === null) return () => false;
  const { index: setAt } = set;
  const bracketAt = line.slice(setAt).search(/[[({]/);
  return (nameAt) => nameAt > setAt && (bracketAt < 0 || nameAt < setAt + bracketAt);
}

type Place = { readonly startAt: number; readonly index: number; readonly name: string };

function valueEnd(line: string, { startAt, index, name }: Place): number | undefined {
  const before = line.charAt(index - 1);
  if ((before === '"' || before === "'") && line.charAt(index + name.length) !== before) {
    return endOf(REST_OF_QUOTED[before], line, startAt);
  }
  return endOf(VALUE, line, startAt);
}

function endOf(sticky: RegExp, line: string, at: number): number | undefined {
  sticky.lastIndex = at;
  return sticky.test(line) ? sticky.lastIndex : undefined;
}

/** `bind_password`, `bindPassword`, `X-Api-Key`, `smtp_pass`. */
function isSecretName(name: string): boolean {
  const words = name
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1_$2')
    .toLowerCase()
    .split(/[_.-]+/)
    .filter((word) => word !== '');
  const whole = words.join('');
  return (
    SECRET_ANYWHERE.test(whole) || SECRET_AT_END.test(whole) || SECRET_LAST_WORD.test(words.at(-1) ?? '')
  );
}
