// @vitest-environment happy-dom

import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { ActionButton } from '../../../components/ui/action-button.tsx';
import { GuardedSwitch } from '../../../components/ui/guarded-switch.tsx';

afterEach(cleanup);

function renderSwitch(obstacle: string | null): {
  readonly commits: () => number;
  readonly guard: () => Element | null;
} {
  let commits = 0;
  const { container } = render(
    <GuardedSwitch
      cover="Lift to run"
      commit="Run on 3 nodes"
      obstacle={obstacle}
      onCommit={() => {
        commits += 1;
      }}
    />,
  );
  return { commits: () => commits, guard: () => container.querySelector('[data-lifted]') };
}

test('one press lifts the cover, a second commits, and it covers itself again', async () => {
  const { commits, guard } = renderSwitch(null);
  fireEvent.click(screen.getByText('Lift to run'));
  expect(commits()).toBe(0);
  expect(guard()).not.toBeNull();
  const face = screen.getByText('Run on 3 nodes');
  expect(document.activeElement).toBe(face);
  await act(async () => fireEvent.click(face));
  expect(commits()).toBe(1);
  expect(guard()).toBeNull();
});

test('Escape puts the cover back', () => {
  const { guard } = renderSwitch(null);
  fireEvent.click(screen.getByText('Lift to run'));
  fireEvent.keyDown(screen.getByText('Run on 3 nodes'), { key: 'Escape' });
  expect(guard()).toBeNull();
});

test('an obstacle keeps it covered, focusable, and says why', () => {
  const { guard } = renderSwitch('the data is stale');
  const cover = screen.getByText('Lift to run').closest('button');
  fireEvent.click(screen.getByText('Lift to run'));
  expect(guard()).toBeNull();
  expect(cover?.getAttribute('aria-disabled')).toBe('true');
  expect(cover?.hasAttribute('disabled')).toBe(false);
  const reason = document.getElementById(cover?.getAttribute('aria-describedby') ?? '');
  expect(reason?.textContent).toBe('the data is stale');
});

test('an action with an obstacle does nothing and describes itself', () => {
  let presses = 0;
  render(
    <ActionButton mark="x" obstacle="needs the operator role" onPress={() => (presses += 1)}>
      Kill
    </ActionButton>,
  );
  const button = screen.getByRole('button');
  fireEvent.click(button);
  expect(presses).toBe(0);
  expect(document.getElementById(button.getAttribute('aria-describedby') ?? '')?.textContent).toBe(
    'needs the operator role',
  );
});
