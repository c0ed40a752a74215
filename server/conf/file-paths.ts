/** Slash-separated paths without an operating system: joined, normalised, never resolved against a disk. */

export function isAbsolute(path: string): boolean {
  return path.startsWith('/');
}

/** The directory of a file; `/` for a file of the root, `.` for a bare name. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  if (slash < 0) return '.';
  return slash === 0 ? '/' : path.slice(0, slash);
}

/** Joins and removes `.`, `..` and doubled slashes; `..` above the root stays at the root. */
export function joinPath(directory: string, name: string): string {
  const whole = isAbsolute(name) ? name : `${directory}/${name}`;
  const parts: string[] = [];
  for (const part of whole.split('/')) {
    if (part === '' || part === '.') continue;
    const last = parts.at(-1);
    if (part === '..' && last !== undefined && last !== '..') parts.pop();
    else if (part !== '..' || !isAbsolute(whole)) parts.push(part);
  }
  const path = parts.join('/');
  if (isAbsolute(whole)) return `/${path}`;
  return path === '' ? '.' : path;
}
