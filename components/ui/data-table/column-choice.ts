/**
 * Which columns a reader wants, in which order: kept in this browser, per table. The first column is pinned: it names
 * the row. Pure but for the storage at the end.
 */

export type ColumnChoice = {
  /** Ids in the reader's order; columns that are not named follow in theirs. */
  readonly order: readonly string[];
  readonly hidden: readonly string[];
};

type Showable = { readonly id: string; readonly show?: 'hidden' | 'never' };

/** @param choice null: the reader has chosen nothing, the table's own order and columns. */
export function arrangedColumns<C extends Showable>(
  columns: readonly C[],
  choice: ColumnChoice | null,
): readonly C[] {
  const [first, ...rest] = columns.filter((column) => column.show !== 'never');
  if (first === undefined) return [];
  if (choice === null) return [first, ...rest];
  const named = choice.order.flatMap((id) => rest.find((column) => column.id === id) ?? []);
  return [first, ...named, ...rest.filter((column) => !named.includes(column))];
}

export function shownColumns<C extends Showable>(
  columns: readonly C[],
  choice: ColumnChoice | null,
): readonly C[] {
  return arrangedColumns(columns, choice).filter(
    (column, index) =>
      index === 0 || (choice === null ? column.show !== 'hidden' : !choice.hidden.includes(column.id)),
  );
}

/** A choice that says what is shown now, to be changed. */
export function explicitChoice(columns: readonly Showable[], choice: ColumnChoice | null): ColumnChoice {
  if (choice !== null) return choice;
  const arranged = arrangedColumns(columns, null);
  return {
    order: arranged.map(({ id }) => id),
    hidden: arranged.filter(({ show }) => show === 'hidden').map(({ id }) => id),
  };
}

export function withColumnShown(choice: ColumnChoice, id: string, shown: boolean): ColumnChoice {
  const others = choice.hidden.filter((each) => each !== id);
  return { ...choice, hidden: shown ? others : [...others, id] };
}

/** @param by -1 towards the front, 1 towards the end. The first place is taken. */
export function withColumnMoved(
  columns: readonly Showable[],
  choice: ColumnChoice,
  id: string,
  by: -1 | 1,
): ColumnChoice {
  const order = arrangedColumns(columns, choice).map((column) => column.id);
  const from = order.indexOf(id);
  const to = from + by;
  if (from < 1 || to < 1 || to >= order.length) return choice;
  order.splice(to, 0, ...order.splice(from, 1));
  return { ...choice, order };
}

const KEY = 'muster.columns.';
/** Ids kept per list: a table has fewer columns. */
const IDS_MAX = 100;

export function storedColumns(table: string): ColumnChoice | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(`${KEY}${table}`) ?? 'null');
    if (typeof value !== 'object' || value === null || !('order' in value) || !('hidden' in value))
      return null;
    return { order: idsOf(value.order), hidden: idsOf(value.hidden) };
  } catch {
    return null;
  }
}

function idsOf(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((each): each is string => typeof each === 'string').slice(0, IDS_MAX);
}

export function storeColumns(table: string, choice: ColumnChoice | null): void {
  try {
    if (choice === null) localStorage.removeItem(`${KEY}${table}`);
    else localStorage.setItem(`${KEY}${table}`, JSON.stringify(choice));
  } catch {
    // Without storage the choice holds for this page only.
  }
}
