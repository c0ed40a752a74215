/** Stands in for the manager in tests of the supervisor. */

import './ecnode.mjs';
