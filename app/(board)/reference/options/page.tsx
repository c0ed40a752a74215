/** Reads the option tables at build time, on the server only: the browser gets the finished page. */

import { Suspense } from 'react';
import { OptionReference } from '../../../../components/reference/option-reference.tsx';
import { createRegistry } from '../../../../server/conf/registry.ts';
import { MSGC_CLIENT_TABLE, MSGC_SERVER_TABLE } from '../../../../server/msgc/options.ts';

export default function Page() {
  const scopes = createRegistry([MSGC_SERVER_TABLE, MSGC_CLIENT_TABLE]).tables();
  return (
    <Suspense>
      <OptionReference scopes={scopes} />
    </Suspense>
  );
}
