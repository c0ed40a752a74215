/**
 * Secrets in commands: the gateway leaves them out before anything is kept or shown, and puts this mark there
 * instead. Jobs say so themselves; for what stands in a prompt, from a job or a saved command, the mark tells. Pure.
 */

export const REDACTION_MARK = '***';

export function isRedacted(command: string): boolean {
  return command.includes(REDACTION_MARK);
}

export const REDACTED_WORDS = 'A secret in it was left out before it was kept; write it again to send it.';
