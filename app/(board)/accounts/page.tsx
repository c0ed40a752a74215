import { Suspense } from 'react';
import { AccountsPage } from '../../../components/accounts/accounts-page.tsx';

export default function Page() {
  return (
    <Suspense>
      <AccountsPage />
    </Suspense>
  );
}
