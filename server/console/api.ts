/**
 * How a command reaches the code that answers it, from a control listener or over the bus. Dispatch is pure: a
 * command sees facts and returns a reply; what must be done (shutdown) is named in the reply.
 */

export type CommandSource = {
  /** Implicit operating system user of a Unix socket, or the authenticated name; for bus commands the sender. */
  readonly user: string;
  readonly via: 'unix' | 'tcp' | 'bus';
  /** Transactions and other state belong to it: one per control connection; for bus commands the sender. */
  readonly session: string;
  /** Of the user, as the role source says; empty where no authorisation is in force. */
  readonly roles: readonly string[];
  /** It came over the bus to all nodes at once, so that they act in step (VIP-17). */
  readonly broadcast?: boolean;
};

export type CommandReply = {
  /** False turns into exit code 1 of ec_console in batch mode. */
  readonly ok: boolean;
  /** Without a line end at its end. */
  readonly text: string;
  /** Done after the reply has been sent. */
  readonly afterwards?: 'shutdown' | undefined;
};
