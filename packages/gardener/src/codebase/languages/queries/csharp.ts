const MEMBERS = '(declaration_list)';

export const csharpQuery = `
(class_declaration name: (_) @name body: ${MEMBERS} @body) @symbol.class
(class_declaration name: (_) @name !body) @symbol.class
(struct_declaration name: (_) @name body: ${MEMBERS} @body) @symbol.class
(struct_declaration name: (_) @name !body) @symbol.class
(record_declaration name: (_) @name body: (_)? @body) @symbol.class
(interface_declaration name: (_) @name body: ${MEMBERS} @body) @symbol.interface
(enum_declaration name: (_) @name body: (_) @body) @symbol.enum
(delegate_declaration name: (_) @name) @symbol.type
(namespace_declaration name: (_) @name body: (_) @body) @symbol.namespace
(method_declaration name: (_) @name body: (_)? @body) @symbol.method
(constructor_declaration name: (_) @name body: (_) @body) @symbol.method
(destructor_declaration name: (_) @name body: (_) @body) @symbol.method
(operator_declaration operator: _ @name body: (_) @body) @symbol.method
(conversion_operator_declaration type: (_) @name body: (_) @body) @symbol.method
(indexer_declaration "this" @name accessors: (_) @body) @symbol.method
(property_declaration name: (_) @name accessors: (_) @body) @symbol.method
(property_declaration name: (_) @name value: (_) @body) @symbol.method
(local_function_statement name: (_) @name body: (_) @body) @symbol.function

(class_declaration (modifier) @visibility name: (_) @of)
(struct_declaration (modifier) @visibility name: (_) @of)
(record_declaration (modifier) @visibility name: (_) @of)
(interface_declaration (modifier) @visibility name: (_) @of)
(enum_declaration (modifier) @visibility name: (_) @of)
(delegate_declaration (modifier) @visibility name: (_) @of)
(method_declaration (modifier) @visibility name: (_) @of)
(constructor_declaration (modifier) @visibility name: (_) @of)
(property_declaration (modifier) @visibility name: (_) @of)
(interface_declaration "interface" @visibility body: (declaration_list (method_declaration name: (_) @of)))
(interface_declaration "interface" @visibility body: (declaration_list (property_declaration name: (_) @of)))
(operator_declaration "operator" @visibility operator: _ @of)
(compilation_unit [(class_declaration "class" @visibility name: (_) @of) (struct_declaration "struct" @visibility name: (_) @of)
  (interface_declaration "interface" @visibility name: (_) @of) (enum_declaration "enum" @visibility name: (_) @of)])
(namespace_declaration body: (declaration_list [(class_declaration "class" @visibility name: (_) @of)
  (struct_declaration "struct" @visibility name: (_) @of) (interface_declaration "interface" @visibility name: (_) @of)
  (enum_declaration "enum" @visibility name: (_) @of)]))

(using_directive !name [(identifier) (qualified_name)] @import.source) @import
(using_directive name: (_) @import.name [(identifier) (qualified_name)] @import.source .) @import

(invocation_expression function: (identifier) @call)
(invocation_expression function: (generic_name (identifier) @call))
(invocation_expression function: (member_access_expression name: (identifier) @call))
(invocation_expression function: (member_access_expression name: (generic_name (identifier) @call)))
(invocation_expression function: (conditional_access_expression (member_binding_expression name: (identifier) @call)))
(object_creation_expression type: (identifier) @call)
(object_creation_expression type: (generic_name (identifier) @call))
(object_creation_expression type: (qualified_name name: (identifier) @call))
(parameter type: (identifier) @use)
(parameter type: (generic_name (identifier) @use))
(variable_declaration type: (identifier) @use)
(variable_declaration type: (generic_name (identifier) @use))
(method_declaration returns: (identifier) @use)
(property_declaration type: (identifier) @use)
(type_argument_list (identifier) @use)
(base_list (identifier) @use)
(base_list (generic_name (identifier) @use))
(catch_declaration type: (identifier) @use)
(attribute name: (identifier) @use)
(cast_expression type: (identifier) @use)
(member_access_expression expression: (identifier) @use)

[(if_statement) (for_statement) (foreach_statement) (while_statement) (do_statement) (catch_clause)
 (conditional_expression) (catch_filter_clause)] @branch
(switch_expression_arm . (_) @branch (#not-eq? @branch "_"))
(switch_section "case" @branch)
(binary_expression operator: ["&&" "||" "??" "and" "or"] @branch)

(comment) @comment
(attribute_list) @decorator

(compilation_unit (_) @statement)
(declaration_list (_) @statement)
(block (_) @statement)
(switch_body (_) @statement)
(switch_section (_) @statement)
(accessor_list (_) @statement)
(initializer_expression (_) @statement)
(argument_list (_) @statement)
(enum_member_declaration_list (_) @statement)
[(catch_clause) (finally_clause)] @statement
`;
