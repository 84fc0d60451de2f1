// Entry of a process that starts the test's child, has one job done, prints the child's pid and has nothing to do then.
import type { FixtureProtocol } from './job-child.fixture.js';
import { JobProcess } from './job-process.js';

const child = await JobProcess.start<FixtureProtocol>({
  entry: new URL('./job-child.fixture.js', import.meta.url),
  setup: { failing: 'no', word: '' },
  died: ({ reason }) => new Error(reason),
});
await child.run('count', { to: 2, everyMs: 5 });
process.stdout.write(`${child.pid}\n`);
