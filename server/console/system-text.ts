/**
 * `sysinfo` and `memory` as text and XML. The lines of sysinfo follow the manuals: version, product, distribution,
 * kernel; a line is left out where nothing is known. The layout of memory is ours, the manuals show none.
 */

import { printableLine } from './printable.ts';
import { renderXml, textElement, type XmlElement } from './xml.ts';

export type SystemFacts = {
  readonly productVersion: string;
  readonly bits: 32 | 64;
  /** `Linux` */
  readonly name: string;
  readonly hostname: string;
  readonly release: string;
  readonly version: string;
  /** `x86_64` */
  readonly machine: string;
  /** As the distribution calls itself; undefined where it does not say. */
  readonly distribution: string | undefined;
};

export type MemoryFacts = {
  readonly residentBytes: number;
  readonly heapTotalBytes: number;
  readonly heapUsedBytes: number;
  /** Of native objects, array buffers included. */
  readonly externalBytes: number;
  readonly arrayBufferBytes: number;
};

const PRODUCT = 'Muster';

export function renderSysinfo(system: SystemFacts): string {
  return [
    `Ecelerity Version: ${system.productVersion} (${system.bits}-bit)`,
    `product name: ${PRODUCT}`,
    ...(system.distribution === undefined ? [] : [system.distribution]),
    kernelOf(system),
  ]
    .map(printableLine)
    .join('\n');
}

export function renderSysinfoXml(system: SystemFacts): string {
  return renderXml({
    name: 'SystemInformation',
    content: [
      textElement('Version', system.productVersion),
      textElement('Bits', String(system.bits)),
      textElement('ProductName', PRODUCT),
      textElement('Distribution', system.distribution),
      textElement('System', kernelOf(system)),
    ],
  });
}

/** The types that `memory [type]` takes. */
export const MEMORY_TYPES: readonly string[] = ['resident', 'heap', 'external'];

/** @param type one of MEMORY_TYPES; all when undefined. */
export function renderMemory(memory: MemoryFacts, type: string | undefined): string {
  return rowsOf(memory, type)
    .map(({ title, bytes }) => `${title}: ${bytes} bytes`)
    .join('\n');
}

export function renderMemoryXml(memory: MemoryFacts, type: string | undefined): string {
  const content = rowsOf(memory, type).map(
    ({ title, bytes }): XmlElement => textElement(title.replaceAll(' ', ''), String(bytes)),
  );
  return renderXml({ name: 'Memory', attributes: { unit: 'bytes' }, content });
}

function rowsOf(memory: MemoryFacts, type: string | undefined) {
  const rows = [
    { type: 'resident', title: 'Resident', bytes: memory.residentBytes },
    { type: 'heap', title: 'Heap Total', bytes: memory.heapTotalBytes },
    { type: 'heap', title: 'Heap Used', bytes: memory.heapUsedBytes },
    { type: 'external', title: 'External', bytes: memory.externalBytes },
    { type: 'external', title: 'Array Buffers', bytes: memory.arrayBufferBytes },
  ];
  return type === undefined ? rows : rows.filter((row) => row.type === type);
}

function kernelOf({ name, hostname, release, version, machine }: SystemFacts): string {
  return [name, hostname, release, version, machine].join(' ');
}
