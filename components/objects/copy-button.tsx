'use client';

/** Copies a text, and says whether it could. */

import { useState } from 'react';
import { MARKS } from '../test-marks.ts';
import { copyText } from '../ui/data-table/copy-text.ts';

export type CopyButtonProps = {
  /** What is copied, for the name of the button: `console command`. */
  readonly what: string;
  readonly text: string;
  readonly plain?: boolean;
};

export function CopyButton({ what, text, plain = false }: CopyButtonProps) {
  const [copied, setCopied] = useState<boolean | null>(null);
  return (
    <button
      type="button"
      className={plain ? 'link-button' : 'button'}
      title={text}
      data-test={MARKS.objects.copy}
      data-text={text}
      onClick={() => void copyText(text).then(setCopied)}
    >
      {copied === null ? `Copy ${what}` : copied ? 'Copied' : 'Could not copy'}
    </button>
  );
}
