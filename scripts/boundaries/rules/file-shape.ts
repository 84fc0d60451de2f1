import type { Rule } from '../offence.js';

const MAX_LINES = 400;
const MAX_COLUMNS = 120;
// Tables and generated files, which are looked up and not read.
const EXEMPT = [
  'gardener/src/codebase/secrets/secret-rules.generated.ts',
  'web/src/api/schemas.generated.ts',
];
const FORBIDDEN_NAMES = /(^|\/)(utils?|helpers?|common|shared|manager|misc)([./]|$)/;
/** A line that holds a comment and nothing else, or a comment behind code. */
const COMMENT = /^\s*(\/\/|\/\*|\*)|\s\/\/ /;

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

/** A comment is read without turning the head; the formatter sees to code. */
export const commentWidth: Rule = (files) =>
  files
    .filter(({ path }) => !EXEMPT.includes(path))
    .flatMap(({ path, lines }) =>
      [...lines.entries()]
        .filter(([, line]) => line.length > MAX_COLUMNS && COMMENT.test(line))
        .map(([at, line]) => ({
          path,
          line: at + 1,
          what: `a comment of ${line.length} columns, more than ${MAX_COLUMNS}`,
        })),
    );
