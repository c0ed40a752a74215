'use client';

/** What needs somebody, from the picture of the moment. Loaded after the answers. */

import { attentionOf } from './attention.ts';
import { AttentionList } from './attention-list.tsx';
import type { Picture } from './picture.ts';

export function Attentions({ picture }: { readonly picture: Picture }) {
  return <AttentionList items={picture.loaded ? attentionOf(picture) : null} gatewayMs={picture.gatewayMs} />;
}
