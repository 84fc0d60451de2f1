import type { Rule } from '../offence.js';

const MAX_LINES = 400;
// Tables and generated files, which are looked up and not read.
const EXEMPT = [
  'gardener/src/codebase/secrets/secret-rules.generated.ts',
  'web/src/api/schemas.generated.ts',
];
const FORBIDDEN_NAMES = /(^|\/)(utils?|helpers?|common|shared|manager|misc)([./]|$)/;

/** No file outgrows one sitting. */
export const fileLength: Rule = (files) =>
  files
    .filter(({ path, lines }) => lines.length > MAX_LINES && !EXEMPT.includes(path))
    .map(({ path, lines }) => ({ path, line: 1, what: `${lines.length} lines, more than ${MAX_LINES}` }));

/** A file is named for its one idea. */
export const fileNames: Rule = (files) =>
  files
    .filter(({ path }) => FORBIDDEN_NAMES.test(path))
    .map(({ path }) => ({
      path,
      line: 1,
      what: 'a file is named for its one idea, not utils, helpers, common, shared, manager or misc',
    }));
