/** Program of the processes of the bus benchmark, and of the threads that pace them: nothing of other benchmarks in it. */

import { isMainThread } from 'node:worker_threads';
import { runBusChild } from './child.ts';
import { runPacer } from './pacer.ts';

if (isMainThread) runBusChild();
else runPacer();
