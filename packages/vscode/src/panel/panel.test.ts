import { expect, it } from 'vitest';
import { answerParts, inlineParts } from './page/answer-parts.js';
import { questionAbout } from './question.js';

it('shows an answer as text and blocks of code, also while it is written', () => {
  expect(answerParts('It does.\n```ts\nconst a = 1;\n```\nAnd more.')).toEqual([
    { kind: 'text', text: 'It does.' },
    { kind: 'code', text: 'const a = 1;' },
    { kind: 'text', text: 'And more.' },
  ]);
  expect(answerParts('```\nconst a')).toEqual([{ kind: 'code', text: 'const a' }]);
  expect(answerParts('````md\n```\nx\n```\n````')).toEqual([{ kind: 'code', text: '```\nx\n```' }]);
  expect(answerParts('<img src=x>')).toEqual([{ kind: 'text', text: '<img src=x>' }]);
  expect(inlineParts('call `slug()` twice')).toEqual([
    { kind: 'text', text: 'call ' },
    { kind: 'code', text: 'slug()' },
    { kind: 'text', text: ' twice' },
  ]);
});

it('asks with the code that is selected, which cannot end its own fence', () => {
  const asked = questionAbout('Why?', { path: 'a.md', from: 3, to: 5 }, 'a\n```\nb');
  expect(asked).toBe('Why?\n\nThis is about a.md, lines 3 to 5:\n````\na\n```\nb\n````');
  expect(questionAbout('Why?', { path: 'a', from: 1, to: 1 }, 'x'.repeat(1_000_000)).length).toBeLessThan(
    6_200,
  );
});
