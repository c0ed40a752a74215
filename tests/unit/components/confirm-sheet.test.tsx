// @vitest-environment happy-dom

import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { ConfirmSheet } from '../../../components/console/confirm-sheet.tsx';

afterEach(cleanup);

test('a write that was refused says why inside the sheet, where it can be seen and heard', () => {
  render(
    <ConfirmSheet
      command="shutdown"
      target={{ kind: 'nodes', names: ['labrat-1'] }}
      nodes={['labrat-1']}
      classification={{ class: 'W3', known: true, typedName: 'labrat-1', allowed: true, reason: null }}
      obstacle={null}
      failure="the gateway has no bus connection; nothing was sent"
      onClose={() => undefined}
      onConfirm={() => undefined}
    />,
  );
  const alert = screen.getByRole('alert');
  expect(alert.textContent).toBe('the gateway has no bus connection; nothing was sent');
  expect(screen.getByRole('dialog').contains(alert)).toBe(true);
});
