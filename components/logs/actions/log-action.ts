/** What can be done to a reader of a log, each in a sheet of its own. Pure. */

export const LOG_ACTS = ['offset', 'remove', 'pause'] as const;
export type LogAct = (typeof LOG_ACTS)[number];

/** `id` of the line. */
export type LogAction = { readonly act: LogAct; readonly id: string };

/** What a link asks to look at; null for one that asks for nothing that exists. */
export function linkedAction(act: string, id: string): LogAction | null {
  const known = LOG_ACTS.find((each) => each === act);
  return known === undefined || id === '' ? null : { act: known, id };
}
