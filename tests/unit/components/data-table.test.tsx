// @vitest-environment happy-dom

import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MARKS } from '../../../components/test-marks.ts';
import { DataTable, type DataTableProps } from '../../../components/ui/data-table/data-table.tsx';
import type { TableColumn } from '../../../components/ui/data-table/table-column.ts';
import { PRESS_REFUSED_MS } from '../../../components/ui/data-table/use-press-guard.ts';

type Row = { readonly id: string; readonly size: number | null };

const COLUMNS: readonly TableColumn<Row>[] = [
  { id: 'name', label: 'Name', kind: 'text', value: (row) => row.id },
  { id: 'size', label: 'Size', kind: 'number', value: (row) => row.size, mark: 'size' },
];
const TABLE_MARKS = { table: 'the-table', row: 'the-row', link: 'the-link' };
const LARGE = 10_000;
/** Parts that are loaded on request come when they come. */
const LOADING = { timeout: 10_000 };
const WINDOW_PX = 600;

const rowId = (row: Row): string => row.id;

function tableOf(rows: readonly Row[] | null, more: Partial<DataTableProps<Row>> = {}) {
  return (
    <DataTable
      id="test"
      label="Things"
      columns={COLUMNS}
      rows={rows}
      rowId={rowId}
      empty="There are no things."
      marks={TABLE_MARKS}
      {...more}
    />
  );
}

function byMark(mark: string): readonly HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(`[data-test="${mark}"]`)];
}

function ids(): readonly (string | undefined)[] {
  return byMark('the-row').map((row) => row.dataset['row']);
}

function one(mark: string): HTMLElement {
  const [found, ...more] = byMark(mark);
  if (found === undefined || more.length > 0) throw new Error(`${more.length + 1} elements are ${mark}`);
  return found;
}

const rows = (...names: readonly string[]): readonly Row[] => names.map((id) => ({ id, size: id.length }));

/** What a test wrote into the address is of its own page. */
let page = 0;

beforeEach(() => {
  page += 1;
  window.history.replaceState(null, '', `/things-${page}`);
});
afterEach(cleanup);

test('not known yet, nothing there and nothing that matches are three different sentences', () => {
  const view = render(tableOf(null));
  expect(one(MARKS.table.waitingData).textContent).toContain('Waiting');
  expect(byMark(MARKS.table.skeleton).length).toBeGreaterThan(0);
  view.rerender(tableOf([]));
  expect(one(MARKS.table.empty).textContent).toBe('There are no things.');
  view.rerender(tableOf(rows('a', 'bb')));
  fireEvent.change(one(MARKS.table.filter), { target: { value: 'zzz' } });
  expect(one(MARKS.table.filteredEmpty).textContent).toContain('all 2');
  expect(byMark(MARKS.table.empty)).toEqual([]);
  fireEvent.click(screen.getByRole('button', { name: 'Clear the filter' }));
  expect(ids()).toEqual(['a', 'bb']);
});

test('filter and sort are in the address, and come from it', async () => {
  window.history.replaceState(null, '', `/things-${page}?q=b&sort=-size`);
  render(tableOf(rows('b', 'bbb', 'a', 'bb')));
  expect(ids()).toEqual(['bbb', 'bb', 'b']);
  expect(one(MARKS.table.count).dataset).toMatchObject({ count: '3', total: '4' });
  expect(screen.getByRole('columnheader', { name: /Size/ }).getAttribute('aria-sort')).toBe('descending');
  fireEvent.click(screen.getByRole('button', { name: /^Name/ }));
  fireEvent.change(one(MARKS.table.filter), { target: { value: 'size:>1' } });
  expect(ids()).toEqual(['bb', 'bbb']);
  await vi.waitFor(() => expect(window.location.search).toBe('?q=size:%3E1&sort=name'), LOADING);
});

test('Shift adds a column to the sort', () => {
  render(tableOf([...rows('b', 'a'), { id: 'c', size: 1 }]));
  fireEvent.click(screen.getByRole('button', { name: /^Size/ }));
  fireEvent.click(screen.getByRole('button', { name: /^Name/ }), { shiftKey: true });
  expect(ids()).toEqual(['a', 'b', 'c']);
  expect(screen.getByRole('button', { name: /^Name.*sorted ascending.*2 of 2$/ })).toBeDefined();
});

test('an unknown token is said, and hides nothing', () => {
  render(tableOf(rows('a', 'b')));
  fireEvent.change(one(MARKS.table.filter), { target: { value: 'owner:ana' } });
  expect(one(MARKS.table.problem).textContent).toContain('no token “owner:”');
  expect(ids()).toEqual(['a', 'b']);
});

test('while somebody is in the rows, changes of rows wait and values do not', () => {
  const view = render(tableOf(rows('a', 'b', 'c')));
  act(() => byMark('the-row')[1]?.focus());
  view.rerender(
    tableOf([
      { id: 'b', size: 42 },
      { id: 'a', size: 1 },
      { id: 'x', size: 9 },
    ]),
  );
  expect(ids()).toEqual(['a', 'b', 'c']);
  expect(byMark('size').map((cell) => cell.textContent)).toEqual(['1', '42', '1']);
  expect(byMark('the-row')[2]?.dataset['leaving']).toBe('true');
  expect(one(MARKS.table.waiting).textContent).toBe('3 changes waiting: apply');
  fireEvent.click(one(MARKS.table.waiting));
  expect(ids()).toEqual(['b', 'a', 'x']);
  expect(byMark(MARKS.table.waiting)).toEqual([]);
});

test('what waits is applied when everybody is out, and a sort of the reader at once', () => {
  const view = render(tableOf(rows('a', 'b')));
  const body = one('the-table').querySelector('tbody');
  if (body === null) throw new Error('the table has a body');
  fireEvent.pointerMove(body, { pointerType: 'mouse', clientX: 1, clientY: 1 });
  view.rerender(tableOf(rows('c', 'a', 'b')));
  expect(ids()).toEqual(['c', 'a', 'b']);
  fireEvent.pointerMove(body, { pointerType: 'mouse', clientX: 5, clientY: 1 });
  view.rerender(tableOf(rows('d', 'c', 'a', 'b')));
  expect(ids()).toEqual(['c', 'a', 'b']);
  fireEvent.click(screen.getByRole('button', { name: /^Name/ }));
  expect(ids()).toEqual(['a', 'b', 'c', 'd']);
  view.rerender(tableOf(rows('e', 'd', 'a', 'b')));
  expect(ids()).toEqual(['a', 'b', 'c', 'd']);
  fireEvent.pointerOut(body, { pointerType: 'mouse' });
  fireEvent.pointerLeave(body, { pointerType: 'mouse' });
  expect(ids()).toEqual(['a', 'b', 'd', 'e']);
});

test('arrows move the one tab stop, Right goes into the cells, Enter opens', () => {
  const opened: string[] = [];
  render(tableOf(rows('a', 'b', 'c'), { onOpen: (row) => opened.push(row.id) }));
  const focused = (): Element | null => document.activeElement;
  expect(byMark('the-row').map((row) => row.tabIndex)).toEqual([0, -1, -1]);
  act(() => byMark('the-row')[0]?.focus());
  const press = (key: string): void => {
    fireEvent.keyDown(focused() as Element, { key });
  };
  press('ArrowDown');
  expect(focused()).toBe(byMark('the-row')[1]);
  expect(byMark('the-row').map((row) => row.tabIndex)).toEqual([-1, 0, -1]);
  press('End');
  press('ArrowDown');
  expect(focused()).toBe(byMark('the-row')[2]);
  press('ArrowRight');
  press('ArrowRight');
  expect(focused()?.textContent).toBe('1');
  press('ArrowLeft');
  press('ArrowLeft');
  press('Enter');
  expect(opened).toEqual(['c']);
});

test('j, k and x work from anywhere on the page, but not in a field', () => {
  const selected: string[][] = [];
  const selection = {
    selected: new Set(['b']),
    onChange: (next: ReadonlySet<string>) => selected.push([...next]),
  };
  render(tableOf(rows('a', 'b'), { selection }));
  fireEvent.keyDown(document.body, { key: 'j' });
  expect(document.activeElement).toBe(byMark('the-row')[0]);
  fireEvent.keyDown(document.activeElement as Element, { key: 'j' });
  expect(document.activeElement).toBe(byMark('the-row')[1]);
  fireEvent.keyDown(document.activeElement as Element, { key: 'k' });
  fireEvent.keyDown(document.activeElement as Element, { key: 'x' });
  expect(selected).toEqual([['b', 'a']]);
  fireEvent.keyDown(document.body, { key: '/' });
  expect(document.activeElement).toBe(one(MARKS.table.filter));
  fireEvent.keyDown(one(MARKS.table.filter), { key: 'x' });
  expect(selected).toHaveLength(1);
});

test('a selection that the filter hides is counted', () => {
  render(
    tableOf(rows('a', 'b'), { selection: { selected: new Set(['a', 'b']), onChange: () => undefined } }),
  );
  fireEvent.change(one(MARKS.table.filter), { target: { value: 'name:a' } });
  expect(one(MARKS.table.selected).textContent).toContain('2 rows selected, 1 of them not shown now');
});

test('a row that did not change is not drawn again', () => {
  const drawn: string[] = [];
  const columns: readonly TableColumn<Row>[] = [
    {
      id: 'name',
      label: 'Name',
      kind: 'text',
      value: (row) => row.id,
      cell: (row) => {
        drawn.push(row.id);
        return row.id;
      },
    },
  ];
  const [a, b] = rows('a', 'b');
  if (a === undefined || b === undefined) throw new Error('there are two rows');
  const view = render(tableOf([a, b], { columns }));
  drawn.length = 0;
  view.rerender(tableOf([a, { ...b, size: 7 }], { columns }));
  expect(drawn).toEqual(['b']);
});

test('the counts of a grid are those of all rows and columns', () => {
  render(tableOf(rows('a', 'b')));
  const grid = screen.getByRole('grid', { name: 'Things' });
  expect(grid.getAttribute('aria-rowcount')).toBe('3');
  expect(grid.getAttribute('aria-colcount')).toBe('2');
  expect(byMark('the-row').map((row) => row.getAttribute('aria-rowindex'))).toEqual(['2', '3']);
});

test('columns and export come on request: a hidden column goes, and stays away', async () => {
  const view = render(tableOf(rows('a')));
  fireEvent.click(one(MARKS.table.menu));
  await screen.findByRole('dialog', {}, LOADING);
  fireEvent.click(screen.getByRole('checkbox', { name: 'Size' }));
  fireEvent.click(one(MARKS.table.panelClose));
  expect(byMark('size')).toEqual([]);
  view.unmount();
  render(tableOf(rows('a')));
  expect(byMark('size')).toEqual([]);
  localStorage.clear();
});

test(`of ${LARGE} rows only a window is in the page, and the row with the focus`, async () => {
  const height = Object.getOwnPropertyDescriptor(HTMLElement.prototype, 'clientHeight');
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => WINDOW_PX });
  try {
    const many = Array.from({ length: LARGE }, (_, index): Row => ({ id: `row-${index}`, size: index }));
    render(tableOf(many));
    const grid = screen.getByRole('grid', { name: 'Things' });
    expect(grid.getAttribute('aria-rowcount')).toBe(String(LARGE + 1));
    await vi.waitFor(() => expect(document.querySelectorAll('.data-gap')).toHaveLength(1), LOADING);
    expect(ids().length).toBeLessThan(60);
    expect(byMark('the-row')[0]?.getAttribute('aria-rowindex')).toBe('2');
    fireEvent.change(one(MARKS.table.filter), { target: { value: 'size:>9990' } });
    expect(ids()).toHaveLength(9);
    fireEvent.change(one(MARKS.table.filter), { target: { value: '' } });
    fireEvent.click(screen.getByRole('button', { name: /^Size/ }));
    fireEvent.click(screen.getByRole('button', { name: /^Size/ }));
    await vi.waitFor(() => expect(ids()[0]).toBe('row-9999'), LOADING);
    act(() => byMark('the-row')[0]?.focus());
    fireEvent.keyDown(document.activeElement as Element, { key: 'End' });
    await vi.waitFor(
      () => expect((document.activeElement as HTMLElement).dataset['row']).toBe('row-0'),
      LOADING,
    );
    expect(document.activeElement?.getAttribute('aria-rowindex')).toBe(String(LARGE + 1));
    expect(ids().length).toBeLessThan(60);
  } finally {
    if (height) Object.defineProperty(HTMLElement.prototype, 'clientHeight', height);
  }
});

test('Shift selects all rows between the last one and this one', () => {
  const onChange = vi.fn<(selected: ReadonlySet<string>) => void>();
  const all = rows('a', 'b', 'c', 'd');
  const view = render(tableOf(all, { selection: { selected: new Set(), onChange } }));
  fireEvent.click(screen.getByRole('checkbox', { name: 'Select b' }));
  expect([...(onChange.mock.lastCall?.[0] ?? [])]).toEqual(['b']);
  view.rerender(tableOf(all, { selection: { selected: new Set(['b']), onChange } }));
  fireEvent.click(screen.getByRole('checkbox', { name: 'Select d' }), { shiftKey: true });
  expect([...(onChange.mock.lastCall?.[0] ?? [])]).toEqual(['b', 'c', 'd']);
});

test('[VP-7] a press on a row that just changed its place is refused; one on a row that stayed is not', () => {
  const pressed = vi.fn<(id: string) => void>();
  const act = { id: 'act', label: 'Act', kind: 'text', data: false, value: () => null } as const;
  const columns: readonly TableColumn<Row>[] = [
    ...COLUMNS,
    {
      ...act,
      cell: (row) => (
        <button type="button" onClick={() => pressed(row.id)}>
          press {row.id}
        </button>
      ),
    },
  ];
  const press = (id: string): void => {
    fireEvent.click(screen.getByRole('button', { name: `press ${id}` }), { detail: 1 });
  };
  const clock = vi.spyOn(performance, 'now').mockReturnValue(10_000);
  const view = render(tableOf(null, { columns }));
  view.rerender(tableOf(rows('a', 'b', 'c'), { columns }));
  press('a');
  expect(pressed).toHaveBeenCalledTimes(1);
  view.rerender(tableOf(rows('b', 'a', 'c'), { columns }));
  press('b');
  expect(pressed).toHaveBeenCalledTimes(1);
  press('c');
  expect(pressed).toHaveBeenCalledTimes(2);
  clock.mockReturnValue(10_000 + PRESS_REFUSED_MS);
  press('b');
  expect(pressed).toHaveBeenCalledTimes(3);
  clock.mockRestore();
});
