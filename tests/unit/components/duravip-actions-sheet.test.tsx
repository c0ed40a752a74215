// @vitest-environment happy-dom

/** The move sheet against a server that keeps what it was asked: what is sent, how often, and when nothing is. */

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  HOLD_MS,
  HoldToCommit,
  TAP_CONFIRM_AFTER_MS,
} from '../../../components/duravips/actions/hold-to-commit.tsx';
import { MoveButton } from '../../../components/duravips/actions/move-button.tsx';
import { AnnounceButton, DrainButton } from '../../../components/duravips/actions/node-buttons.tsx';
import { OperationDock } from '../../../components/duravips/actions/operation-dock.tsx';
import { VipActions } from '../../../components/duravips/actions/vip-actions.tsx';
import { useCollection } from '../../../components/live/use-live.ts';
import { MARKS } from '../../../components/test-marks.ts';
import type { OperationRow } from '../../../server/wire/duravip.ts';
import type { Role } from '../../../server/wire/http.ts';
import type { Row } from '../../../server/wire/live.ts';
import { beatInput, renderInWorld, snapshotInput, type World } from './component-world.tsx';
import { operationOf } from './duravip-actions-rows.ts';
import { VIP_NODES, vipModelOf, vipRowOf } from './duravips-rows.ts';
import { memberRowOf } from './rows.ts';

/** Sheets are loaded when the first opens. */
const LOADING = { timeout: 10_000 };
const ADDRESS = '10.80.116.50';
const MARK = MARKS.duravips.actions;
const AGES = Object.fromEntries(VIP_NODES.map((node) => [node, 200]));

type Asked = { readonly path: string; readonly key: string; readonly body: unknown };
type Answer = { readonly status: number; readonly body: unknown };

let server: Server;
let asked: Asked[] = [];
/** Null: heard, and the connection ends without an answer. */
let answer: (asked: Asked) => Answer | null = () => accepted(operationOf({ state: 'running' }));

function accepted(operation: OperationRow): Answer {
  return { status: 202, body: { operation } };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

beforeEach(async () => {
  asked = [];
  answer = () => accepted(operationOf({ state: 'running' }));
  server = createServer(async (request, response) => {
    const text = await textOf(request);
    const one: Asked = {
      path: request.url ?? '',
      key: String(request.headers['idempotency-key'] ?? ''),
      body: text === '' ? null : JSON.parse(text),
    };
    asked.push(one);
    const given = answer(one);
    if (given === null) {
      response.destroy();
      return;
    }
    const { status, body } = given;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  browser().happyDOM.setURL(`http://127.0.0.1:${port}/duravips`);
});

afterEach(async () => {
  cleanup();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

function browser(): { readonly happyDOM: { setURL(url: string): void } } {
  return window as unknown as { readonly happyDOM: { setURL(url: string): void } };
}

function Buttons() {
  const vips = useCollection('vips');
  return (
    <VipActions>
      {Object.values(vips).map((row) => (
        <MoveButton key={row.address} row={row} />
      ))}
      <DrainButton node="labrat-1" />
      <AnnounceButton />
      <OperationDock />
    </VipActions>
  );
}

type Given = {
  readonly role?: Role;
  readonly rows?: readonly Row<'vips'>[];
  readonly operations?: readonly OperationRow[];
  readonly seq?: number;
};

function modelOf({ rows = [vipRowOf(ADDRESS)], operations = [] }: Given) {
  const members = Object.fromEntries(VIP_NODES.map((node) => [node, memberRowOf(node)]));
  const vipOperations = Object.fromEntries(operations.map((each) => [each.id, each]));
  return { members, vipOperations, ...vipModelOf(rows) };
}

async function pageWith(given: Given = {}): Promise<World> {
  const world = renderInWorld(<Buttons />, given.role);
  await world.feed(snapshotInput(modelOf(given)), beatInput(AGES));
  return world;
}

async function change(world: World, given: Given): Promise<void> {
  await world.feed(snapshotInput(modelOf(given), given.seq ?? 2), beatInput(AGES));
}

function marked(mark: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-test="${mark}"]`);
}

function press(mark: string): void {
  const found = marked(mark);
  if (found === null) throw new Error(`there is no ${mark}`);
  fireEvent.click(found);
}

async function openMove(): Promise<HTMLElement> {
  press(MARK.move);
  return screen.findByRole('dialog', {}, LOADING);
}

function cover(): HTMLElement {
  const found = marked(MARKS.guard.cover);
  if (found === null) throw new Error('there is no cover');
  return found;
}

function obstacle(element: HTMLElement): string {
  return document.getElementById(element.getAttribute('aria-describedby') ?? '')?.textContent ?? '';
}

function commit(): void {
  press(MARKS.guard.cover);
  if (document.querySelector('[data-lifted]') !== null) press(MARKS.guard.commit);
}

/** Lets everything that was sent arrive. */
async function settled(): Promise<void> {
  await act(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
}

describe('the move sheet', () => {
  test('[VP-3] shows whom, what and how back', async () => {
    const row = vipRowOf(ADDRESS, { followers: ['10.80.116.60'], preference: 'labrat-1' });
    await pageWith({ rows: [row] });
    const sheet = await openMove();
    expect(marked(MARK.from)?.textContent).toContain('labrat-1');
    expect(marked(MARKS.preview.exact)?.textContent).toBe(`cluster duravip move ${ADDRESS} to labrat-2`);
    expect(marked(MARK.undoCommand)?.textContent).toBe(`cluster duravip move ${ADDRESS} to labrat-1`);
    expect(sheet.textContent).toContain('10.80.116.60');
    expect(sheet.textContent).toContain('labrat-2: 1 → 3 addresses');
    expect(sheet.textContent).toContain('is not the preferred node (labrat-1)');
    expect(sheet.textContent).toContain('pinned to labrat-2 then');
    expect(marked(MARK.revert)?.hasAttribute('checked')).toBe(false);
    expect(marked(MARKS.guard.commit)?.textContent).toBe(`Move ${ADDRESS} to labrat-2`);
  });

  test('[VP-6] however often it is pressed, one request goes out, with what was looked at', async () => {
    await pageWith();
    await openMove();
    fireEvent.change(marked(MARKS.preview.reason) ?? document.body, { target: { value: 'INC-1234' } });
    press(MARKS.guard.cover);
    const face = marked(MARKS.guard.commit);
    for (const _ of [1, 2, 3]) if (face !== null) fireEvent.click(face);
    await waitFor(() => expect(marked(MARK.stage)).not.toBeNull());
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      path: '/api/duravip/moves',
      body: {
        items: [{ address: ADDRESS, to: 'labrat-2', expected: { owner: 'labrat-1', version: '1' } }],
        reason: 'INC-1234',
        revertAfterS: null,
      },
    });
  });

  test('[VP-6] a press that nobody answered keeps its key when it is pressed again', async () => {
    answer = () => null;
    await pageWith();
    await openMove();
    commit();
    await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('It may have been sent'));
    answer = () => accepted(operationOf({ state: 'running' }));
    commit();
    await waitFor(() => expect(marked(MARK.stage)).not.toBeNull());
    expect(asked).toHaveLength(2);
    expect(asked[1]).toEqual(asked[0]);
    expect(asked[0]?.key).toMatch(/^[0-9a-f]{32}$/);
  });

  test('[VP-4] a row that changes while it is open: said, nothing sent, and reviewed before it goes', async () => {
    const world = await pageWith();
    await openMove();
    await change(world, { rows: [vipRowOf(ADDRESS, { owner: 'labrat-3', version: '2' })] });
    expect(obstacle(cover())).toContain('now it is owned by labrat-3');
    commit();
    await settled();
    expect(asked).toEqual([]);
    press(MARK.review);
    commit();
    await waitFor(() => expect(asked).toHaveLength(1));
    expect(asked[0]?.body).toMatchObject({
      items: [{ address: ADDRESS, to: 'labrat-2', expected: { owner: 'labrat-3', version: '2' } }],
    });
  });

  test('[VP-4] a refusal of the gateway is said in the sheet, with its reasons', async () => {
    answer = () => ({
      status: 422,
      body: {
        code: 'refused',
        message: 'Nothing was sent.',
        details: [{ address: ADDRESS, reason: 'labrat-2 drains' }],
      },
    });
    await pageWith();
    await openMove();
    commit();
    await waitFor(() => expect(marked(MARKS.preview.outcome)?.dataset['kind']).toBe('refused'));
    expect(marked(MARKS.preview.outcome)?.textContent).toContain(`${ADDRESS}: labrat-2 drains`);
  });

  test('an address that goes away while it is open cannot be moved any more', async () => {
    const world = await pageWith();
    await openMove();
    await change(world, { rows: [] });
    expect(obstacle(cover())).toContain('no node has this address any more');
  });

  test('revert is asked for only where it is ticked, and not where nobody had the address', async () => {
    await pageWith();
    await openMove();
    press(MARK.revert);
    commit();
    await waitFor(() => expect(asked[0]?.body).toMatchObject({ revertAfterS: 120 }));
    cleanup();
    asked = [];
    await pageWith({ rows: [vipRowOf(ADDRESS, { owner: null, phase: 'unowned' })] });
    await openMove();
    press(MARK.revert);
    commit();
    await waitFor(() => expect(asked[0]?.body).toMatchObject({ revertAfterS: null }));
  });
});

describe('freshness', () => {
  test('a lost bus turns the buttons off, with the reason, and keeps them focusable', async () => {
    const world = await pageWith();
    await world.feed(beatInput(AGES, 'lost'));
    const button = marked(MARK.move);
    await waitFor(() => expect(button?.getAttribute('aria-disabled')).toBe('true'));
    expect(button?.hasAttribute('disabled')).toBe(false);
    expect(obstacle(button ?? document.body)).toBe('the gateway has no bus connection');
    press(MARK.move);
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  test('data that went away while the sheet is open must be refreshed and reviewed', async () => {
    const world = await pageWith();
    await openMove();
    await world.feed(beatInput(AGES, 'lost'));
    await waitFor(() => expect(obstacle(cover())).toBe('the gateway has no bus connection'));
    await world.feed(beatInput(AGES));
    await waitFor(() => expect(obstacle(cover())).toContain('refresh and review'));
    commit();
    await settled();
    expect(asked).toEqual([]);
    press(MARK.review);
    commit();
    await waitFor(() => expect(asked).toHaveLength(1));
  });
});

test('[VP-18] a viewer has no enabled write, and is told why', async () => {
  await pageWith({ role: 'viewer' });
  for (const mark of [MARK.move, MARK.drain, MARK.announce]) {
    const button = marked(mark);
    expect(button?.getAttribute('aria-disabled')).toBe('true');
    expect(obstacle(button ?? document.body)).toBe('needs the operator role');
    press(mark);
  }
  expect(screen.queryByRole('dialog')).toBeNull();
});

test('[VP-18] a link of a viewer shows the preview, which cannot be sent', async () => {
  const { origin } = window.location;
  browser().happyDOM.setURL(`${origin}/duravips?vip=${ADDRESS}&act=move`);
  await pageWith({ role: 'viewer' });
  await screen.findByRole('dialog', {}, LOADING);
  expect(obstacle(cover())).toBe('needs the operator role');
  commit();
  await settled();
  expect(asked).toEqual([]);
});

describe('the list of operations', () => {
  test('a running one of somebody else is there after a reload, and a finished one is not', async () => {
    const running = operationOf({ id: 'a', state: 'running', actor: 'ben' });
    await pageWith({ operations: [running, operationOf({ id: 'b', state: 'done' })] });
    const lines = [...document.querySelectorAll<HTMLElement>(`[data-test="${MARK.operation}"]`)];
    expect(lines.map(({ dataset }) => dataset['operation'])).toEqual(['a']);
    expect(lines[0]?.textContent).toContain('ben');
  });

  test('[VP-9] Keep is one press', async () => {
    const waiting = operationOf({ id: 'a', revertAtMs: Date.now() + 100_000 });
    answer = () => accepted({ ...waiting, revertAtMs: null, kept: { by: 'somebody', atMs: 1 } });
    await pageWith({ operations: [waiting] });
    press(MARK.open);
    await screen.findByRole('dialog', {}, LOADING);
    expect(marked(MARK.countdown)?.textContent).toContain('unless somebody keeps it');
    press(MARK.keep);
    await waitFor(() => expect(asked[0]?.path).toBe('/api/duravip/operations/a/keep'));
  });

  test('[VP-8] undo shows what goes out, and is gone once ownership changed for another reason', async () => {
    const undo = [`cluster duravip move ${ADDRESS} to labrat-1`];
    const done = operationOf({ id: 'a', undo, undoUntilMs: Date.now() + 900_000 });
    const world = await pageWith({ operations: [done] });
    press(MARK.open);
    await screen.findByRole('dialog', {}, LOADING);
    press(MARK.undo);
    await waitFor(() => expect(marked(MARKS.preview.exact)?.textContent).toBe(undo[0]));
    await change(world, { operations: [{ ...done, undo: [], undoUntilMs: null }] });
    expect(obstacle(cover())).toContain('cannot be undone any more');
    expect(asked).toEqual([]);
  });
});

describe('[VP-17] the face to hold', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function holdFace(obstacle: string | null) {
    let commits = 0;
    const face = (why: string | null) => (
      <HoldToCommit commit="Move it" obstacle={why} onCommit={() => (commits += 1)} />
    );
    const { rerender } = render(face(obstacle));
    const button = marked(MARK.hold) ?? document.body;
    const pass = (ms: number): void => act(() => void vi.advanceTimersByTime(ms));
    const down = (): boolean => fireEvent.pointerDown(button, { isPrimary: true, button: 0, pointerId: 1 });
    const up = (): boolean => fireEvent.pointerUp(button, { isPrimary: true, pointerId: 1 });
    return { pass, down, up, commits: () => commits, object: (why: string) => rerender(face(why)) };
  }

  test('commits when it was held long enough, and not when it was let go before', () => {
    const { pass, down, up, commits } = holdFace(null);
    down();
    pass(HOLD_MS - 1);
    up();
    pass(HOLD_MS);
    expect(commits()).toBe(0);
    down();
    pass(HOLD_MS);
    pass(HOLD_MS);
    expect(commits()).toBe(1);
  });

  test('what comes in the way while it is held ends it', () => {
    const { pass, down, commits, object } = holdFace(null);
    down();
    pass(HOLD_MS - 1);
    object('changed: owned by labrat-3');
    pass(HOLD_MS);
    expect(commits()).toBe(0);
  });

  test('a key or a screen reader confirms with a second press, not before a second has passed', () => {
    const { pass, commits } = holdFace(null);
    fireEvent.click(marked(MARK.hold) ?? document.body, { detail: 0 });
    const confirm = marked(MARK.holdConfirm);
    expect(document.activeElement).toBe(confirm);
    press(MARK.holdConfirm);
    expect(commits()).toBe(0);
    pass(TAP_CONFIRM_AFTER_MS);
    press(MARK.holdConfirm);
    expect(commits()).toBe(1);
  });
});
