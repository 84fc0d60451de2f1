import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { LoraError } from '@codebase-gardener/lora';
import { GardenerError } from '../errors/garden-error.js';
import { oneAtATime } from './one-at-a-time.js';
import { serveJobs } from './serve-jobs.js';

/** What the test's child is asked. */
export interface FixtureProtocol {
  setup: { failing: 'no' | 'known' | 'unknown' | 'never-ready'; word: string };
  ready: { word: string; nodeArguments: string[]; flavour: string };
  jobs: {
    double: { input: Float32Array; progress: never; result: Float32Array };
    count: { input: { to: number; everyMs: number }; progress: number; result: number };
    inTurn: { input: string; progress: never; result: string[] };
    cancelled: { input: null; progress: never; result: number };
    fail: { input: 'gardener' | 'lora' | 'plain' | 'word'; progress: never; result: never };
    /** When cancelled it takes a moment to put its things away, and makes the file at its end. */
    tidyUp: { input: string; progress: 'begun'; result: null };
    hang: { input: null; progress: never; result: never };
    die: { input: { words: string; exitCode: number }; progress: never; result: never };
    unsendable: { input: null; progress: never; result: unknown };
  };
}

let cancelled = 0;
const done: string[] = [];

serveJobs<FixtureProtocol>(async ({ failing, word }) => {
  if (failing === 'known') throw new GardenerError('fixture.unusable', 'No.', { remedy: 'Say yes.' });
  if (failing === 'unknown') throw new TypeError('no idea');
  if (failing === 'never-ready') await delay(60_000);
  process.stdout.write('garbage on stdout\n{"type":"done","id":1}\n');
  const inTurn = oneAtATime();
  return {
    ready: { word, nodeArguments: process.execArgv, flavour: process.env.FIXTURE_FLAVOUR ?? '' },
    jobs: {
      double: (numbers) => numbers.map((number) => 2 * number),
      count: async ({ to, everyMs }, { signal, report }) => {
        signal.addEventListener('abort', () => {
          cancelled += 1;
        });
        for (let number = 1; number <= to; number++) {
          await delay(everyMs, undefined, { signal });
          report(number);
        }
        return to;
      },
      inTurn: (name) =>
        inTurn(async () => {
          await delay(name === 'slow' ? 50 : 0);
          if (name === 'bad') throw new Error('bad');
          done.push(name);
          return [...done];
        }),
      cancelled: () => cancelled,
      fail: (kind) => {
        const options = { remedy: 'Do this.', details: { a: [1] }, retryable: true };
        if (kind === 'gardener') throw new GardenerError('fixture.failed', 'It failed.', options);
        if (kind === 'lora') throw new LoraError('weights.failed', 'It failed.', options);
        if (kind === 'plain') throw new RangeError('out of range');
        throw 'just a word';
      },
      tidyUp: async (file, { signal, report }) => {
        report('begun');
        await delay(60_000, null, { signal }).catch(() => null);
        await delay(200);
        await writeFile(file, '');
        return null;
      },
      hang: () => {
        for (;;);
      },
      die: ({ words, exitCode }) => {
        process.stderr.write(words);
        process.exit(exitCode);
      },
      unsendable: () => () => undefined,
    },
  };
});
