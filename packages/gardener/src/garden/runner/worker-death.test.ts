import { expect, test } from 'vitest';
import { eventForDeath, eventForRepeatedDeath } from './worker-death.js';

const STACK = `/x/worker.ts:3
    throw new RangeError('too many');
          ^

RangeError: too many
    at f (/x/worker.ts:3:11)

Node.js v20.20.2
`;

test.each([
  [{ code: null, signal: 'SIGKILL', stderrTail: '' }, 'SIGKILL'],
  [{ code: null, signal: 'SIGSEGV', stderrTail: STACK }, 'SIGSEGV'],
  [{ code: 137, signal: null, stderrTail: '' }, 'memory'],
  [{ code: 0, signal: null, stderrTail: '' }, 'before its work was done'],
  [{ code: null, signal: null, stderrTail: '' }, 'was gone'],
] as const)('%j is an interruption', (exit, words) => {
  expect(eventForDeath('train', exit)).toMatchObject({
    type: 'run-interrupt',
    reason: expect.stringContaining(words),
  });
});

test('an uncaught error is a failure in one sentence, the rest in details', () => {
  expect(eventForDeath('train', { code: 1, signal: null, stderrTail: STACK })).toMatchObject({
    type: 'run-fail',
    error: {
      code: 'training.process-failed',
      message: 'The training process ended with exit code 1: RangeError: too many.',
    },
    details: { exitCode: 1, stderrTail: STACK },
  });
  const silent = eventForDeath('index', { code: 3, signal: null, stderrTail: 'odd words\n' });
  expect(silent).toMatchObject({
    error: { message: 'The indexing process ended with exit code 3: odd words.' },
  });
});

test('running out of memory has its own remedy', () => {
  const exit = {
    code: 1,
    signal: null,
    stderrTail: 'RangeError: Array buffer allocation failed: out of memory\n',
  };
  expect(eventForDeath('train', exit)).toMatchObject({
    error: { remedy: expect.stringContaining('memory') },
  });
  const repeated = eventForRepeatedDeath(
    'train',
    'The training process was killed (SIGKILL), by hand; it goes on.',
  );
  expect(repeated).toMatchObject({
    error: {
      code: 'training.process-died',
      message:
        'The training process died 4 times without getting any further. The last time: The training process was killed (SIGKILL), by hand.',
    },
  });
});

test.each([
  ['', 300_000],
  ['Error: ENOSPC: no space left on device, write', undefined],
])('a full disk is said as such: %j with %j bytes free', (stderrTail, freeBytes) => {
  expect(eventForDeath('index', { code: 1, signal: null, stderrTail }, freeBytes)).toMatchObject({
    type: 'run-fail',
    error: {
      code: 'garden.disk-full',
      message: expect.stringMatching(/^The indexing process ended: .*no room/),
    },
  });
  const killed = { code: null, signal: 'SIGKILL', stderrTail } as const;
  expect(eventForDeath('index', killed, freeBytes)).toMatchObject({ type: 'run-interrupt' });
});
