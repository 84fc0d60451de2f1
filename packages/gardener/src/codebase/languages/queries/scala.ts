export const scalaQuery = `
(function_definition name: (_) @name body: (_) @body) @symbol.function
(function_declaration name: (_) @name) @symbol.function
(class_definition name: (_) @name body: (_)? @body) @symbol.class
(object_definition name: (_) @name body: (_)? @body) @symbol.class
(trait_definition name: (_) @name body: (_)? @body) @symbol.interface
(enum_definition name: (_) @name body: (_) @body) @symbol.enum
(type_definition name: (_) @name) @symbol.type
(given_definition name: (_) @name body: (_)? @body) @symbol.class
(compilation_unit (val_definition pattern: (identifier) @name value: (_) @body) @symbol.constant)

(function_definition (modifiers (access_modifier) @visibility) name: (_) @of)
(function_declaration (modifiers (access_modifier) @visibility) name: (_) @of)
(class_definition (modifiers (access_modifier) @visibility) name: (_) @of)
(object_definition (modifiers (access_modifier) @visibility) name: (_) @of)
(trait_definition (modifiers (access_modifier) @visibility) name: (_) @of)

(import_declaration) @import
(import_declaration (identifier) @import.source)
(import_declaration (identifier) @import.name .)
(namespace_selectors (identifier) @import.name)
(namespace_selectors [(as_renamed_identifier alias: (identifier) @import.name) (arrow_renamed_identifier alias: (identifier) @import.name)])

(call_expression function: (identifier) @call)
(call_expression function: (field_expression field: (_) @call))
(call_expression function: (generic_function function: (identifier) @call))
(call_expression function: (generic_function function: (field_expression field: (_) @call)))
(instance_expression (type_identifier) @call)
(infix_expression operator: (identifier) @call)
(type_identifier) @use

[(if_expression) (while_expression) (do_while_expression) (for_expression)] @branch
(case_clause pattern: (_) @branch (#not-eq? @branch "_"))
(infix_expression operator: (operator_identifier) @branch (#match? @branch "^(&&|\\\\|\\\\|)$"))

(catch_clause pattern: (_) @branch)

[(comment) (block_comment)] @comment
(annotation) @decorator

(compilation_unit (_) @statement)
(template_body (_) @statement)
(enum_body (_) @statement)
(with_template_body (_) @statement)
(block (_) @statement)
(indented_block (_) @statement)
(case_block (_) @statement)
(indented_cases (_) @statement)
(arguments (_) @statement)
(catch_clause) @statement
`;
