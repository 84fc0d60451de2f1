export const goQuery = `
(type_declaration) @wrapper

(function_declaration name: (_) @name body: (_) @body) @symbol.function
(method_declaration receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @scope
    (pointer_type (type_identifier) @scope)
    (generic_type type: (type_identifier) @scope)
    (pointer_type (generic_type type: (type_identifier) @scope))]))
  name: (_) @name body: (_) @body) @symbol.method
(type_spec name: (_) @name type: (struct_type (field_declaration_list) @body)) @symbol.class
(type_spec name: (_) @name type: (interface_type "{" @body)) @symbol.interface
(type_spec name: (_) @name type: [(type_identifier) (qualified_type) (function_type) (map_type) (slice_type) (array_type)
  (pointer_type) (channel_type) (generic_type)]) @symbol.type
(type_alias name: (_) @name) @symbol.type
(source_file (const_declaration (const_spec name: (identifier) @name) @symbol.constant))
(source_file (var_declaration (var_spec name: (identifier) @name) @symbol.constant))
(source_file (var_declaration (var_spec_list (var_spec name: (identifier) @name) @symbol.constant)))

(import_declaration) @import
(import_spec !name path: (_) @import.source @import.path)
(import_spec name: (package_identifier) @import.name path: (_) @import.source)
(import_spec name: [(dot) (blank_identifier)] path: (_) @import.source)

(call_expression function: (identifier) @call)
(call_expression function: (selector_expression field: (_) @call))
(call_expression function: (type_instantiation_expression type: (type_identifier) @call))
(type_identifier) @use

[(if_statement) (for_statement) (expression_case) (type_case) (communication_case)] @branch
(binary_expression operator: ["&&" "||"] @branch)

(comment) @comment

(source_file (_) @statement)
(block (_) @statement)
(statement_list (_) @statement)
[(expression_case) (type_case) (communication_case) (default_case)] @statement
(literal_value (_) @statement)
(field_declaration_list (_) @statement)
(interface_type (_) @statement)
(argument_list (_) @statement)
(const_declaration (_) @statement)
(var_spec_list (_) @statement)
(import_spec_list (_) @statement)
`;
