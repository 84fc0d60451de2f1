/** Captures that JavaScript's and TypeScript's grammars share (meaning of the captures: captures.md). */
export const ecmascriptQuery = `
(export_statement) @wrapper @exported
(lexical_declaration) @wrapper
(variable_declaration) @wrapper
(expression_statement) @wrapper

(function_declaration name: (_) @name body: (_) @body) @symbol.function
(generator_function_declaration name: (_) @name body: (_) @body) @symbol.function
(class_declaration name: (_) @name body: (_) @body) @symbol.class
(method_definition name: (_) @name body: (_) @body) @symbol.method
(variable_declarator name: (identifier) @name value: (arrow_function body: (_) @body)) @symbol.function
(variable_declarator name: (identifier) @name value: (function_expression body: (_) @body)) @symbol.function
(variable_declarator name: (identifier) @name value: (generator_function body: (_) @body)) @symbol.function
(variable_declarator name: (identifier) @name value: (class body: (_) @body)) @symbol.class
(variable_declarator name: (identifier) @name value: (call_expression function: (_) @_wraps
  arguments: (arguments . [(arrow_function body: (_) @body) (function_expression body: (_) @body)]))
  (#match? @_wraps "^(React\\.)?(memo|forwardRef|observer|defineComponent|useCallback)$")) @symbol.function
(variable_declarator value: (object (pair key: (_) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @symbol.method))
(export_statement value: (object (pair key: (_) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @symbol.method))
(program (lexical_declaration (variable_declarator name: (identifier) @name value: (_) @body) @symbol.constant))
(program (export_statement (lexical_declaration (variable_declarator name: (identifier) @name value: (_) @body) @symbol.constant)))

(export_statement "default" @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body) (class body: (_) @body)]) @symbol.function

(assignment_expression left: (member_expression object: (_) @_exports property: (_) @name)
  right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]
  (#match? @_exports "^(module\\\\.)?exports$")) @symbol.function
(assignment_expression left: (member_expression object: (member_expression object: (_) @scope property: (_) @_prototype) property: (_) @name)
  right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]
  (#eq? @_prototype "prototype")) @symbol.method
(assignment_expression left: (member_expression object: (identifier) @scope property: (_) @name)
  right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]
  (#not-match? @scope "^(module|exports)$")) @symbol.function

(import_statement) @import
(import_clause (identifier) @import.name)
(namespace_import (identifier) @import.name)
(import_specifier !alias name: (_) @import.name)
(import_specifier alias: (_) @import.name)
(import_statement source: (string) @import.source)
(export_statement source: (string) @import.source) @import
(program (lexical_declaration (variable_declarator name: (identifier) @import.name
  value: (call_expression function: (identifier) @_require arguments: (arguments (string) @import.source)))
  (#eq? @_require "require")) @import)
(program (lexical_declaration (variable_declarator name: (object_pattern [
    (shorthand_property_identifier_pattern) @import.name
    (pair_pattern value: (identifier) @import.name)])
  value: (call_expression function: (identifier) @_require arguments: (arguments (string) @import.source)))
  (#eq? @_require "require")) @import)

(call_expression function: (identifier) @call)
(call_expression function: (member_expression property: (_) @call))
(new_expression constructor: (identifier) @call)
(new_expression constructor: (member_expression property: (_) @call))

[(if_statement) (for_statement) (for_in_statement) (while_statement) (do_statement)
 (switch_case) (catch_clause) (ternary_expression)] @branch
(binary_expression operator: ["&&" "||" "??"]) @branch

(comment) @comment
(decorator) @decorator

(program (_) @statement)
(statement_block (_) @statement)
(class_body (_) @statement)
(switch_body (_) @statement)
(switch_case body: (_) @statement)
(switch_default body: (_) @statement)
(object (_) @statement)
(array (_) @statement)
(arguments (_) @statement)
(named_imports (_) @statement)
(export_clause (_) @statement)
[(else_clause) (catch_clause) (finally_clause)] @statement
(call_expression function: (member_expression property: (_) @statement))
`;

/** Elements of JSX as places where a large component may be split. */
export const jsxQuery = `
(jsx_element (_) @statement)
(jsx_self_closing_element (jsx_attribute) @statement)
(jsx_opening_element (jsx_attribute) @statement)
(jsx_opening_element name: (identifier) @use)
(jsx_self_closing_element name: (identifier) @use)
`;
