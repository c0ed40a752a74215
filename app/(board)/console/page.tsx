import { Suspense } from 'react';
import { ConsolePage } from '../../../components/console/console-page.tsx';

export default function Page() {
  return (
    <Suspense>
      <ConsolePage />
    </Suspense>
  );
}
