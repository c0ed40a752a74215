/** The metastore and the headers of records, byte by byte (jlog.md 3 to 7). */

import { err, ok, type Result } from '../base/result.ts';
import type { LogPosition } from '../model/log-position.ts';

export const METASTORE_BYTES = 16;
export const LEGACY_METASTORE_BYTES = 12;
export const CHECKPOINT_BYTES = 8;
export const UNIT_BYTES_DEFAULT = 4_194_304;
export const SAFETY_DEFAULT = 1;

export const MAGIC_PLAIN = 0x663a_7318;
export const MAGIC_NULL = 0x1510_6a00;
export const MAGIC_LZ4 = 0x1510_6a01;
/** jlog 1.x: the field is reserved, and 0 in every record. */
export const MAGIC_LEGACY = 0;
const MAGICS: readonly number[] = [MAGIC_PLAIN, MAGIC_NULL, MAGIC_LZ4];

export type RecordFormat = {
  readonly magic: number;
  readonly packing: 'none' | 'null' | 'lz4';
  /** 16, or 20 where messages may be compressed. */
  readonly headerBytes: number;
  readonly bigEndian: boolean;
  /** The magic as it lies on disk. */
  readonly magicBytes: Buffer;
};

export type Metastore = {
  /** Number of the current segment. */
  readonly segment: number;
  readonly unitBytes: number;
  readonly safety: number;
  readonly format: RecordFormat;
};

/** What could be read of a metastore that cannot be written to. */
export type DamagedMetastore = {
  readonly reason: string;
  /** Undefined where not even this can be trusted. */
  readonly segment: number | undefined;
  /** Undefined when the magic is none. */
  readonly format: RecordFormat | undefined;
};

export function formatOf(magic: number, bigEndian = false): RecordFormat {
  const compressed = magic === MAGIC_NULL || magic === MAGIC_LZ4;
  return {
    magic,
    packing: magic === MAGIC_LZ4 ? 'lz4' : compressed ? 'null' : 'none',
    headerBytes: compressed ? 20 : 16,
    bigEndian,
    magicBytes: magicBytes(magic, bigEndian),
  };
}

/** The format whose records begin with these four bytes. */
export function formatOfRecord(first: Buffer): RecordFormat | undefined {
  const little = first.readUInt32LE(0);
  if (MAGICS.includes(little)) return formatOf(little);
  const big = first.readUInt32BE(0);
  return MAGICS.includes(big) ? formatOf(big, true) : undefined;
}

export function encodeMetastore(meta: Metastore): Buffer {
  const bytes = Buffer.alloc(METASTORE_BYTES);
  bytes.writeUInt32LE(meta.segment, 0);
  bytes.writeUInt32LE(meta.unitBytes, 4);
  bytes.writeUInt32LE(meta.safety, 8);
  bytes.writeUInt32LE(meta.format.magic, 12);
  return bytes;
}

/** @param bytes all of the file, or its first 17 bytes. */
export function parseMetastore(bytes: Buffer): Result<Metastore, DamagedMetastore> {
  if (bytes.length === LEGACY_METASTORE_BYTES) return legacy(bytes);
  if (bytes.length !== METASTORE_BYTES) {
    const segment = bytes.length < 4 ? undefined : bytes.readUInt32LE(0);
    return err({ reason: `the metastore has ${bytes.length} bytes`, segment, format: undefined });
  }
  const segment = bytes.readUInt32LE(0);
  const magic = bytes.readUInt32LE(12);
  if (magic === MAGIC_LEGACY) return legacy(bytes);
  if (!MAGICS.includes(magic)) {
    const format = formatOfRecord(bytes.subarray(12));
    if (format === undefined) {
      const shown = magic.toString(16).padStart(8, '0');
      return err({ reason: `the magic of the metastore is ${shown}`, segment, format });
    }
    return err({
      reason: 'it was written by a machine of the other byte order',
      segment: bytes.readUInt32BE(0),
      format,
    });
  }
  const [unitBytes, safety, format] = [bytes.readUInt32LE(4), bytes.readUInt32LE(8), formatOf(magic)];
  if (unitBytes === 0) return err({ reason: 'the size of its segments is 0', segment, format });
  if (safety > 2) return err({ reason: `its safety is ${safety}`, segment, format });
  return ok({ segment, unitBytes, safety, format });
}

function legacy(bytes: Buffer): Result<Metastore, DamagedMetastore> {
  return err({
    reason: 'it has the format of jlog 1, which is only read',
    segment: bytes.readUInt32LE(0),
    format: formatOf(MAGIC_LEGACY),
  });
}

export function encodeCheckpoint({ segment, marker }: LogPosition): Buffer {
  const bytes = Buffer.alloc(CHECKPOINT_BYTES);
  bytes.writeUInt32LE(segment, 0);
  bytes.writeUInt32LE(marker, 4);
  return bytes;
}

/** Undefined for fewer than 8 bytes; more are ignored. */
export function parseCheckpoint(bytes: Buffer, bigEndian: boolean): LogPosition | undefined {
  if (bytes.length < CHECKPOINT_BYTES) return undefined;
  return { segment: u32(bytes, 0, bigEndian), marker: u32(bytes, 4, bigEndian) };
}

export function u32(bytes: Buffer, at: number, bigEndian: boolean): number {
  return bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
}

function magicBytes(magic: number, bigEndian: boolean): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  if (bigEndian) bytes.writeUInt32BE(magic);
  else bytes.writeUInt32LE(magic);
  return bytes;
}

/** Whether a header may stand here. Zeros are no header, not even in logs without magic. */
export function isHeader(bytes: Buffer, at: number, { magic, bigEndian }: RecordFormat): boolean {
  if (u32(bytes, at, bigEndian) !== magic) return false;
  return magic !== MAGIC_LEGACY || u32(bytes, at + 4, bigEndian) !== 0;
}

/** Length of the message as it lies on disk. */
export function bodyBytesAt(bytes: Buffer, at: number, format: RecordFormat): number {
  return u32(bytes, at + (format.headerBytes === 20 ? 16 : 12), format.bigEndian);
}
