/** Live data after parsing, for pages: shapes and the empty model, without the schemas that check them. */

import { emptyModel } from '../../server/wire/empty-model.ts';
import type { CollectionName, LiveModel, Row } from '../../server/wire/live.ts';

export type RowChange = {
  readonly [C in CollectionName]: { readonly c: C; readonly k: string; readonly row: Row<C> | null };
}[CollectionName];

export type ParsedPatch = {
  readonly epoch: string;
  readonly seq: number;
  /** The oldest state it applies to; `seq - 1` where it is not given. Several patches in one have an older one. */
  readonly from?: number;
  /** Null where it is several patches in one. */
  readonly serverMs: number | null;
  readonly changes: readonly RowChange[];
  readonly rejectedRows: number;
};

export type ParsedSnapshot = {
  readonly epoch: string;
  readonly seq: number;
  readonly serverMs: number;
  readonly model: LiveModel;
  readonly rejectedRows: number;
};

export type ParsedResync =
  | { readonly kind: 'patches'; readonly patches: readonly ParsedPatch[] }
  | { readonly kind: 'snapshot'; readonly snapshot: ParsedSnapshot };

export const EMPTY_MODEL: LiveModel = emptyModel();
