/** Lines of the acctlog (momentum.md 7.1): one for each authentication and one for each decision about a command. */

/** Characters of one field; what a peer sent may be long. */
export const ACCOUNT_FIELD_CHARACTERS_MAX = 4_096;

export type AccountPlace = {
  /** As configured: `/tmp/2025`, `*:2025`. */
  readonly listener: string;
  /** `address:port`; empty for a Unix socket. */
  readonly peer: string;
};

/** `time@N@listener@peer@user@1|0`, without a line end. */
export function authenticationLine(
  atWallMs: number,
  { listener, peer }: AccountPlace,
  { user, ok }: { readonly user: string; readonly ok: boolean },
): string {
  return join(atWallMs, ['N', listener, peer, user, ok ? '1' : '0']);
}

/** `time@Z@listener@peer@user@1|0|-1@command[@role]`, without a line end. */
export function authorizationLine(
  atWallMs: number,
  { listener, peer }: AccountPlace,
  decision: {
    readonly user: string;
    readonly outcome: 1 | 0 | -1;
    readonly command: string;
    /** The role that matched. */
    readonly role: string | undefined;
  },
): string {
  const { user, outcome, command, role } = decision;
  const fields = ['Z', listener, peer, user, String(outcome), command];
  return join(atWallMs, role === undefined ? fields : [...fields, role]);
}

function join(atWallMs: number, fields: readonly string[]): string {
  return [String(Math.floor(atWallMs / 1_000)), ...fields.map(escapeField)].join('@');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
const SPECIAL = /[@\\\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * `@` and `\` get a `\` in front. A control character becomes `\n`, `\r`, `\t` or `\x1b`: a `\` in front of the character
 * itself, as the documents may be read, would leave a line end in the line.
 */
function escapeField(text: string): string {
  const cut =
    text.length <= ACCOUNT_FIELD_CHARACTERS_MAX ? text : `${text.slice(0, ACCOUNT_FIELD_CHARACTERS_MAX)}...`;
  return cut.replace(SPECIAL, (character) => {
    if (character === '@' || character === '\\') return `\\${character}`;
    const code = character.charCodeAt(0);
    return NAMED[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
