import { expect, it } from 'vitest';
import { NewestRequest } from './newest-request.js';

const place = (changes: object = {}) => ({
  ...{ client: 'vim', projectId: 'p', code: { path: null, before: 'a\nb', after: '\nbelow();\n' } },
  ...changes,
});

it('ends the older request of a client at a place, and no other', () => {
  const newest = new NewestRequest();
  const first = newest.begin(place());
  const others = [
    newest.begin(place({ client: 'code' })),
    newest.begin(place({ projectId: 'q' })),
    newest.begin(place({ code: { path: 'b.ts', before: 'a\nb', after: '\nbelow();\n' } })),
    newest.begin(place({ code: { path: null, before: 'a\nb', after: '\nelsewhere();\n' } })),
  ];
  expect(first.superseded.aborted).toBe(false);
  // More was typed, and a bracket was closed behind the cursor.
  const second = newest.begin(place({ code: { path: null, before: 'a\nbc', after: ')\nbelow();\n' } }));
  expect(first.superseded.aborted).toBe(true);
  expect([second, ...others].some(({ superseded }) => superseded.aborted)).toBe(false);
});

it('keeps nothing of what has ended, and an older end does not forget a newer request', () => {
  const newest = new NewestRequest();
  const first = newest.begin(place());
  const second = newest.begin(place());
  first.done();
  expect(newest.size).toBe(1);
  second.done();
  expect(newest.size).toBe(0);
});
