export const javaQuery = `
(method_declaration name: (_) @name body: (_) @body) @symbol.method
(method_declaration name: (_) @name !body) @symbol.method
(constructor_declaration name: (_) @name body: (_) @body) @symbol.method
(compact_constructor_declaration name: (_) @name body: (_) @body) @symbol.method
(class_declaration name: (_) @name body: (_) @body) @symbol.class
(record_declaration name: (_) @name body: (_) @body) @symbol.class
(interface_declaration name: (_) @name body: (_) @body) @symbol.interface
(annotation_type_declaration name: (_) @name body: (_) @body) @symbol.interface
(enum_declaration name: (_) @name body: (_) @body) @symbol.enum

(method_declaration (modifiers) @visibility name: (_) @of)
(constructor_declaration (modifiers) @visibility name: (_) @of)
(class_declaration (modifiers) @visibility name: (_) @of)
(record_declaration (modifiers) @visibility name: (_) @of)
(interface_declaration (modifiers) @visibility name: (_) @of)
(enum_declaration (modifiers) @visibility name: (_) @of)

(import_declaration [(scoped_identifier) (identifier)] @import.source) @import
(import_declaration (scoped_identifier name: (_) @import.name) . )

(method_invocation name: (_) @call)
(object_creation_expression type: (type_identifier) @call)
(object_creation_expression type: (generic_type (type_identifier) @call))
(object_creation_expression type: (scoped_type_identifier (type_identifier) @call .))
(method_reference (identifier) @call .)
(type_identifier) @use
(annotation name: (_) @use)
(marker_annotation name: (_) @use)

[(if_statement) (for_statement) (enhanced_for_statement) (while_statement) (do_statement) (catch_clause)
 (ternary_expression)] @branch
(switch_label "case" @branch)
(binary_expression operator: ["&&" "||"] @branch)

[(line_comment) (block_comment)] @comment
(modifiers [(annotation) (marker_annotation)] @decorator)

(program (_) @statement)
(class_body (_) @statement)
(interface_body (_) @statement)
(enum_body (_) @statement)
(enum_body_declarations (_) @statement)
(block (_) @statement)
(constructor_body (_) @statement)
(switch_block (_) @statement)
(array_initializer (_) @statement)
(argument_list (_) @statement)
[(catch_clause) (finally_clause)] @statement
`;
