/** Short ways to write entries of option tables. */

import type { OptionEntry, OptionType } from '../../base/option-table.ts';

type Rest = Partial<Omit<OptionEntry, 'name' | 'type' | 'default'>>;

/** Dynamic and without unit unless `rest` says otherwise. */
export function option(
  name: string,
  type: OptionType,
  defaultText: OptionEntry['default'],
  source: string,
  rest: Rest = {},
): OptionEntry {
  return { name, type, default: defaultText, source, unit: undefined, dynamic: true, ...rest };
}

/** Whole seconds. */
export function seconds(name: string, defaultText: string | undefined, source: string, min = 1): OptionEntry {
  return option(name, 'int', defaultText, source, { unit: 's', min, max: 2_592_000 });
}
