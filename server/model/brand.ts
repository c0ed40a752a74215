/** Nominal types over strings. Only the parser of a brand creates its values. */

declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
