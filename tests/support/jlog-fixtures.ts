/** The golden logs of the C library: files and manifests, and logs in memory that hold them. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { MemoryDisk, type MemoryStore } from '../../server/memory/memory-store.ts';

const FOLDER = path.join(import.meta.dirname, '../fixtures/jlog');

export type FixtureMessage = {
  readonly id: string;
  readonly offset: number;
  readonly sec: number;
  readonly usec: number;
  readonly len: number;
  readonly utf8?: string;
  readonly hex?: string;
  readonly sha256?: string;
};
export type FixtureFile = {
  readonly name: string;
  readonly size: number;
  readonly sha256?: string;
  readonly hex?: string;
};
type StepResult = {
  readonly intervals?: readonly { readonly start: string; readonly finish: string; readonly count: number }[];
  readonly start?: string;
  readonly finish?: string;
  readonly interval_count?: number;
  readonly raw_size?: number;
  readonly last?: string;
};
export type FixtureStep = {
  readonly op: string;
  readonly files_after: readonly FixtureFile[];
  readonly result?: StepResult;
  readonly unit_limit?: number;
  readonly safety?: 0 | 1 | 2;
  readonly name?: string;
  readonly name_hex?: string;
  readonly subscriber?: string;
  readonly whence?: string;
  readonly id?: string;
  readonly messages?: readonly FixtureMessage[];
  readonly file?: string;
  readonly action?: string;
  readonly to?: number;
  readonly offset?: number;
  readonly hex?: string;
};
export type Manifest = {
  readonly name: string;
  readonly raw_size: number;
  readonly metastore: { readonly storage_log: string; readonly unit_limit: number } | null;
  readonly subscribers: readonly {
    readonly name_hex: string;
    readonly name?: string;
    readonly checkpoint: string | null;
  }[];
  readonly segments: readonly { readonly log: string; readonly size: number; readonly records: number }[];
  readonly messages: readonly FixtureMessage[];
  readonly written?: {
    readonly messages: readonly { readonly sha256_16: string; readonly still_intact: boolean }[];
  };
  readonly pre_commit?: { readonly messages: readonly FixtureMessage[] };
  readonly steps: readonly FixtureStep[];
  /** What the C program printed, sorted; a line of a segment comes with the line of its index. */
  readonly jlogctl?: { readonly s: readonly string[]; readonly l_i: readonly string[] };
};

export type Fixture = { readonly manifest: Manifest; readonly files: ReadonlyMap<string, Buffer> };

export const FIXTURES: readonly string[] = readdirSync(FOLDER).filter((name) => /^\d\d-/.test(name));

export function storeOf(name: string): string {
  return path.join(FOLDER, name, 'store');
}

export function loadFixture(name: string): Fixture {
  const manifest = JSON.parse(readFileSync(path.join(FOLDER, name, 'manifest.json'), 'utf8')) as Manifest;
  const store = storeOf(name);
  const files = readdirSync(store).map((file) => [file, readFileSync(path.join(store, file))] as const);
  return { manifest, files: new Map(files) };
}

export const LOG = '/log';

export function onDisk({ files }: Fixture): { readonly disk: MemoryDisk; readonly store: MemoryStore } {
  const disk = new MemoryDisk();
  for (const [name, bytes] of files) disk.put(`${LOG}/${name}`, bytes);
  return { disk, store: disk.process() };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The content of a message as the manifest has it; long ones are found in the files by their hash. */
export function contentOf(message: FixtureMessage, { files, manifest }: Fixture): Buffer {
  if (message.utf8 !== undefined) return Buffer.from(message.utf8, 'utf8');
  if (message.hex !== undefined) return Buffer.from(message.hex, 'hex');
  const place = manifest.messages.find(({ sha256: hash }) => hash === message.sha256);
  const bytes = files.get(place?.id.slice(0, 8) ?? '');
  if (place === undefined || bytes === undefined) throw new Error(`no bytes of ${message.sha256}`);
  return bytes.subarray(place.offset + 16, place.offset + 16 + place.len);
}
