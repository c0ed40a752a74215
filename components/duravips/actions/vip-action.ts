/** What can be opened as a sheet. */

import type { OperationRow } from '../../../server/wire/duravip.ts';

export type VipAction =
  | { readonly kind: 'move'; readonly address: string; readonly to?: string }
  | { readonly kind: 'bulk'; readonly addresses: readonly string[]; readonly to: string | null }
  | { readonly kind: 'drain' | 'undrain'; readonly node: string }
  | { readonly kind: 'unpin'; readonly address: string }
  | { readonly kind: 'announce' }
  | { readonly kind: 'track' | 'undo' | 'retry'; readonly operation: OperationRow };

/** Of the preview of a write. */
export type WriteEnds = {
  readonly onClose: () => void;
  readonly onAccepted: (operation: OperationRow) => void;
};

/** What an address asks to look at: `vip=ADDRESS&act=move`, `node=NODE&act=drain`, `act=announce`; null: nothing. */
export function linkedAction(act: string, vip: string, node: string, to: string): VipAction | null {
  switch (act) {
    case 'move':
      return vip === '' ? null : { kind: 'move', address: vip, ...(to === '' ? {} : { to }) };
    case 'unpin':
      return vip === '' ? null : { kind: 'unpin', address: vip };
    case 'drain':
    case 'undrain':
      return node === '' ? null : { kind: act, node };
    case 'announce':
      return { kind: 'announce' };
    default:
      return null;
  }
}
