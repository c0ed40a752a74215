import { Suspense } from 'react';
import { ObjectsPage } from '../../../components/objects/objects-page.tsx';

export default function Page() {
  return (
    <Suspense>
      <ObjectsPage />
    </Suspense>
  );
}
