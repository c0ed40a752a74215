/** English for what schemas refuse. The wire's schemas come without words, so that pages do not carry them. */

import * as z from 'zod/mini';
import english from 'zod/v4/locales/en.js';

export function giveSchemasWords(): void {
  z.config(english());
}
