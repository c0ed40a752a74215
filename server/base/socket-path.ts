/** What a Unix socket path must fulfil. The runtime cuts a longer one short without a word, so it is checked here. */

/** The system's address structure has 108 bytes, one of which is the zero at the end. */
export const SOCKET_PATH_BYTES_MAX = 107;

/** @returns what is wrong in one line; undefined when it can be used. */
export function socketPathError(path: string): string | undefined {
  if (path === '') return 'a socket path is empty';
  if (path.includes('\0')) return 'a socket path contains no zero byte';
  const bytes = new TextEncoder().encode(path).length;
  if (bytes <= SOCKET_PATH_BYTES_MAX) return undefined;
  return `the socket path ${path} has ${bytes} bytes, at most ${SOCKET_PATH_BYTES_MAX} are possible`;
}
