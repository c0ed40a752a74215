/** How keys are written for people: `Mod+k` is ⌘ K on a Mac and Ctrl K elsewhere. */

const NAMES: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  ' ': 'Space',
};

function isMac(): boolean {
  return typeof navigator !== 'undefined' && /mac|iphone|ipad/i.test(navigator.platform);
}

/** One name for each key to press. */
export function keyNames(keys: string, mac = isMac()): readonly string[] {
  if (keys.startsWith('Mod+')) return [mac ? '⌘' : 'Ctrl', upper(keys.slice(4))];
  return keys.split(' ').map((key) => NAMES[key] ?? key);
}

function upper(key: string): string {
  return NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}
