/** What a process knows of itself and of its machine, asked from the operating system by whoever runs it. */

export type ProcessFacts = {
  readonly memory: {
    readonly residentBytes: number;
    readonly heapTotalBytes: number;
    readonly heapUsedBytes: number;
    /** Of native objects, array buffers included. */
    readonly externalBytes: number;
    readonly arrayBufferBytes: number;
  };
  readonly cpu: { readonly userMs: number; readonly systemMs: number };
  readonly uptimeMs: number;
  readonly system: {
    /** `Linux` */
    readonly name: string;
    readonly hostname: string;
    readonly release: string;
    readonly version: string;
    /** `x86_64` */
    readonly machine: string;
    /** As the distribution calls itself; undefined where it does not say. */
    readonly distribution: string | undefined;
    readonly bits: 32 | 64;
  };
};
