/**
 * Which shortcut a row of key presses means (ui.md 2.7): `g m` is g, then m within a second; `Mod+k` is Ctrl or
 * Cmd with k. Pure. A later registration of the same keys covers an earlier one, as a sheet covers a page.
 */

export type Shortcut = {
  /** Single keys in order, separated by a space, as `KeyboardEvent.key` names them; or `Mod+` and one key. */
  readonly keys: string;
  readonly label: string;
  readonly run: () => void;
  /** An element hears these keys itself, for example a prompt: they are listed, and the page does not take them. */
  readonly listedOnly?: boolean;
};

export type KeyPress = {
  readonly key: string;
  readonly mod: boolean;
  readonly alt: boolean;
  /** The press goes into a text field or an open overlay. */
  readonly inField: boolean;
};

export const SEQUENCE_MS = 1_000;
/** Shortcuts of one page, with those of the frame. */
export const SHORTCUTS_MAX = 100;

export class ShortcutMatcher {
  #typed: readonly string[] = [];
  #typedMs = Number.NEGATIVE_INFINITY;

  /** @param singleKeys false: the reader switched shortcuts of printable keys off (WCAG 2.1.4). */
  press(
    press: KeyPress,
    shortcuts: readonly Shortcut[],
    singleKeys: boolean,
    nowMs: number,
  ): Shortcut | undefined {
    if (press.mod) {
      this.#typed = [];
      return last(shortcuts, `Mod+${press.key.toLowerCase()}`);
    }
    const printable = [...press.key].length === 1;
    if (press.alt || press.inField || (printable && !singleKeys)) {
      this.#typed = [];
      return undefined;
    }
    // Shift and other modifiers arrive as presses of their own: they do not end a sequence.
    if (!printable && MODIFIERS.has(press.key)) return undefined;
    const before = nowMs - this.#typedMs <= SEQUENCE_MS ? this.#typed : [];
    this.#typedMs = nowMs;
    return this.#match([...before, press.key], shortcuts) ?? this.#match([press.key], shortcuts);
  }

  #match(typed: readonly string[], shortcuts: readonly Shortcut[]): Shortcut | undefined {
    const text = typed.join(' ');
    const found = last(shortcuts, text);
    const begins = shortcuts.some(
      ({ keys, listedOnly }) => listedOnly !== true && keys.startsWith(`${text} `),
    );
    this.#typed = found === undefined && begins ? typed : [];
    return found;
  }
}

const MODIFIERS: ReadonlySet<string> = new Set(['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock']);

function last(shortcuts: readonly Shortcut[], keys: string): Shortcut | undefined {
  return shortcuts.findLast((shortcut) => shortcut.keys === keys && shortcut.listedOnly !== true);
}
