/** A static document: scripts/static-pages.mjs takes the framework's scripts out and puts one small script in. */

import { SignInDocument } from '../../components/sign-in/sign-in-document.tsx';

export default function Page() {
  return <SignInDocument />;
}
