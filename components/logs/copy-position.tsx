'use client';

/** A place in a log, with both of its forms to copy. */

import { useState } from 'react';
import { MARKS } from '../test-marks.ts';
import { copyText } from '../ui/data-table/copy-text.ts';
import { UNKNOWN } from '../ui/format-time.ts';
import { decimalPosition } from './positions.ts';

export type CopyPositionProps = {
  /** What it is the place of, for the names of the buttons. */
  readonly of: string;
  readonly position: string | null;
};

export function CopyPosition({ of, position }: CopyPositionProps) {
  if (position === null) return UNKNOWN;
  const decimal = decimalPosition(position);
  return (
    <span className="log-position">
      <code data-test={MARKS.logs.position} data-position={of}>
        {position}
      </code>
      <span className="muted">{decimal}</span>
      <CopyButton of={of} form="hex" text={position} />
      <CopyButton of={of} form="decimal" text={decimal} />
    </span>
  );
}

type CopyButtonProps = {
  readonly of: string;
  readonly form: 'hex' | 'decimal';
  readonly text: string;
};

function CopyButton({ of, form, text }: CopyButtonProps) {
  const [copied, setCopied] = useState<boolean | null>(null);
  return (
    <button
      type="button"
      className="link-button"
      data-test={MARKS.logs.copy}
      data-position={of}
      data-form={form}
      onClick={() => void copyText(text).then(setCopied)}
    >
      {copied === null ? `copy ${form}` : copied ? 'copied' : 'could not copy'}
      <span className="visually-hidden"> of {of}</span>
    </button>
  );
}
