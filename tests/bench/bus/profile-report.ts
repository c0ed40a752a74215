/** Where the processor time of a process went, from its `.cpuprofile`: by group, then the functions that took most. */

import { readFileSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { SourceMap } from 'node:module';
import path from 'node:path';
import type { Cost } from './measure.ts';

const TOP = 14;

type Frame = { readonly name: string; readonly url: string; readonly source: string };

/** The first that fits is the group of a function. */
const GROUPS: readonly (readonly [string, (frame: Frame) => boolean])[] = [
  ['system calls that write', ({ url, name }) => url === '' && name.startsWith('write')],
  ['garbage collector', ({ name }) => name === '(garbage collector)'],
  ['native, system calls that read among it', ({ name }) => name === '(program)'],
  ['built-ins', ({ url }) => url === ''],
  ['node internals', ({ url }) => url.startsWith('node:')],
  [
    'encode and decode',
    from(/^server\/msgc\/(?:bytes|packet|ops|batcher|frames|frame-decoder|[a-z]+-frames)\.ts/),
  ],
  ['fan-out, groups, clients', from(/^server\/msgc\/(?:fanout|groups|clients)\.ts/)],
  ['connections', from(/^server\/msgc\/(?:connection|auth|handshake)[a-z-]*\.ts/)],
  ['client', from(/^server\/msgc\/client[a-z-]*\.ts/)],
  ['order and mesh', from(/^server\/msgc\//)],
  ['driver and sockets', from(/^server\/(?:base|adapters)\//)],
  ['the benchmark itself', from(/^tests\/bench\//)],
];
const OTHER = 'other';
const IDLE = '(idle)';

function from(pattern: RegExp): (frame: Frame) => boolean {
  return ({ source }) => pattern.test(source);
}

/** Sources of the program that ran, relative to the checkout. */
export class Sources {
  readonly #map: SourceMap;

  constructor(program: URL) {
    this.#map = new SourceMap(JSON.parse(readFileSync(new URL(`${program.href}.map`), 'utf8')));
  }

  frame({ functionName, url, lineNumber, columnNumber }: Profiler.ProfileNode['callFrame']): Frame {
    const name = functionName === '' ? '(anonymous)' : functionName;
    if (!url.startsWith('file:')) return { name, url, source: url };
    const entry = this.#map.findEntry(lineNumber, columnNumber);
    if (!('originalSource' in entry)) return { name, url, source: `${path.basename(url)}:${lineNumber + 1}` };
    const source = entry.originalSource.replace(/^(?:\.\.\/)+/, '');
    return { name, url, source: `${source}:${entry.originalLine + 1}` };
  }
}

function bySamples<T>(entries: Iterable<readonly [T, number]>): readonly (readonly [T, number])[] {
  return [...entries].sort(([, a], [, b]) => b - a);
}

/** @param cost of the same process in the same phase: shares of samples become microseconds for each message. */
export function profileLines(file: string, sources: Sources, cost: Cost): readonly string[] {
  const { nodes, samples = [] }: Profiler.Profile = JSON.parse(readFileSync(file, 'utf8'));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, sources.frame(callFrame)]));
  const groups = new Map<string, number>();
  const functions = new Map<string, number>();
  let busy = 0;
  for (const sample of samples) {
    const frame = frames.get(sample);
    if (frame === undefined || frame.name === IDLE) continue;
    busy += 1;
    const group = GROUPS.find(([, fits]) => fits(frame))?.[0] ?? OTHER;
    groups.set(group, (groups.get(group) ?? 0) + 1);
    const text = `${frame.name} ${frame.source}`.trimEnd();
    functions.set(text, (functions.get(text) ?? 0) + 1);
  }
  const totalUs = cost.userUs + cost.systemUs;
  const line = (what: string, count: number): string => {
    const share = count / Math.max(1, busy);
    return `${(share * 100).toFixed(1).padStart(5)} %  ${(share * totalUs).toFixed(3)} µs/msg  ${what}`;
  };
  return [
    `${cost.who}: ${totalUs.toFixed(3)} µs/msg, ${busy} samples, ${file}`,
    ...bySamples(groups).map(([what, count]) => `  ${line(what, count)}`),
    ...bySamples(functions)
      .slice(0, TOP)
      .map(([what, count]) => `      ${line(what, count)}`),
  ];
}
