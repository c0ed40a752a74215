'use client';

import { useEffect } from 'react';

export function FrontDoor() {
  useEffect(() => {
    window.location.replace('/members');
  }, []);
  return (
    <main className="lonely">
      <h1 className="page-title">Muster</h1>
      <p>
        <a href="/members">Members</a>
      </p>
    </main>
  );
}
