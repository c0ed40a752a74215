'use client';

/** What needs somebody, from the picture of the moment. Loaded after the answers. */

import { useObjectLines } from '../objects/use-object-lines.ts';
import { attentionOf } from './attention.ts';
import { AttentionList } from './attention-list.tsx';
import { objectItems } from './object-attention.ts';
import type { Picture } from './picture.ts';

export function Attentions({ picture }: { readonly picture: Picture }) {
  const { lines } = useObjectLines();
  const { gatewayMs } = picture;
  const items = picture.loaded ? attentionOf(picture, objectItems(lines ?? [], gatewayMs)) : null;
  return <AttentionList items={items} gatewayMs={gatewayMs} />;
}
