import { expect, test } from 'vitest';
import '../../../components/api/schemas-without-eval.ts';
import * as z from 'zod/mini';

test('the schema library finds its settings, made before it was loaded', () => {
  expect(z.config().jitless).toBe(true);
});
