/** Shown for an address that no page has. */

import Link from 'next/link';

export default function NotFound() {
  return (
    <main className="lonely">
      <p className="label">Not here</p>
      <h1 className="page-title">No page has this address</h1>
      <p>
        <Link href="/members">Go to Members</Link>
      </p>
    </main>
  );
}
