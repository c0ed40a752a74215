/** What a generation means for server and client of the bus on this machine, with the keys in the files that it names. */

import { readBusKeys } from '../adapters/bus-keys.ts';
import { withKeys } from '../cluster/bus-secrets.ts';
import { busOptions } from '../cluster/process-options.ts';

export const busWithKeys = withKeys(busOptions, readBusKeys);
