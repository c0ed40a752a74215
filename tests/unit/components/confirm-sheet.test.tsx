// @vitest-environment happy-dom

import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { ApiFailure } from '../../../components/api/api-failure.ts';
import { ConfirmSheet, type ConfirmSheetProps } from '../../../components/console/confirm-sheet.tsx';

afterEach(cleanup);

const SHUTDOWN: ConfirmSheetProps = {
  command: 'shutdown',
  target: { kind: 'nodes', names: ['labrat-1'] },
  nodesThen: ['labrat-1'],
  nodes: ['labrat-1'],
  silent: [],
  classification: { class: 'W3', known: true, typedName: 'labrat-1', allowed: true, reason: null },
  warning: null,
  data: { ageMs: 600, obstacle: null },
  busy: false,
  failure: null,
  onClose: () => undefined,
  onConfirm: () => undefined,
};

test('a write that was refused says why inside the sheet, where it can be seen and heard', () => {
  const failure = new ApiFailure('bus_down', 'the gateway has no bus connection; nothing was sent', 503);
  render(<ConfirmSheet {...SHUTDOWN} failure={failure} />);
  const alert = screen.getByRole('alert');
  expect(alert.textContent).toContain('Refused');
  expect(alert.textContent).toContain('the gateway has no bus connection; nothing was sent');
  expect(screen.getByRole('dialog').contains(alert)).toBe(true);
});

test('a send that nobody answered is not called refused, and says that pressing again runs it once', () => {
  const failure = new ApiFailure('unreachable', 'The gateway does not answer.', 0);
  render(<ConfirmSheet {...SHUTDOWN} failure={failure} />);
  const alert = screen.getByRole('alert');
  expect(alert.textContent).toContain('Failed');
  expect(alert.textContent).toContain('runs once');
});

test('a target that means other nodes than when the sheet opened cannot be confirmed', () => {
  const target = { kind: 'all' } as const;
  const props = { ...SHUTDOWN, target, nodesThen: ['labrat-1', 'labrat-2'] };
  render(<ConfirmSheet {...props} />);
  fireEvent.change(screen.getByLabelText(/^Type/), { target: { value: 'labrat-1' } });
  const cover = screen.getByRole('button', { name: /^Lift to run/ });
  expect(cover.getAttribute('aria-disabled')).toBe('true');
  const reason = document.getElementById(cover.getAttribute('aria-describedby') ?? '');
  expect(reason?.textContent).toContain('without labrat-2');
});

test('a silent target is named as one that may not hear it', () => {
  render(<ConfirmSheet {...SHUTDOWN} silent={['labrat-1']} />);
  expect(screen.getByText('silent now')).toBeTruthy();
  expect(screen.getByRole('dialog').textContent).toContain('may not hear it');
});
