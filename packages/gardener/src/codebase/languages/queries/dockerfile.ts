import type { TextRules } from '../text-rules.js';

/** Build instructions: a stage is a section, named by its AS or by its image. */
export const dockerfileRules: TextRules = {
  symbol: /^from\s+(?:--\S+\s+)*(?:\S+\s+as\s+)?(?<name>\S+)\s*$/i,
  statement:
    /^(?:from|run|cmd|label|maintainer|expose|env|add|copy|entrypoint|volume|user|workdir|arg|onbuild|stopsignal|healthcheck|shell)\s/i,
  // The next line of an instruction is none of its own.
  statementEnd: /(?:^|[^\\`])\s*$/,
  comment: /^\s*#/,
  enclosed: [{ open: /(?<!<)<<-?["']?([A-Za-z_]\w*)["']?/, closes: (line, word) => line.trim() === word }],
};
