/** Every page behind sign-in stands in the frame. */

import type { ReactNode } from 'react';
import { Frame } from '../../components/frame/frame.tsx';

export default function BoardLayout({ children }: { readonly children: ReactNode }) {
  return <Frame>{children}</Frame>;
}
