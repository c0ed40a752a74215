/**
 * Light or dark: the reader's explicit choice, else the system's. The script runs before the first paint, so the
 * page never flashes; it is constant text and may be hashed.
 */

export type Theme = 'light' | 'dark';
export type ThemeChoice = Theme | 'system';

export const THEME_KEY = 'muster.theme';

export const THEME_SCRIPT = `(function(){var c=null;try{c=localStorage.getItem('${THEME_KEY}')}catch(e){}
var d=c==='dark'||(c!=='light'&&matchMedia('(prefers-color-scheme: dark)').matches);
document.documentElement.dataset.theme=d?'dark':'light'})()`;

const DARK_QUERY = '(prefers-color-scheme: dark)';

export function storedChoice(): ThemeChoice {
  try {
    const value = localStorage.getItem(THEME_KEY);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

export function resolveTheme(choice: ThemeChoice): Theme {
  if (choice !== 'system') return choice;
  return matchMedia(DARK_QUERY).matches ? 'dark' : 'light';
}

export function chooseTheme(choice: ThemeChoice): void {
  try {
    if (choice === 'system') localStorage.removeItem(THEME_KEY);
    else localStorage.setItem(THEME_KEY, choice);
  } catch {
    // Without storage the choice holds for this page only.
  }
  document.documentElement.dataset['theme'] = resolveTheme(choice);
}

/** Follows the system while the reader has not chosen. @returns a function that stops it. */
export function followSystemTheme(): () => void {
  const query = matchMedia(DARK_QUERY);
  const follow = (): void => chooseTheme(storedChoice());
  query.addEventListener('change', follow);
  return () => query.removeEventListener('change', follow);
}
