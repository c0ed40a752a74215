/**
 * The exported pages, read once at the start and served from memory: only files that exist then can ever be served.
 * Pages carry a content security policy with the hashes of their own inline scripts (R10).
 */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { contentSecurityPolicy, FILE_POLICY, inlineHashes } from './content-policy.ts';

/** The export has a few hundred files; more means that the wrong directory was given. */
export const SITE_FILES_MAX = 5_000;
export const SITE_BYTES_MAX = 128 * 1_048_576;

export type SiteFile = {
  readonly body: Buffer;
  readonly gzip: (() => Promise<Buffer>) | undefined;
  readonly contentType: string;
  readonly cacheControl: string;
  readonly etag: string;
  readonly policy: string;
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};
const COMPRESSED = new Set(['.html', '.js', '.css', '.json', '.txt', '.svg', '.map', '.webmanifest']);
const IMMUTABLE = 'public, max-age=31536000, immutable';
const REVALIDATE = 'no-cache';
const compress = promisify(gzip);

export class Site {
  readonly #files = new Map<string, SiteFile>();

  /** @param directory undefined makes an empty site. @throws if the directory cannot be read or is too large. */
  constructor(directory: string | undefined) {
    if (directory === undefined) return;
    let bytes = 0;
    for (const path of filesUnder(directory)) {
      const body = readFileSync(join(directory, path));
      bytes += body.length;
      if (this.#files.size >= SITE_FILES_MAX || bytes > SITE_BYTES_MAX) {
        throw new RangeError(`${directory} is larger than an exported site`);
      }
      this.#files.set(`/${path.split(sep).join('/')}`, siteFile(path, body));
    }
  }

  get size(): number {
    return this.#files.size;
  }

  /** @param path of the URL, decoded. `/members` and `/members/` find `members.html` or `members/index.html`. */
  file(path: string): SiteFile | undefined {
    const plain = path.length > 1 ? path.replace(/\/+$/, '') : path;
    const candidates = plain === '/' ? ['/index.html'] : [plain, `${plain}.html`, `${plain}/index.html`];
    for (const candidate of candidates) {
      const found = this.#files.get(candidate);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  get notFoundPage(): SiteFile | undefined {
    return this.#files.get('/404.html') ?? this.#files.get('/404/index.html');
  }
}

function* filesUnder(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) yield relative(directory, join(entry.parentPath, entry.name));
  }
}

function siteFile(path: string, body: Buffer): SiteFile {
  const extension = extname(path).toLowerCase();
  const isPage = extension === '.html';
  let zipped: Promise<Buffer> | undefined;
  return {
    body,
    gzip: COMPRESSED.has(extension)
      ? (): Promise<Buffer> => {
          zipped ??= compress(body);
          return zipped;
        }
      : undefined,
    contentType: TYPES[extension] ?? 'application/octet-stream',
    cacheControl: path.split(sep).join('/').startsWith('_next/static/') ? IMMUTABLE : REVALIDATE,
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`,
    policy: isPage ? contentSecurityPolicy(inlineHashes(body.toString('utf8'))) : FILE_POLICY,
  };
}
