export const rustQuery = `
(function_item name: (_) @name body: (_) @body) @symbol.function
(function_signature_item name: (_) @name) @symbol.function
(struct_item name: (_) @name body: (_) @body) @symbol.class
(struct_item name: (_) @name !body) @symbol.class
(union_item name: (_) @name body: (_) @body) @symbol.class
(enum_item name: (_) @name body: (_) @body) @symbol.enum
(trait_item name: (_) @name body: (_) @body) @symbol.interface
(impl_item type: [(type_identifier) @name (generic_type type: (type_identifier) @name)
  (scoped_type_identifier name: (_) @name)] body: (_) @body) @symbol.class
(mod_item name: (_) @name body: (_) @body) @symbol.namespace
(type_item name: (_) @name type: (_) @body) @symbol.type
(macro_definition name: (_) @name ["{" "("] @body) @symbol.function
(source_file [(const_item name: (_) @name value: (_) @body) (static_item name: (_) @name value: (_) @body)] @symbol.constant)

(function_item (visibility_modifier) @visibility name: (_) @of)
(struct_item (visibility_modifier) @visibility name: (_) @of)
(enum_item (visibility_modifier) @visibility name: (_) @of)
(union_item (visibility_modifier) @visibility name: (_) @of)
(trait_item (visibility_modifier) @visibility name: (_) @of)
(mod_item (visibility_modifier) @visibility name: (_) @of)
(type_item (visibility_modifier) @visibility name: (_) @of)
(const_item (visibility_modifier) @visibility name: (_) @of)
(static_item (visibility_modifier) @visibility name: (_) @of)
(impl_item trait: (_) @visibility body: (declaration_list (function_item name: (_) @of)))
(trait_item name: (_) @visibility body: (declaration_list (function_signature_item name: (_) @of)))
(trait_item name: (_) @visibility body: (declaration_list (function_item name: (_) @of)))
(impl_item "impl" @visibility type: [(type_identifier) @of (generic_type type: (type_identifier) @of)
  (scoped_type_identifier name: (_) @of)])

(use_declaration) @import
(use_declaration argument: [(identifier) (scoped_identifier) (use_as_clause path: (_)) (use_wildcard)] @import.source)
(use_declaration argument: (scoped_use_list path: (_) @import.source))
(mod_item name: (identifier) @import.source @import.name !body) @import
(extern_crate_declaration name: (_) @import.source @import.name) @import
(use_declaration argument: (identifier) @import.name)
(use_declaration argument: (scoped_identifier name: (identifier) @import.name))
(use_as_clause alias: (_) @import.name)
(use_list (identifier) @import.name)
(scoped_use_list path: [(identifier) @import.name (scoped_identifier name: (identifier) @import.name)] list: (use_list (self)))
(use_list (scoped_identifier name: (identifier) @import.name))

(call_expression function: (identifier) @call)
(call_expression function: (field_expression field: (_) @call))
(call_expression function: (scoped_identifier name: (_) @call))
(call_expression function: (generic_function function: [
  (identifier) @call (field_expression field: (_) @call) (scoped_identifier name: (_) @call)]))
(macro_invocation macro: (identifier) @call)
(macro_invocation macro: (scoped_identifier name: (_) @call))
(struct_expression name: (type_identifier) @use)
(type_identifier) @use
(scoped_identifier path: (identifier) @use)
(token_tree (identifier) @use)

[(if_expression)  (while_expression) (for_expression) (loop_expression) (try_expression)] @branch
(let_declaration alternative: (_) @branch)
(binary_expression operator: ["&&" "||"] @branch)
(match_arm pattern: (_) @branch (#not-eq? @branch "_"))

[(line_comment) (block_comment)] @comment
[(attribute_item) (inner_attribute_item)] @decorator

(source_file (_) @statement)
(block (_) @statement)
(declaration_list (_) @statement)
(match_block (_) @statement)
(field_declaration_list (_) @statement)
(field_initializer_list (_) @statement)
(enum_variant_list (_) @statement)
(array_expression (_) @statement)
(arguments (_) @statement)
(use_list (_) @statement)
(else_clause) @statement
`;
