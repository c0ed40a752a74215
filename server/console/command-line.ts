/**
 * A console command as words. Words are separated by blanks; a word with blanks or special characters stands in
 * double quotes, inside which `\"` and `\\` are the characters themselves. Positions are kept, because a command
 * that is passed on (`broadcast …`) is passed on as typed.
 */

/** More words than any command has; the rest of a longer line is not looked at. */
export const COMMAND_WORDS_MAX = 1_024;

export type CommandWord = {
  readonly text: string;
  readonly quoted: boolean;
  /** Where the word, or its quote, begins and ends (exclusive) in the line. */
  readonly startAt: number;
  readonly endAt: number;
};

export type CommandLine = {
  readonly line: string;
  readonly words: readonly CommandWord[];
  /** A quote was opened and never closed; its word reaches to the end. */
  readonly unterminated: boolean;
};

export function readCommandLine(text: string): CommandLine {
  const words: CommandWord[] = [];
  let at = 0;
  while (words.length < COMMAND_WORDS_MAX) {
    while (at < text.length && isBlank(text.charAt(at))) at += 1;
    if (at >= text.length) return { line: text, words, unterminated: false };
    const word = text.charAt(at) === '"' ? quotedWord(text, at) : plainWord(text, at);
    if (word === undefined) {
      words.push({ text: text.slice(at + 1), quoted: true, startAt: at, endAt: text.length });
      return { line: text, words, unterminated: true };
    }
    words.push(word);
    at = word.endAt;
  }
  return { line: text, words, unterminated: false };
}

/** What follows the first `count` words, as typed, without outer blanks; one quoted word stands for its content. */
export function tailAfter({ line, words }: CommandLine, count: number): string {
  const first = words[count];
  if (first === undefined) return '';
  const tail = line.slice(first.startAt).trim();
  return first.quoted && words.length === count + 1 ? first.text.trim() : tail;
}

/** The word as it must be typed. */
export function quoteWord(text: string): string {
  if (text !== '' && !/[\s"\\]/.test(text)) return text;
  return `"${text.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`;
}

function plainWord(line: string, startAt: number): CommandWord {
  let endAt = startAt;
  while (endAt < line.length && !isBlank(line.charAt(endAt))) endAt += 1;
  return { text: line.slice(startAt, endAt), quoted: false, startAt, endAt };
}

function quotedWord(line: string, startAt: number): CommandWord | undefined {
  let text = '';
  for (let at = startAt + 1; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (character === '"') return { text, quoted: true, startAt, endAt: at + 1 };
    const next = line.charAt(at + 1);
    if (character === '\\' && (next === '"' || next === '\\')) {
      text += next;
      at += 1;
    } else {
      text += character;
    }
  }
  return undefined;
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\n' || character === '\r';
}
