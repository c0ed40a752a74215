/**
 * Secrets in command lines, left out by rule before a line is kept anywhere: jobs, audit, saved commands, approvals.
 * The bus gets the real line. Pure, and by form alone: what looks like the place of a secret counts as one.
 */

/** Stands where a secret stood. */
export const REDACTED = '***';

/** Options and parameters whose value is a secret, as whole words or as the end of one: `bind_password`. */
const SECRET_NAMES = [
  'password',
  'passwd',
  'passphrase',
  'pass',
  'pwd',
  'secret',
  'token',
  'api_?key',
  'auth_?key',
  'private_?key',
  'shared_?key',
  'encryption_?key',
  'credentials?',
].join('|');
const NAME = `(?:[\\w.:-]*[_.:-])?(?:${SECRET_NAMES})`;
/** One value: a quoted text, also one without its end, or what stands before the next blank. */
const VALUE = `(?:"(?:\\\\.|[^"\\\\])*(?:"|$)|'(?:\\\\.|[^'\\\\])*(?:'|$)|[^\\s,;\\])"']+)`;

type Rule = { readonly pattern: RegExp; readonly replacement: string };

/** Applied one after the other. */
export const REDACTION_RULES: readonly Rule[] = [
  // `smtp://user:password@relay`
  { pattern: /\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*):[^\s/@"']+@/gi, replacement: `$1:${REDACTED}@` },
  // `Authorization: Basic …`, `Bearer …`, and API tokens of this gateway wherever they stand.
  { pattern: /\b(basic|bearer)\s+[\w.~+/=-]{6,}/gi, replacement: `$1 ${REDACTED}` },
  { pattern: /\bmuster_[0-9a-f]{12}_[\w-]+/g, replacement: REDACTED },
  // The dialogue of DIGEST-MD5: everything after `auth response` proves the password.
  { pattern: /\b(auth\s+(?:response|continue|plain|login))\s+\S.*$/gi, replacement: `$1 ${REDACTED}` },
  // `secret = "x"`, `--password=x`, `"token": "x"`
  {
    pattern: new RegExp(`(^|[^\\w.:-])(["']?${NAME}["']?)(\\s*[=:]\\s*)${VALUE}`, 'gi'),
    replacement: `$1$2$3${REDACTED}`,
  },
  // `config set cluster password x`, `--password x`; a question such as `config get password` has no value.
  {
    pattern: new RegExp(`(^|\\s)((?:--?)?["']?${NAME}["']?)(\\s+)(?![=:])${VALUE}`, 'gi'),
    replacement: `$1$2$3${REDACTED}`,
  },
];

export function redactCommand(command: string): string {
  return REDACTION_RULES.reduce(
    (text, { pattern, replacement }) => text.replace(pattern, replacement),
    command,
  );
}
