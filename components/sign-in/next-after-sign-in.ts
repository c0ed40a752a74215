/** Where to go after sign-in. Only a path of this origin is followed: a link must not send people elsewhere. Pure. */

const FIRST_PAGE = '/overview';
const BASE = 'https://here.invalid';

export function nextAfterSignIn(search: string): string {
  const next = new URLSearchParams(search).get('next');
  if (next === null || !next.startsWith('/')) return FIRST_PAGE;
  let url: URL;
  try {
    url = new URL(next, BASE);
  } catch {
    return FIRST_PAGE;
  }
  // `//host` and `/\host` resolve to another origin.
  if (url.origin !== BASE || url.pathname.startsWith('//') || url.pathname.startsWith('/sign-in'))
    return FIRST_PAGE;
  return `${url.pathname}${url.search}${url.hash}`;
}
