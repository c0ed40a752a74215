/** Where drafts of prompts are kept in this tab. Apart from their shape, so that the frame can drop them. */

const PREFIX = 'muster.draft.';

/** @param place the page that holds the prompt: `console`, or a node's name. */
export function draftKey(place: string): string {
  return `${PREFIX}${place}`;
}

/** On signing out: what was written and not sent may hold a secret, and the next person may sit here. */
export function forgetDrafts(): void {
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
    }
  } catch {
    // Storage that is switched off holds no draft.
  }
}
