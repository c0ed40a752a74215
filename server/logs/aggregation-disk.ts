/**
 * The disk as the aggregator needs it: few operations, each of which says what is true afterwards. Operations are
 * performed in the order in which they were asked for and may overlap; each gives exactly one result. Durable means that
 * it survives the loss of power.
 */

/** A file, as far as a path can name different ones in the course of time: device and number, `2049:131`. */
export type FileIdentity = string;

export type DiskOperation =
  /** → `journal`. */
  | { readonly type: 'loadJournal'; readonly id: number }
  /** Appends and makes it durable. Where it fails, nobody knows how much of it is there. → `done` */
  | { readonly type: 'appendJournal'; readonly id: number; readonly bytes: Buffer }
  /** Puts a journal in the place of the present one: the old one or the new one is there at any moment. → `done` */
  | { readonly type: 'replaceJournal'; readonly id: number; readonly bytes: Buffer }
  /** Keeps a damaged journal under another name. → `setAside` */
  | { readonly type: 'setJournalAside'; readonly id: number }
  /**
   * Opens a regular file for appending under the number `file`; creates it and its directories with these modes, durably.
   * → `opened`
   */
  | {
      readonly type: 'open';
      readonly id: number;
      readonly file: number;
      readonly path: string;
      readonly fileMode: number;
      readonly dirMode: number;
    }
  /** What stands at the path now, and how long the open file is. → `looked` */
  | { readonly type: 'look'; readonly id: number; readonly file: number; readonly path: string }
  /** Appends all of it and makes it durable. Where it fails, any part of it may be there. → `appended` */
  | { readonly type: 'append'; readonly id: number; readonly file: number; readonly bytes: Buffer }
  /** Makes an open file shorter, durably; a file that is not longer is left as it is. → `done` */
  | { readonly type: 'cut'; readonly id: number; readonly file: number; readonly size: number }
  /** The same for a file that is not open, and only if it is this one. → `cutBack` */
  | {
      readonly type: 'cutBack';
      readonly id: number;
      readonly path: string;
      readonly identity: FileIdentity;
      readonly size: number;
    }
  /** → `done`, always well. */
  | { readonly type: 'close'; readonly id: number; readonly file: number };

/** `full`: no room or quota; `readOnly`: of the file system; `denied`: no permission. `text` is for people. */
export type DiskError = {
  readonly kind: 'full' | 'readOnly' | 'denied' | 'other';
  readonly text: string;
};

export type DiskResult = { readonly id: number } & (
  | { readonly type: 'done' }
  /** Undefined: there is none. */
  | { readonly type: 'journal'; readonly bytes: Buffer | undefined }
  | { readonly type: 'setAside'; readonly path: string }
  | { readonly type: 'opened'; readonly identity: FileIdentity; readonly size: number }
  /** `identity` of what is at the path; undefined: nothing. */
  | { readonly type: 'looked'; readonly identity: FileIdentity | undefined; readonly size: number }
  /** Size of the file afterwards. */
  | { readonly type: 'appended'; readonly size: number }
  /** `cut` by so many bytes; `asIs`; `shorter` than it should be; `other`: another file is there; `gone`. */
  | {
      readonly type: 'cutBack';
      readonly outcome: 'cut' | 'asIs' | 'shorter' | 'other' | 'gone';
      readonly bytes: number;
    }
  | { readonly type: 'failed'; readonly error: DiskError }
);

/** A journal that is longer is no journal of ours. */
export const JOURNAL_BYTES_MAX = 64 * 1024 * 1024;
