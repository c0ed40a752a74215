/** Numbered lines: what each of them looks like, so that one that was torn or mixed is recognised in a file. */

export type WrittenLine = { readonly log: string; readonly number: number };

export class WrittenLines {
  readonly #lines = new Map<string, WrittenLine>();

  /** `node1/mainlog 17 xxxx;` */
  write(log: string, number: number, padding: number): string {
    const line = `${log} ${number} ${'x'.repeat(padding)};`;
    this.#lines.set(line, { log, number });
    return line;
  }

  /** Undefined for anything that was never written. */
  find(line: string): WrittenLine | undefined {
    return this.#lines.get(line);
  }
}
