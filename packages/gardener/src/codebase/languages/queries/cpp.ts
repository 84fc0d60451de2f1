import { cFamilyQuery, functionDefinitions } from './c-family.js';

const POINTERS = [
  '(pointer_declarator declarator: INNER)',
  '(reference_declarator INNER)',
  '(pointer_declarator declarator: (pointer_declarator declarator: INNER))',
];

export const cppQuery = `${cFamilyQuery}
(template_declaration) @wrapper

(class_specifier name: (type_identifier) @name body: (_) @body) @symbol.class
(class_specifier name: (template_type name: (_) @name) body: (_) @body) @symbol.class
(struct_specifier name: (template_type name: (_) @name) body: (_) @body) @symbol.class
(namespace_definition name: (_) @name body: (_) @body) @symbol.namespace
(alias_declaration name: (_) @name type: (_) @body) @symbol.type
(concept_definition name: (_) @name) @symbol.type

${functionDefinitions('[(identifier) (operator_name)] @name', 'function', POINTERS)}
${functionDefinitions('[(field_identifier) (destructor_name)] @name', 'method', POINTERS)}
${functionDefinitions('(qualified_identifier scope: [(_) (template_type name: (_))] @scope name: [(identifier) (destructor_name) (operator_name) (type_identifier)] @name)', 'method', POINTERS)}
${functionDefinitions('(qualified_identifier name: (qualified_identifier scope: (_) @scope name: [(identifier) (destructor_name) (operator_name)] @name))', 'method', POINTERS)}
${functionDefinitions('(qualified_identifier name: (qualified_identifier name: (qualified_identifier scope: (_) @scope name: (_) @name)))', 'method', POINTERS)}
(function_definition declarator: (operator_cast) @name body: (_) @body) @symbol.method
(function_definition declarator: (function_declarator declarator: (template_function name: (_) @name)) body: (_) @body) @symbol.function
(field_declaration declarator: (function_declarator declarator: (field_identifier) @name)) @symbol.method
(field_declaration declarator: (pointer_declarator declarator: (function_declarator declarator: (field_identifier) @name))) @symbol.method
(field_declaration declarator: (reference_declarator (function_declarator declarator: (field_identifier) @name))) @symbol.method

(function_definition (storage_class_specifier) @visibility declarator: (function_declarator declarator: (identifier) @of))
(class_specifier "class" @visibility.following)
(access_specifier) @visibility.following

(template_declaration (declaration declarator: (function_declarator declarator: (identifier) @declared)))
(declaration_list (using_declaration (qualified_identifier name: (identifier) @declared)))
(using_declaration (qualified_identifier name: (_) @import.name) @import.source) @import

(call_expression function: (qualified_identifier name: [(identifier) @call (template_function name: (_) @call)]))
(call_expression function: (qualified_identifier name: (qualified_identifier name: [(identifier) @call (template_function name: (_) @call)])))
(call_expression function: (template_function name: (_) @call))
(new_expression type: (type_identifier) @call)

[(for_range_loop) (catch_clause)] @branch

(catch_clause) @statement
(requirement_seq (_) @statement)
`;
