/** Lines whose text says everything of them, so that one that is torn is recognised. */

/** `7 42 xxxxx;`: line 42 of the seventh life of its writer. @param bytes about how long */
export function numberedLine(life: number, number: number, bytes: number): string {
  const head = `${life} ${number} `;
  return `${head}${'x'.repeat(Math.max(0, bytes - head.length - 1))};`;
}

/** Undefined for anything but a whole line. */
export function parseNumberedLine(
  line: string,
): { readonly life: number; readonly number: number } | undefined {
  const match = /^(\d+) (\d+) x*;$/.exec(line);
  return match === null ? undefined : { life: Number(match[1]), number: Number(match[2]) };
}
