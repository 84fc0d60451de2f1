import type { TextRules } from '../text-rules.js';

/** Settings: a table is a section. */
export const tomlRules: TextRules = {
  symbol: /^\[{1,2}\s*(?<name>[\w"'-][^[\]]*?)\s*\]{1,2}\s*(?:#.*)?$/,
  statement: /^(?:\[|[\w"'-][\w"'. -]*=)/,
  comment: /^\s*#/,
  fence: /^(?:(?!"""|''').)*("""|''')(?!.*(?:"""|'''))/,
};
