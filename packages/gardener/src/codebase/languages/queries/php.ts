export const phpQuery = `
(function_definition name: (_) @name body: (_) @body) @symbol.function
(method_declaration name: (_) @name body: (_)? @body) @symbol.method
(class_declaration name: (_) @name body: (_) @body) @symbol.class
(interface_declaration name: (_) @name body: (_) @body) @symbol.interface
(trait_declaration name: (_) @name body: (_) @body) @symbol.class
(enum_declaration name: (_) @name body: (_) @body) @symbol.enum
(namespace_definition name: (_) @name body: (_) @body) @symbol.namespace
(program (const_declaration (const_element (name) @name)) @symbol.constant)

(method_declaration (visibility_modifier) @visibility name: (_) @of)

(namespace_use_declaration) @import
(namespace_use_clause (qualified_name) @import.source)
(namespace_use_clause !alias (qualified_name (name) @import.name .))
(namespace_use_clause !alias (name) @import.name)
(namespace_use_clause alias: (name) @import.name)
(namespace_use_declaration (namespace_name) @import.source body: (_))
(expression_statement [(require_expression (string (string_content) @import.source)) (require_once_expression (string (string_content) @import.source))
  (include_expression (string (string_content) @import.source)) (include_once_expression (string (string_content) @import.source))]) @import

(function_call_expression function: (name) @call)
(function_call_expression function: (qualified_name (name) @call .))
(member_call_expression name: (name) @call)
(nullsafe_member_call_expression name: (name) @call)
(scoped_call_expression name: (name) @call)
(scoped_call_expression scope: (name) @use)
(class_constant_access_expression . (name) @use)
(object_creation_expression (name) @call)
(object_creation_expression (qualified_name (name) @call .))
(named_type (name) @use)
(named_type (qualified_name (name) @use .))
(base_clause (name) @use)
(class_interface_clause (name) @use)
(use_declaration (name) @use)
(attribute (name) @use)

[(if_statement) (else_if_clause) (for_statement) (foreach_statement) (while_statement) (do_statement) (case_statement)
 (catch_clause) (conditional_expression) (match_conditional_expression)] @branch
(binary_expression operator: ["&&" "||" "??" "and" "or"] @branch)

(comment) @comment
(attribute_list) @decorator

(program (_) @statement)
(compound_statement (_) @statement)
(declaration_list (_) @statement)
(enum_declaration_list (_) @statement)
(switch_block (_) @statement)
(match_block (_) @statement)
(array_creation_expression (_) @statement)
(arguments (_) @statement)
[(catch_clause) (finally_clause) (else_clause) (else_if_clause)] @statement
`;
