/** The content security policy of a page: nothing from elsewhere, inline scripts and styles by their hashes (R10). */

import { createHash } from 'node:crypto';

export type InlineHashes = { readonly scripts: readonly string[]; readonly styles: readonly string[] };

/** Hashes of inline script and style elements, as they stand in a policy. */
export function inlineHashes(html: string): InlineHashes {
  return { scripts: hashesOf(html, 'script'), styles: hashesOf(html, 'style') };
}

/** Without Trusted Types: the pages' own chunk loader assigns script addresses as plain text and would be blocked. */
export function contentSecurityPolicy(hashes: InlineHashes): string {
  const directives: readonly (readonly string[])[] = [
    ['default-src', "'none'"],
    ['script-src', "'self'", ...hashes.scripts],
    // Components place overlays by style attributes; attributes cannot run anything.
    ['style-src', "'self'", ...hashes.styles],
    ['style-src-attr', "'unsafe-inline'"],
    ['img-src', "'self'", 'data:'],
    ['font-src', "'self'"],
    ['connect-src', "'self'"],
    ['worker-src', "'self'"],
    ['manifest-src', "'self'"],
    ['form-action', "'self'"],
    ['base-uri', "'none'"],
    ['frame-ancestors', "'none'"],
  ];
  return directives.map((parts) => parts.join(' ')).join('; ');
}

/** For scripts and other files of the site: a worker takes its policy from its own script. */
export const FILE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** For answers of the API. */
export const NO_PAGE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox";

function hashesOf(html: string, element: 'script' | 'style'): readonly string[] {
  const pattern = new RegExp(`<${element}((?:\\s[^>]*)?)>([\\s\\S]*?)</${element}>`, 'gi');
  const hashes = new Set<string>();
  for (const [, attributes, text] of html.matchAll(pattern)) {
    if (text === undefined || text === '' || /\ssrc\s*=/i.test(attributes ?? '')) continue;
    hashes.add(`'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  }
  return [...hashes];
}
