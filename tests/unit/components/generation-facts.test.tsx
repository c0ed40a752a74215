// @vitest-environment happy-dom

/** What the options of a process say about options that are live and not in use. */

import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { NotUsed } from '../../../components/options/generation-facts.tsx';
import { MARKS } from '../../../components/test-marks.ts';

afterEach(cleanup);

test('nothing stands there while everything is in use', () => {
  const { container } = render(<NotUsed problems={[]} />);
  expect(container.textContent).toBe('');
});

test('each problem is a line, and hostile text is inert', () => {
  const { container } = render(<NotUsed problems={['one <b>x</b>', 'two \u001b[31m']} />);
  expect(container.querySelector(`[data-test="${MARKS.options.notUsed}"]`)).not.toBeNull();
  expect(screen.getAllByRole('listitem')).toHaveLength(2);
  expect(container.querySelector('b')).toBeNull();
  expect(container.textContent).not.toContain('\u001b');
});
