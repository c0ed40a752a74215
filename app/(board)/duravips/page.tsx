import { Suspense } from 'react';
import { DuravipsPage } from '../../../components/duravips/duravips-page.tsx';

export default function Page() {
  return (
    <Suspense>
      <DuravipsPage />
    </Suspense>
  );
}
