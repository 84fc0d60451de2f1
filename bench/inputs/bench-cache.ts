import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where everything that benchmarks fetch or make is kept, outside the repository. */
export const benchCache = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'codebase-gardener-bench',
);
