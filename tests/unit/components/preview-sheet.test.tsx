// @vitest-environment happy-dom

import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, test } from 'vitest';
import { MARKS } from '../../../components/test-marks.ts';
import { TARGETS_LISTED_MAX } from '../../../components/ui/preview-parts.tsx';
import {
  type PreviewConfirmation,
  PreviewSheet,
  type PreviewSheetProps,
} from '../../../components/ui/preview-sheet.tsx';

afterEach(cleanup);

const MOVE: PreviewSheetProps = {
  title: 'Move one address',
  class: 'W1',
  verb: 'Move',
  object: '10.80.116.50 to labrat-2',
  exactly: { label: 'Exactly this goes out', text: 'cluster duravip move 10.80.116.50 to labrat-2' },
  targets: { label: 'To all nodes: 1 node', list: [{ name: 'labrat-2', node: true }] },
  effect: '214 messages are moved.',
  data: { ageMs: 600, obstacle: null },
  typedName: null,
  obstacle: null,
  busy: false,
  outcome: null,
  onClose: () => undefined,
  onConfirm: () => undefined,
};

function marked(mark: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-test="${mark}"]`);
}

function type(mark: string, value: string): void {
  const field = marked(mark);
  if (field !== null) fireEvent.change(field, { target: { value } });
}

/** Lifts the cover and presses the face, as a person does. @returns what was confirmed. */
function confirmWith(
  props: PreviewSheetProps,
  typed: string,
  reason: string,
): readonly PreviewConfirmation[] {
  const confirmed: PreviewConfirmation[] = [];
  render(<PreviewSheet {...props} onConfirm={(confirmation) => confirmed.push(confirmation)} />);
  type(MARKS.preview.typedName, typed);
  type(MARKS.preview.reason, reason);
  const cover = marked(MARKS.guard.cover);
  if (cover !== null) fireEvent.click(cover);
  const face = document.querySelector('[data-lifted]') === null ? null : marked(MARKS.guard.commit);
  if (face !== null) fireEvent.click(face);
  return confirmed;
}

function obstacle(): string {
  const cover = marked(MARKS.guard.cover) ?? marked(MARKS.preview.confirm);
  expect(cover?.hasAttribute('disabled')).toBe(false);
  return document.getElementById(cover?.getAttribute('aria-describedby') ?? '')?.textContent ?? '';
}

describe('what each class asks', () => {
  test('R: one plain button that names verb and object', () => {
    render(<PreviewSheet {...MOVE} class="R" verb="Show" object="the tables of 5 nodes" />);
    expect(marked(MARKS.preview.confirm)?.textContent).toBe('Show the tables of 5 nodes');
    expect(marked(MARKS.guard.cover)).toBeNull();
  });

  test('W1 and W2: lift and press, nothing typed', () => {
    expect(confirmWith(MOVE, '', '')).toEqual([{}]);
    cleanup();
    expect(confirmWith({ ...MOVE, class: 'W2', verb: 'Move', object: '214 addresses' }, '', '')).toEqual([
      {},
    ]);
    expect(marked(MARKS.guard.commit)?.textContent).toBe('Move 214 addresses');
  });

  test('W3: the name of the object, exactly', () => {
    const remove: PreviewSheetProps = { ...MOVE, class: 'W3', typedName: 'archive', reason: 'optional' };
    expect(confirmWith(remove, 'archiv', '')).toEqual([]);
    expect(obstacle()).toBe('type archive first');
    cleanup();
    expect(confirmWith(remove, ' archive ', 'asked for by the owner')).toEqual([
      { typedName: 'archive', reason: 'asked for by the owner' },
    ]);
  });

  test('W4: the name of the cluster and a reason, even where the caller asks for none', () => {
    const reset: PreviewSheetProps = { ...MOVE, class: 'W4', typedName: 'mx-west' };
    expect(confirmWith(reset, 'mx-west', '  ')).toEqual([]);
    expect(obstacle()).toBe('write a reason first');
    cleanup();
    expect(confirmWith(reset, 'mx-west', 'split view')).toEqual([
      { typedName: 'mx-west', reason: 'split view' },
    ]);
    expect(document.body.textContent).toContain('the name of the cluster');
  });
});

describe('what stands in the way is said', () => {
  const cases: readonly (readonly [string, Partial<PreviewSheetProps>, string])[] = [
    ['the role', { obstacle: 'needs the operator role' }, 'needs the operator role'],
    ['old data', { data: { ageMs: 14_000, obstacle: 'the data is stale' } }, 'the data is stale'],
    [
      'a changed precondition',
      { preconditions: [{ text: 'labrat-2 holds it', state: 'changed' }] },
      'changed: labrat-2 holds it',
    ],
    ['a send that is on its way', { busy: true }, 'being sent'],
  ];
  for (const [name, props, text] of cases) {
    test(name, () => {
      expect(confirmWith({ ...MOVE, ...props }, '', '')).toEqual([]);
      expect(obstacle()).toBe(text);
    });
  }

  test('an unknown precondition is said and does not stand in the way', () => {
    const props: PreviewSheetProps = {
      ...MOVE,
      preconditions: [{ text: 'the queue size', state: 'unknown' }],
    };
    expect(confirmWith(props, '', '')).toEqual([{}]);
    expect(marked(MARKS.preview.precondition)?.textContent).toContain('not known: the queue size');
  });

  test('the age of the data is shown, and unknown is not 0', () => {
    render(<PreviewSheet {...MOVE} data={{ ageMs: 3_200, obstacle: null }} />);
    expect(marked(MARKS.preview.data)?.textContent).toContain('3.2 s old');
    cleanup();
    render(<PreviewSheet {...MOVE} data={{ ageMs: null, obstacle: 'the first data has not arrived yet' }} />);
    expect(marked(MARKS.preview.data)?.textContent).toContain('No data has arrived yet');
  });
});

describe('what became of it', () => {
  for (const kind of ['accepted', 'partly', 'unknown'] as const) {
    test(`${kind}: nothing is left to confirm`, () => {
      render(<PreviewSheet {...MOVE} outcome={{ kind, text: 'said by the gateway' }} />);
      expect(marked(MARKS.preview.outcome)?.dataset['kind']).toBe(kind);
      expect(marked(MARKS.guard.cover)).toBeNull();
      expect(marked(MARKS.preview.cancel)?.textContent).toBe('Close');
    });
  }

  for (const kind of ['refused', 'failed'] as const) {
    test(`${kind}: says why, lists what changed, and can be confirmed again`, () => {
      const outcome = { kind, text: 'the address moved meanwhile', list: ['held by labrat-3'] };
      expect(confirmWith({ ...MOVE, outcome }, '', '')).toEqual([{}]);
      expect(screen.getByRole('alert').textContent).toContain('held by labrat-3');
    });
  }
});

test('the safe choice has the first focus, and hostile text stays text', () => {
  const hostile = '<img src=x>\u202e\u001b[2J';
  render(<PreviewSheet {...MOVE} exactly={{ label: 'Exactly', text: hostile }} />);
  expect(document.activeElement).toBe(marked(MARKS.preview.cancel));
  expect(marked(MARKS.preview.exact)?.textContent).toBe('<img src=x>‹U+202E›^[[2J');
});

test('more targets than fit are counted', () => {
  const list = Array.from({ length: TARGETS_LISTED_MAX + 2 }, (_, index) => ({ name: `node-${index}` }));
  render(<PreviewSheet {...MOVE} targets={{ label: 'To all', list }} />);
  expect(marked(MARKS.preview.targets)?.querySelectorAll('li')).toHaveLength(TARGETS_LISTED_MAX + 1);
  expect(marked(MARKS.preview.targets)?.textContent).toContain('and 2 more');
});
