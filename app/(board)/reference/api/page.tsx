import { Suspense } from 'react';
import { ApiReference } from '../../../../components/reference/api-reference.tsx';

export default function Page() {
  return (
    <Suspense>
      <ApiReference />
    </Suspense>
  );
}
