import type { TextRules } from '../text-rules.js';

/**
 * Statements that begin at the start of a line; what CREATE makes is a symbol. Line rules serve
 * every dialect; no grammar does.
 */
export const sqlRules: TextRules = {
  symbol:
    /^create\s+(?:or\s+(?:replace|alter)\s+)?(?:(?:global|local|temp|temporary|unlogged|unique|clustered|nonclustered|columnstore|external|virtual|transient|materialized|recursive|force|editionable|constraint|definer\s*=\s*\S+)\s+)*(?<what>table|view|function|procedure|proc|trigger|type|domain|schema|sequence|index|package|role|database|extension)\s+(?:(?:if\s+not\s+exists|concurrently|body)\s+)*(?:(?:"[^"]+"|`[^`]+`|\[[^\]]+\]|[\w$]+)\s?\.\s?){0,3}(?<name>"[^"]+"|`[^`]+`|\[[^\]]+\]|[\w$#@]+)/i,
  kinds: {
    table: 'type',
    view: 'type',
    type: 'type',
    domain: 'type',
    function: 'function',
    procedure: 'function',
    proc: 'function',
    trigger: 'function',
    package: 'namespace',
    schema: 'namespace',
  },
  statement:
    /^(?:create|alter|drop|insert|update|delete|merge|select|with|grant|revoke|set|use|begin|commit|comment\s+on|truncate|copy|call|exec(?:ute)?|do|declare|go|pragma|explain|analyze|vacuum)\b/i,
  statementEnd: /(?:;|^go|^\/|^\\\S.*)\s*(?:--.*)?$/i,
  comment: /^\s*(?:--|\/\*.*\*\/\s*$)/,
  // PostgreSQL's dollar quotes: the body of a function is no statement of the file's own.
  fence: /^(?:(?!\$\w*\$).)*(\$\w*\$)(?!.*\$\w*\$)/,
  enclosed: [{ open: /^\s*\/\*(?!.*\*\/)()/, closes: (line) => line.includes('*/'), isComment: true }],
  endsAtStatement: true,
};
