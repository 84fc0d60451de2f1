export const kotlinQuery = `
(function_declaration (simple_identifier) @name (function_body)? @body) @symbol.function
(class_declaration ["class" "fun"]? . (type_identifier) @name [(class_body) (enum_class_body)]? @body) @symbol.class
(class_declaration "interface" (type_identifier) @name (class_body)? @body) @symbol.interface
(class_declaration "enum" (type_identifier) @name (enum_class_body)? @body) @symbol.enum
(object_declaration (type_identifier) @name (class_body)? @body) @symbol.class
(secondary_constructor "constructor" @name) @symbol.method
(type_alias (type_identifier) @name) @symbol.type
(source_file (property_declaration (variable_declaration (simple_identifier) @name)) @symbol.constant)

(function_declaration (modifiers (visibility_modifier) @visibility) (simple_identifier) @of)
(class_declaration (modifiers (visibility_modifier) @visibility) (type_identifier) @of)
(object_declaration (modifiers (visibility_modifier) @visibility) (type_identifier) @of)
(source_file (property_declaration (modifiers (visibility_modifier) @visibility) (variable_declaration (simple_identifier) @of)))

(import_header (identifier) @import.source) @import
(import_header (identifier (simple_identifier) @import.name .) .)
(import_header (import_alias (type_identifier) @import.name))

(call_expression . (simple_identifier) @call)
(call_expression . (navigation_expression (navigation_suffix (simple_identifier) @call) .))
(constructor_invocation (user_type (type_identifier) @call .))
(callable_reference (simple_identifier) @call .)
(user_type (type_identifier) @use)

[(if_expression) (for_statement) (while_statement) (do_while_statement) (catch_block) (elvis_expression)
 (conjunction_expression) (disjunction_expression)] @branch
(when_entry (when_condition) @branch)

[(line_comment) (multiline_comment)] @comment
(modifiers (annotation) @decorator)

(source_file (_) @statement)
(statements (_) @statement)
(class_body (_) @statement)
(enum_class_body (_) @statement)
(when_expression (when_entry) @statement)
(value_arguments (_) @statement)
[(catch_block) (finally_block)] @statement
`;
