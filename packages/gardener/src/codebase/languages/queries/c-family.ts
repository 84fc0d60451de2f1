/** What holds the declarations of a file: a header's stand inside the condition that lets it be read once. */
const OUTERMOST = ['translation_unit', 'declaration_list', 'preproc_if', 'preproc_ifdef', 'preproc_else'];

const PROTOTYPE = '(function_declarator declarator: (identifier) @declared)';
/** Prototypes of functions; inside a function the same form declares a variable. */
const prototypes = OUTERMOST.flatMap((around) => [
  `(${around} (declaration declarator: ${PROTOTYPE}))`,
  `(${around} (declaration declarator: (pointer_declarator declarator: ${PROTOTYPE})))`,
]).join('\n');

/** Captures that C's and C++'s grammars share (meaning of the captures: captures.md). */
export const cFamilyQuery = `
(enum_specifier name: (_) @name body: (_) @body) @symbol.enum
(struct_specifier name: (type_identifier) @name body: (_) @body) @symbol.class
(union_specifier name: (type_identifier) @name body: (_) @body) @symbol.class
(type_definition type: (enum_specifier !name body: (_) @body) declarator: (type_identifier) @name) @symbol.enum
(type_definition type: (struct_specifier !name body: (_) @body) declarator: (type_identifier) @name) @symbol.class
(type_definition type: (union_specifier !name body: (_) @body) declarator: (type_identifier) @name) @symbol.class
(type_definition type: [(primitive_type) (type_identifier) (sized_type_specifier) (struct_specifier !body)
  (enum_specifier !body) (union_specifier !body)] declarator: (type_identifier) @name) @symbol.type
(type_definition declarator: (function_declarator declarator: (parenthesized_declarator (pointer_declarator
  declarator: (type_identifier) @name)))) @symbol.type
(preproc_function_def name: (_) @name value: (_) @body) @symbol.function
(preproc_def name: (_) @name value: (_)) @symbol.constant

${prototypes}
(preproc_include path: (_) @import.source) @import

(call_expression function: (identifier) @call)
(call_expression function: (field_expression field: (_) @call))
(type_identifier) @use

[(if_statement) (for_statement) (while_statement) (do_statement) (conditional_expression)] @branch
(case_statement "case" @branch)
(binary_expression operator: ["&&" "||"] @branch)

(comment) @comment

(translation_unit (_) @statement)
(declaration_list (_) @statement)
(compound_statement (_) @statement)
(field_declaration_list (_) @statement)
(enumerator_list (_) @statement)
(initializer_list (_) @statement)
(argument_list (_) @statement)
(preproc_if (_) @statement)
(preproc_ifdef (_) @statement)
[(preproc_else) (preproc_elif) (else_clause)] @statement
(case_statement (_) @statement)
`;

/** Definitions of functions whose declarator, inside its pointers and references, is `declarator`. */
export function functionDefinitions(declarator: string, kind: string, around: readonly string[]): string {
  const inner = `(function_declarator declarator: ${declarator})`;
  const declarators = [inner, ...around.map((outer) => outer.replace('INNER', inner))];
  return declarators
    .map((one) => `(function_definition declarator: ${one} body: (_) @body) @symbol.${kind}\n`)
    .join('');
}
