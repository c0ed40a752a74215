'use client';

/** The sheet: from the side on a desk, from below on a phone. Esc or a press outside closes it. */

import type { ReactNode } from 'react';
import { Dialog } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';

export type SheetProps = {
  readonly title: string;
  readonly open: boolean;
  readonly onClose: () => void;
  readonly mark: string;
  readonly closeMark: string;
  readonly children: ReactNode;
  readonly foot?: ReactNode;
};

export function Sheet({ title, open, onClose, mark, closeMark, children, foot }: SheetProps) {
  const change = (isOpen: boolean): void => {
    if (!isOpen) onClose();
  };
  return (
    <ModalOverlay className="veil" isOpen={open} onOpenChange={change} isDismissable>
      <Modal className="sheet-box">
        <Dialog className="sheet" data-test={mark}>
          <div className="sheet-head">
            <Heading slot="title" className="sheet-title">
              {title}
            </Heading>
            {/* biome-ignore lint/a11y/noAutofocus: the safe choice of a dialog holds the first focus */}
            <button type="button" className="button" data-test={closeMark} onClick={onClose} autoFocus>
              {foot === undefined ? 'Close' : 'Cancel'}
            </button>
          </div>
          <div className="sheet-body">{children}</div>
          {foot === undefined ? null : <div className="sheet-foot">{foot}</div>}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
