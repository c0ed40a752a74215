/**
 * The shape of an option table: what a person may write in a configuration scope. Rooms own the entries of their
 * modules; the registry of `conf` collects them, and checks, defaults, console texts and forms all read them. A table
 * speaks the units of the file; the room that uses a value converts it.
 */

/**
 * How the text of a value is read. `level`: DEBUG .. CRITICAL; `perms`: octal; `throttle`: `N` or `N/seconds`;
 * `address`: an IP address; `endpoint`: `host:port`; `listen`: an endpoint, `:port`, `*:port` or a socket path;
 * `dictionary`: `[ key = "value" ]`; `any`: kept as written.
 */
export type OptionType =
  | 'string'
  | 'int'
  | 'number'
  | 'bool'
  | 'level'
  | 'perms'
  | 'throttle'
  | 'address'
  | 'cidr'
  | 'endpoint'
  | 'listen'
  | 'dictionary'
  | 'any';

export type OptionEntry = {
  /** Documented spelling; people may write it in any case. */
  readonly name: string;
  readonly type: OptionType;
  /** True when the value may be an array `( … )` of this type. */
  readonly array?: boolean;
  /**
   * As it would stand in a file, in the unit of the file; of a dictionary the pairs `key = "value"`. Undefined where
   * nothing is documented.
   */
  readonly default: string | readonly string[] | undefined;
  /** Unit of the value in a file, such as `s`, `bytes`, `messages`, `1/s`; undefined when it has none. */
  readonly unit: string | undefined;
  /** May change at run time. Changing another one warns and takes effect after a restart. */
  readonly dynamic: boolean;
  /** Where name and default are documented; `ours` for options of this product. */
  readonly source: string;
  /** Inclusive bounds of `int` and `number`. */
  readonly min?: number;
  readonly max?: number;
  /** The only texts allowed, compared without case. */
  readonly values?: readonly string[];
  /** Set for options that are still read: what to write instead. */
  readonly deprecated?: string;
  /** Another spelling of this documented option. */
  readonly aliasOf?: string;
  /** Its value is shown nowhere. */
  readonly secret?: boolean;
  /** Passes its value on, from a wider scope to a narrower one, to options of the same family only. */
  readonly family?: 'mail';
  /** Read and kept, for the files of an installation; nothing acts on it, now or after a restart. */
  readonly kept?: boolean;
};

/** The options of one scope. */
export type ScopeTable = {
  /** Names from the outside in, such as `['cluster', 'Topology']`; empty for the global scope. */
  readonly path: readonly string[];
  /** Whether the scope carries a name of its own, such as the network of `Topology "10.1.1.0/24"`. */
  readonly instance: 'none' | 'optional' | 'required';
  /** How the instance name is checked. */
  readonly instanceType?: OptionType;
  readonly options: readonly OptionEntry[];
  /** Options that are not in the table are kept. */
  readonly open?: boolean;
  /**
   * Full of options of the wider product, and there may be thousands of such scopes: one word tells that options are
   * kept, and only options that are set are listed.
   */
  readonly wide?: boolean;
  /** The scope as a whole is read and kept, whatever is in it; nothing acts on it. */
  readonly kept?: boolean;
  /**
   * Of a kept scope: where one of these options is on in it, or a scope in it acts, its options that are not kept
   * have their effect.
   */
  readonly actsBy?: readonly string[];
};
