// The visibility of a function is told of its declaration: a pattern that goes on to the name takes this grammar two
// seconds to compile.
export const swiftQuery = `
(function_declaration name: (simple_identifier) @name body: (_) @body) @symbol.function
(function_declaration name: ["+" "-" "*" "/" "==" "<" ">" "<=" ">=" "!=" (custom_operator)] @name body: (_) @body) @symbol.function
(function_declaration "init" @name body: (_) @body) @symbol.method
(deinit_declaration "deinit" @name body: (_) @body) @symbol.method
(subscript_declaration "subscript" @name) @symbol.method
(protocol_function_declaration name: (simple_identifier) @name) @symbol.method
(class_declaration ["class" "struct" "actor"] name: (type_identifier) @name body: (_) @body) @symbol.class
(class_declaration "extension" name: (user_type (type_identifier) @name .) body: (_) @body) @symbol.class
(class_declaration "enum" name: (type_identifier) @name body: (_) @body) @symbol.enum
(protocol_declaration name: (_) @name body: (_) @body) @symbol.interface
(typealias_declaration name: (type_identifier) @name) @symbol.type
(property_declaration name: (pattern bound_identifier: (_) @name) computed_value: (_) @body) @symbol.method
(source_file (property_declaration name: (pattern bound_identifier: (_) @name) value: (_) @body) @symbol.constant)

(function_declaration (modifiers (visibility_modifier) @visibility)) @of
(class_declaration (modifiers (visibility_modifier) @visibility) name: (type_identifier) @of)
(protocol_declaration (modifiers (visibility_modifier) @visibility) name: (_) @of)
(property_declaration (modifiers (visibility_modifier) @visibility) name: (pattern bound_identifier: (_) @of))

(import_declaration (identifier) @import.source) @import
(import_declaration (identifier (simple_identifier) @import.name .))

(call_expression . (simple_identifier) @call)
(call_expression . (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @call)))
(call_expression . (prefix_expression target: (simple_identifier) @call))
(user_type (type_identifier) @use)

[(if_statement) (guard_statement) (for_statement) (while_statement) (repeat_while_statement) (catch_block)
 (ternary_expression) (nil_coalescing_expression) (conjunction_expression) (disjunction_expression)] @branch
(switch_entry "case" @branch)

[(comment) (multiline_comment)] @comment
(modifiers (attribute) @decorator)

(source_file (_) @statement)
(statements (_) @statement)
(class_body (_) @statement)
(enum_class_body (_) @statement)
(protocol_body (_) @statement)
(switch_statement (switch_entry) @statement)
(value_arguments (_) @statement)
(catch_block) @statement
`;
