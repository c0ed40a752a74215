/**
 * Makes text from nodes harmless and honest to look at: control and direction characters become visible marks,
 * so that a reply can neither drive a terminal nor reorder what is read. Pure.
 */

/** C0 without tab and line feed, DEL, C1; soft hyphen; zero-width, bidi and other invisible format characters. */
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Caret notation: `^[` for escape, `^?` for delete. */
const CARET_OFFSET = 0x40;

/** What most names are made of: nothing to look at more closely. Large tables ask for each of their cells. */
const PLAIN = /^[\x20-\x7e]*$/;

/** Line ends of any kind become `\n`; the rest of what cannot be seen becomes `^[` or `‹U+202E›`. */
export function inertText(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(/\r\n?/g, '\n').replace(HIDDEN, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return `^${String.fromCharCode(code + CARET_OFFSET)}`;
    if (code === 0x7f) return '^?';
    return `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`;
  });
}

/** Names are one line. */
export function inertName(name: string): string {
  if (PLAIN.test(name)) return name;
  return inertText(name).replace(/[\n\t]/g, ' ');
}
