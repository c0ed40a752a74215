/** What a checker reports: the invariant of evs.md section 2 and where it does not hold. */

export type Violation = { readonly invariant: string; readonly what: string };

/** More reports of one kind say nothing new. */
export const VIOLATIONS_MAX = 20;
