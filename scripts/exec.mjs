/**
 * Runs programs for the scripts: argument vectors, never a shell.
 */

import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout that these scripts belong to. */
export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** A program in front of it, since all threads must have it from their start. */
const NICEST = ['nice', '-n', '19'];

/**
 * Runs a program to its end.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, quiet?: boolean }} [options] quiet: output is kept and given back, else it
 *   goes to standard error
 * @returns {Promise<{ code: number, output: string }>} code 127 when it cannot be started, 128 when a signal ended it
 */
export function run(file, args, options = {}) {
  return new Promise((resolve) => {
    const stdio = options.quiet === true ? ['ignore', 'pipe', 'pipe'] : ['ignore', 2, 2];
    const child = spawn(file, args, { cwd: ROOT, env: { ...process.env, ...options.env }, stdio });
    const parts = [];
    child.stdout?.on('data', (data) => parts.push(data));
    child.stderr?.on('data', (data) => parts.push(data));
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) =>
      resolve({ code: code ?? 128, output: Buffer.concat(parts).toString('utf8') }),
    );
  });
}

/**
 * Runs the JavaScript entry of an installed package under this Node.
 * @param {string} entry path below node_modules
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, quiet?: boolean, leftovers?: boolean }} [options] leftovers: it gets only the
 *   time of the processors that nothing else wants
 */
export function runNode(entry, args, { leftovers, ...options } = {}) {
  const program = [process.execPath, path.join(ROOT, 'node_modules', entry), ...args];
  const [file, ...rest] =
    leftovers === true && process.platform !== 'win32' ? [...NICEST, ...program] : program;
  return run(file, rest, options);
}
