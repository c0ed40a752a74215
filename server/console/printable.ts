/** Text of others, made harmless: for lines in which a line end would forge another field, and for terminals. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
const TERMINAL_CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
// Characters that turn the direction of what follows, so that a text reads differently from what it is.
const BIDI = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** One line: every control character becomes visible as `\x1b`. */
export function printableLine(text: string): string {
  return text.replace(CONTROL, escapeCharacter).replace(BIDI, escapeCharacter);
}

/** Several lines for a terminal: line ends and tabs stay, everything a terminal would obey becomes visible. */
export function printableText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(TERMINAL_CONTROL, escapeCharacter)
    .replace(BIDI, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}
