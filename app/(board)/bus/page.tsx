import { Suspense } from 'react';
import { BusPage } from '../../../components/bus/bus-page.tsx';

export default function Page() {
  return (
    <Suspense>
      <BusPage />
    </Suspense>
  );
}
