// @vitest-environment happy-dom

import { act, cleanup, fireEvent, render } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  hrefWith,
  readNames,
  readSort,
  SORT_COLUMNS_MAX,
  URL_VALUE_CHARACTERS_MAX,
  writeNames,
  writeSort,
} from '../../../components/ui/url-query.ts';
import { flushUrlState, useUrlState } from '../../../components/ui/url-state.ts';

beforeEach(() => window.history.replaceState(null, '', '/members?node=labrat-1'));
afterEach(cleanup);

function Page() {
  const [filter, setFilter] = useUrlState('q', '');
  const [sort, setSort] = useUrlState('sort', 'name');
  return (
    <>
      <input value={filter} onChange={(event) => setFilter(event.target.value)} />
      <output>{sort}</output>
      <button
        type="button"
        onClick={() => {
          setFilter('role:node net:10.0.0.0/8');
          setSort('-up');
        }}
      >
        both
      </button>
      <button type="button" onClick={() => setSort('name')}>
        initial
      </button>
    </>
  );
}

async function settled(work: () => void): Promise<void> {
  await act(async () => {
    work();
    flushUrlState();
  });
}

describe('state in the address', () => {
  test('several updates of one tick become one address, and other names stay', async () => {
    const page = render(<Page />);
    await settled(() => fireEvent.click(page.getByText('both')));
    expect(window.location.search).toBe('?node=labrat-1&q=role:node+net:10.0.0.0/8&sort=-up');
    expect(page.getByRole('textbox')).toHaveProperty('value', 'role:node net:10.0.0.0/8');
    expect(page.getByRole('status').textContent).toBe('-up');
  });

  test('the initial value is left out of the address', async () => {
    window.history.replaceState(null, '', '/members?sort=-up');
    const page = render(<Page />);
    expect(page.getByRole('status').textContent).toBe('-up');
    await settled(() => fireEvent.click(page.getByText('initial')));
    expect(window.location.search).toBe('');
  });

  test('what is typed shows at once, before it is in the address', () => {
    const page = render(<Page />);
    fireEvent.change(page.getByRole('textbox'), { target: { value: 'a' } });
    fireEvent.change(page.getByRole('textbox'), { target: { value: 'ab' } });
    expect(page.getByRole('textbox')).toHaveProperty('value', 'ab');
    flushUrlState();
    expect(new URLSearchParams(window.location.search).get('q')).toBe('ab');
  });

  test('a write that waits is made before a press outside of fields, which may lead to another page', async () => {
    const page = render(<Page />);
    const filter = page.getByRole('textbox');
    await settled(() => fireEvent.change(filter, { target: { value: 'g' } }));
    fireEvent.change(filter, { target: { value: 'gc' } });
    const written = (): string | null => new URLSearchParams(window.location.search).get('q');
    fireEvent.keyDown(filter, { key: 'x' });
    expect(written()).toBe('g');
    fireEvent.keyDown(document.body, { key: 'g' });
    expect(written()).toBe('gc');
    await settled(() => undefined);
  });

  test('back and forward restore it', async () => {
    const page = render(<Page />);
    window.history.replaceState(null, '', '/members?q=older');
    await act(async () => window.dispatchEvent(new PopStateEvent('popstate')));
    expect(page.getByRole('textbox')).toHaveProperty('value', 'older');
  });

  test('a value longer than the bound is cut', async () => {
    const page = render(<Page />);
    const long = 'x'.repeat(URL_VALUE_CHARACTERS_MAX + 1);
    await settled(() => fireEvent.change(page.getByRole('textbox'), { target: { value: long } }));
    expect(new URLSearchParams(window.location.search).get('q')).toHaveLength(URL_VALUE_CHARACTERS_MAX);
  });

  test('half of a surrogate pair does no harm', async () => {
    const page = render(<Page />);
    await settled(() => fireEvent.change(page.getByRole('textbox'), { target: { value: 'a\ud800b' } }));
    expect(new URLSearchParams(window.location.search).get('q')).toBe('a\ufffdb');
  });
});

describe('words of an address', () => {
  test('a sort order survives, unknown and repeated columns do not', () => {
    const order = [
      { column: 'moved', descending: true },
      { column: 'name', descending: false },
    ];
    expect(writeSort(order)).toBe('-moved,name');
    expect(readSort('-moved,name', ['name', 'moved'])).toEqual(order);
    expect(readSort('-moved,bogus,moved,,-', ['moved'])).toEqual([{ column: 'moved', descending: true }]);
  });

  test('a sort order has a bound', () => {
    const columns = Array.from({ length: SORT_COLUMNS_MAX + 1 }, (_, index) => `c${index}`);
    expect(readSort(columns.join(','), columns)).toHaveLength(SORT_COLUMNS_MAX);
  });

  test('names with commas and percent signs survive', () => {
    const names = ['AA', 'odd,name', '50%25'];
    expect(readNames(writeNames(names))).toEqual(names);
    expect(readNames('')).toEqual([]);
  });

  test('a link names its state readably and leaves out what is empty', () => {
    expect(hrefWith('/members', { q: 'role:node', sort: '', persp: 'AA,CC' })).toBe(
      '/members?q=role:node&persp=AA,CC',
    );
    expect(hrefWith('/members', {})).toBe('/members');
  });
});
