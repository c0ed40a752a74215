/** A node's face: a monogram in one of eight outlines, derived from the name alone and therefore stable. Pure. */

export const SIGIL_OUTLINES = [
  'circle',
  'square',
  'diamond',
  'hexagon',
  'shield',
  'triangle',
  'pill',
  'octagon',
] as const;
export type SigilOutline = (typeof SIGIL_OUTLINES)[number];

export type Sigil = {
  /** One to three characters, upper case. */
  readonly monogram: string;
  readonly outline: SigilOutline;
};

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

function fnv1a(text: string): number {
  let hash = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, FNV_PRIME) >>> 0;
  }
  return hash;
}

/** `labrat-1` is L1, `mx-west-12` is M12, `manager` is MA; only the host part of a full name counts. */
function monogramOf(name: string): string {
  const host = (name.split('.')[0] ?? '').normalize('NFC');
  const words = host.match(/\p{L}+|\p{N}+/gu) ?? [];
  const [first = ''] = words;
  const last = words.at(-1) ?? '';
  const letters = [...first];
  if (words.length > 1 && /\p{N}/u.test(last)) {
    const number = last.replace(/^0+(?=.)/, '');
    return `${letters[0] ?? ''}${[...number].slice(-2).join('')}`.toUpperCase();
  }
  const second = words.length > 1 ? [...last][0] : letters[1];
  return `${letters[0] ?? ''}${second ?? ''}`.toUpperCase() || '?';
}

export function sigilOf(name: string): Sigil {
  const outline = SIGIL_OUTLINES[fnv1a(name) % SIGIL_OUTLINES.length] ?? 'circle';
  return { monogram: monogramOf(name), outline };
}
