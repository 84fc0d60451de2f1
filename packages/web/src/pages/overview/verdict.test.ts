import { expect, it } from 'vitest';
import type { ProjectView, Scorecard } from '../../api/types.js';
import { gain, verdictOf } from './verdict.js';

type Facts = {
  adapter?: Partial<ProjectView['adapter']>;
  index?: ProjectView['index']['state'];
  reason?: string;
  scorecard?: Partial<Scorecard>;
};

function verdict({ adapter, index = 'ready', reason, scorecard }: Facts) {
  const view = {
    adapter: {
      ...{ version: null, promoted: false, reason: null },
      serves: { completion: 'adapter', answers: 'adapter' },
      ...adapter,
    },
    index: { state: index },
    training: { reason: reason ?? null },
    scorecard: scorecard ?? null,
  };
  return verdictOf(view as ProjectView);
}

const improvement = { value: 0.237, low: 0.196, high: 0.28, n: 9 };

it('says by how much a promoted adapter is better', () => {
  expect(
    verdict({
      adapter: { version: 2, promoted: true },
      scorecard: { adapterVersion: 2, promoted: true, improvement },
    }),
  ).toEqual({
    tone: 'good',
    title: 'Adapter 2 answers',
    reason:
      'Its loss on code it has not seen is 23.7 % lower than the base model’s (95 % interval 19.6 % to 28.0 %).',
  });
});

it('says what the gate has left to the base', () => {
  const promoted = { version: 2, promoted: true } as const;
  const completes = { ...promoted, serves: { completion: 'adapter', answers: 'base' } } as const;
  expect(verdict({ adapter: completes }).title).toBe('Adapter 2 completes code, the base answers');
  const answers = { ...promoted, serves: { completion: 'base', answers: 'adapter' } } as const;
  expect(verdict({ adapter: answers }).title).toBe('Adapter 2 answers, the base completes code');
});

it('does not claim the figures of another adapter, nor of one that a person promoted', () => {
  const adapter = { version: 1, promoted: true, reason: 'Promoted by hand.' };
  const expected = { tone: 'warn', title: 'Adapter 1 answers', reason: 'Promoted by hand.' };
  expect(verdict({ adapter, scorecard: { adapterVersion: 2, promoted: true, improvement } })).toEqual(
    expected,
  );
  expect(verdict({ adapter, scorecard: { adapterVersion: 1, promoted: false, improvement } })).toEqual(
    expected,
  );
  expect(verdict({ adapter })).toEqual({ ...expected, tone: 'good' });
});

it('tells what keeps the base model answering', () => {
  expect(verdict({ adapter: { reason: 'Not better.' }, reason: 'Other.' }).reason).toBe('Not better.');
  expect(verdict({ reason: 'Too little code.' })).toEqual({
    tone: 'plain',
    title: 'The base model answers',
    reason: 'Too little code.',
  });
  expect(verdict({ index: 'none' }).title).toBe('Nothing is indexed yet');
  expect(verdict({ index: 'damaged' })).toMatchObject({
    tone: 'bad',
    title: 'The index is damaged, or of another version',
  });
});

it('claims no gain where there is none', () => {
  expect(gain({ improvement: null })).toBeNull();
  expect(gain({ improvement: { ...improvement, value: -0.01 } })).toBeNull();
  expect(gain({ improvement: { ...improvement, low: null, high: null } })).toBe(
    'Its loss on code it has not seen is 23.7 % lower than the base model’s.',
  );
});
