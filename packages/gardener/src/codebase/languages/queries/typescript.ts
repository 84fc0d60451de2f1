import { ecmascriptQuery, jsxQuery } from './ecmascript.js';

export const typescriptQuery = `${ecmascriptQuery}
(ambient_declaration) @wrapper

(abstract_class_declaration name: (_) @name body: (_) @body) @symbol.class
(interface_declaration name: (_) @name body: (_) @body) @symbol.interface
(type_alias_declaration name: (_) @name value: (_) @body) @symbol.type
(enum_declaration name: (_) @name body: (_) @body) @symbol.enum
(internal_module name: (_) @name body: (_) @body) @symbol.namespace
(module name: (_) @name body: (_) @body) @symbol.namespace
(function_signature name: (_) @name) @symbol.function
(abstract_method_signature name: (_) @name) @symbol.method
(class_body (method_signature name: (_) @name) @symbol.method)
(public_field_definition name: (_) @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @symbol.method

(method_definition (accessibility_modifier) @visibility name: (_) @of)
(abstract_method_signature (accessibility_modifier) @visibility name: (_) @of)
(public_field_definition (accessibility_modifier) @visibility name: (_) @of)

(import_require_clause (identifier) @import.name source: (string) @import.source)

(type_identifier) @use
(extends_clause value: (identifier) @use)

(interface_body (_) @statement)
(object_type (_) @statement)
(enum_body (_) @statement)
(union_type (_) @statement)
`;

export const tsxQuery = `${typescriptQuery}${jsxQuery}`;
