/** Fields that several messages of members share, with their bounds. */

import { z } from 'zod';
import { parseNodeName } from '../model/names.ts';

export const NAMES_IN_LIST_MAX = 256;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const CONTROL = /[\u0000-\u001f\u007f]/;

export const printable = (charactersMax: number) =>
  z
    .string()
    .max(charactersMax)
    .refine((text) => !CONTROL.test(text));

export const nodeName = z
  .string()
  .max(300)
  .transform((text, context) => {
    const parsed = parseNodeName(text);
    if (parsed.ok) return parsed.value;
    context.addIssue({ code: 'custom', message: parsed.error });
    return z.NEVER;
  });

export const name = printable(255);
export const names = z.array(name).max(NAMES_IN_LIST_MAX);
export const count = z.number().int().min(0);
export const wallMs = z.number().min(0).max(8.64e15);
