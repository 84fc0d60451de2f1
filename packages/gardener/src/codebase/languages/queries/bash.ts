export const bashQuery = `
(function_definition name: (_) @name body: (_) @body) @symbol.function
(program (declaration_command (variable_assignment name: (variable_name) @name value: (_) @body)) @symbol.constant)
(program (variable_assignment name: (variable_name) @name value: (_) @body) @symbol.constant)

(command name: (command_name (word) @_source) argument: (_) @import.source
  (#match? @_source "^(source|\\\\.)$")) @import

(command name: (command_name (word) @call) (#not-match? @call "^(source|\\\\.|echo|printf|exit|return|set|shift|cd|test|\\\\[|local|export)$"))

[(if_statement) (elif_clause) (for_statement) (c_style_for_statement) (while_statement) (case_item)] @branch
(list ["&&" "||"] @branch)

(comment) @comment

(program (_) @statement)
(compound_statement (_) @statement)
(do_group (_) @statement)
(if_statement (_) @statement)
(case_statement (_) @statement)
(subshell (_) @statement)
(array (_) @statement)
`;
