'use client';

/**
 * A button with a panel beside it, on the browser's own popover: Escape and a press outside close it, focus comes
 * back. For menus and small print of the frame, which every page loads; a sheet asks for decisions, this does not.
 */

import {
  type FocusEvent,
  type ReactNode,
  type RefObject,
  type ToggleEvent,
  useId,
  useRef,
  useState,
} from 'react';

export type PopPanelProps = {
  /** Of the panel, for those who do not see it. */
  readonly label: string;
  readonly align: 'start' | 'end';
  readonly className: string;
  readonly button: {
    readonly className: string;
    readonly mark: string;
    readonly content: ReactNode;
    readonly label?: string;
    readonly kind?: 'quiet';
    readonly here?: boolean;
  };
  /** Drawn only while it is open. */
  readonly children: (close: () => void) => ReactNode;
};

const GAP_PX = 4;
const EDGE_PX = 8;

export function PopPanel({ label, align, className, button, children }: PopPanelProps) {
  const id = useId();
  const trigger = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const close = (): void => panel.current?.hidePopover();
  const changes = (event: ToggleEvent<HTMLDivElement>): void => setOpen(event.newState === 'open');
  const changed = (event: ToggleEvent<HTMLDivElement>): void => {
    if (event.newState !== 'open') return;
    place(trigger, panel, align);
    panel.current?.focus();
  };
  const left = (event: FocusEvent): void => {
    const to = event.relatedTarget;
    const inside = to instanceof Node && (panel.current?.contains(to) || trigger.current?.contains(to));
    if (to !== null && !inside) close();
  };
  return (
    <>
      <button
        ref={trigger}
        type="button"
        className={button.className}
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-label={button.label}
        data-kind={button.kind}
        data-here={button.here || undefined}
        data-test={button.mark}
        popoverTarget={id}
      >
        {button.content}
      </button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        role="dialog"
        aria-label={label}
        tabIndex={-1}
        className={`popover ${className}`}
        onBeforeToggle={changes}
        onToggle={changed}
        onBlur={left}
      >
        {open ? children(close) : null}
      </div>
    </>
  );
}

/** Below the button, above it where there is more room; never over an edge. */
function place(
  trigger: RefObject<HTMLButtonElement | null>,
  panel: RefObject<HTMLDivElement | null>,
  align: 'start' | 'end',
): void {
  const button = trigger.current?.getBoundingClientRect();
  const { style } = panel.current ?? {};
  if (button === undefined || style === undefined || panel.current === null) return;
  const { innerWidth, innerHeight } = window;
  const { width } = panel.current.getBoundingClientRect();
  const wanted = align === 'start' ? button.left : button.right - width;
  style.left = `${Math.max(EDGE_PX, Math.min(wanted, innerWidth - width - EDGE_PX))}px`;
  const below = innerHeight - button.bottom >= button.top;
  style.top = below ? `${button.bottom + GAP_PX}px` : 'auto';
  style.bottom = below ? 'auto' : `${innerHeight - button.top + GAP_PX}px`;
}
