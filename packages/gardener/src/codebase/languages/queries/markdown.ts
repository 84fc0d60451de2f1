import type { TextRules } from '../text-rules.js';

/** Prose: a heading opens a section; what stands between code fences is no heading. */
export const markdownRules: TextRules = {
  symbol: /^(?<level>#{1,6})[ \t]+(?<name>.*?)(?:[ \t]+#+)?[ \t]*\r?$/,
  underline: /^ {0,3}(?:(=+)|-{2,})[ \t]*\r?$/,
  statement: /^#{1,6}[ \t]/,
  comment: /^<!--.*-->\s*$/,
  fence: /^ {0,3}(`{3,}|~{3,})/,
};
