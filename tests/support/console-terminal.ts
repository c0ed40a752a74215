/** A person at a terminal with ec_console, in tests: keys go in, what stands on the screen comes out. */

import { PassThrough } from 'node:stream';
import { type EcConsoleOptions, runEcConsole } from '../../server/daemons/ec-console.ts';
import { until } from './until.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: sequences that move a cursor
const CURSOR = /\u001b\[[\d;]*[A-Za-z]/g;

export class ConsoleTerminal {
  readonly exit: Promise<number>;
  readonly rawModes: boolean[] = [];
  readonly #input = new PassThrough();
  #screen = '';
  #seen = 0;

  constructor(args: readonly string[], options: Partial<EcConsoleOptions> = {}) {
    const output = new PassThrough();
    output.on('data', (bytes: Buffer) => {
      this.#screen += bytes.toString();
    });
    const setRawMode = (raw: boolean): void => {
      this.rawModes.push(raw);
    };
    this.exit = runEcConsole({
      args,
      input: Object.assign(this.#input, { isTTY: true, setRawMode }),
      output: Object.assign(output, { isTTY: true, columns: 200 }),
      errors: output,
      env: {},
      home: undefined,
      userName: 'tom',
      clockTime: () => '12:33:15',
      ...options,
    });
  }

  /** Everything so far, without cursor movements. */
  get screen(): string {
    return this.#screen.replaceAll(CURSOR, '').replaceAll('\r', '');
  }

  type(keys: string): void {
    this.#input.write(keys);
  }

  hangUp(): void {
    this.#input.end();
  }

  /** Waits for a text that comes after what was waited for before. */
  async see(text: string): Promise<void> {
    this.#seen = await until(() => {
      const at = this.screen.indexOf(text, this.#seen);
      return at < 0 ? undefined : at + text.length;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\nnot on the screen: ${text}\n${this.screen.slice(-2_000)}`);
    });
  }
}
