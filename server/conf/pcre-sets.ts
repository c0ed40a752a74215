/** Sets of characters of a pattern: escapes, POSIX classes, and single characters in both cases. */

/** Code points, both ends included. */
export type CharSet = { readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] };

const DIGITS = [[48, 57]] as const;
const LETTERS = [
  [65, 90],
  [97, 122],
] as const;
const WORDS = [...DIGITS, ...LETTERS, [95, 95]] as const;
const BLANKS = [
  [9, 13],
  [32, 32],
] as const;
const FLAT_BLANKS = [
  [9, 9],
  [32, 32],
] as const;
const CODE_POINT_MAX = 0x10ffff;

const SHORT: Readonly<Record<string, CharSet['ranges']>> = { d: DIGITS, w: WORDS, s: BLANKS, h: FLAT_BLANKS };
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, e: 27, a: 7 };
const POSIX: Readonly<Record<string, CharSet['ranges']>> = {
  alpha: LETTERS,
  digit: DIGITS,
  alnum: [...DIGITS, ...LETTERS],
  word: WORDS,
  space: BLANKS,
  blank: FLAT_BLANKS,
  upper: [[65, 90]],
  lower: [[97, 122]],
  xdigit: [...DIGITS, [65, 70], [97, 102]],
  punct: [
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ],
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  print: [[32, 126]],
  graph: [[33, 126]],
};

/** Letters of ASCII fold, as those of PCRE do without its Unicode mode. */
export function single(code: number, ignoreCase: boolean): CharSet {
  const upper = code >= 65 && code <= 90;
  const lower = code >= 97 && code <= 122;
  const other = upper ? code + 32 : code - 32;
  const ranges: CharSet['ranges'] =
    ignoreCase && (upper || lower)
      ? [
          [code, code],
          [other, other],
        ]
      : [[code, code]];
  return { negated: false, ranges };
}

/** What `\c` stands for; undefined for letters without a meaning. */
export function escapeSet(c: string, ignoreCase: boolean): CharSet | undefined {
  const short = SHORT[c.toLowerCase()];
  if (short !== undefined) return { negated: false, ranges: /[A-Z]/.test(c) ? complement(short) : short };
  const control = CONTROLS[c];
  if (control !== undefined) return single(control, false);
  return /[a-z0-9]/i.test(c) || c === '' ? undefined : single(c.codePointAt(0) ?? 0, ignoreCase);
}

/** `[:name:]` */
export function posixSet(name: string, negated: boolean, ignoreCase: boolean): CharSet | undefined {
  const folded = ignoreCase && (name === 'upper' || name === 'lower') ? 'alpha' : name;
  const ranges = Object.hasOwn(POSIX, folded) ? POSIX[folded] : undefined;
  return ranges && { negated: false, ranges: negated ? complement(ranges) : ranges };
}

export function isIn(code: number, { negated, ranges }: CharSet): boolean {
  return ranges.some(([from, to]) => code >= from && code <= to) !== negated;
}

export function isWordCharacter(code: number | undefined): boolean {
  return code !== undefined && isIn(code, { negated: false, ranges: WORDS });
}

function complement(ranges: CharSet['ranges']): CharSet['ranges'] {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const gaps: (readonly [number, number])[] = [];
  let from = 0;
  for (const [low, high] of sorted) {
    if (low > from) gaps.push([from, low - 1]);
    from = high + 1;
  }
  gaps.push([from, CODE_POINT_MAX]);
  return gaps;
}
