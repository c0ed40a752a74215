/** Schemas must not probe `new Function`, which the content policy reports as a violation. Import it before them. */

import { config } from 'zod/v4/core';

config({ jitless: true });
