/** Style sheets: a rule is a section, named by its selectors. */
export const cssQuery = `
(rule_set (selectors) @name (block) @body) @symbol.section
(keyframes_statement (keyframes_name) @name (_) @body) @symbol.section
(media_statement) @statement

(import_statement [(string_value (string_content) @import.source)
  (call_expression (arguments (string_value (string_content) @import.source)))]) @import

(comment) @comment

(stylesheet (_) @statement)
(block (_) @statement)
`;
