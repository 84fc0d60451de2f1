export const pythonQuery = `
(decorated_definition) @wrapper
(expression_statement) @wrapper

(function_definition name: (_) @name body: (_) @body) @symbol.function
(class_definition name: (_) @name body: (_) @body) @symbol.class
(type_alias_statement left: (type [(identifier) @name (generic_type . (identifier) @name)]) right: (_) @body) @symbol.type
(assignment left: (identifier) @name right: (lambda body: (_) @body)) @symbol.function
(module (expression_statement (assignment left: (identifier) @name right: (_) @body) @symbol.constant))

(function_definition name: (_) @of body: (block . (expression_statement (string) @docstring)))
(class_definition name: (_) @of body: (block . (expression_statement (string) @docstring)))

[(import_statement) (import_from_statement) (future_import_statement)] @import
(import_statement name: (dotted_name . (identifier) @import.name) @import.source)
(import_statement name: (aliased_import name: (_) @import.source alias: (_) @import.name))
(import_from_statement module_name: (_) @import.source name: (dotted_name (identifier) @import.name))
(import_from_statement module_name: (_) @import.source name: (aliased_import alias: (_) @import.name))
(import_from_statement module_name: (_) @import.source (wildcard_import))

(call function: (identifier) @call)
(call function: (attribute attribute: (_) @call))

(class_definition superclasses: (argument_list [(identifier) @use (attribute attribute: (_) @use)]))
(type (identifier) @use)
(type (generic_type (identifier) @use))
(type (subscript value: (identifier) @use))
(decorator [(identifier) @use (attribute attribute: (_) @use)])
(except_clause (identifier) @use)

[(if_statement) (elif_clause) (for_statement) (while_statement) (except_clause) (case_clause)
 (conditional_expression) (boolean_operator) (for_in_clause) (if_clause)] @branch

(comment) @comment
(decorator) @decorator

(module (_) @statement)
(block (_) @statement)
[(elif_clause) (else_clause) (except_clause) (finally_clause) (case_clause)] @statement
(dictionary (_) @statement)
(list (_) @statement)
(set (_) @statement)
(tuple (_) @statement)
(argument_list (_) @statement)
(import_from_statement name: (_) @statement)
`;
