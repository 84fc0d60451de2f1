import { cFamilyQuery, functionDefinitions } from './c-family.js';

const POINTERS = [
  '(pointer_declarator declarator: INNER)',
  '(pointer_declarator declarator: (pointer_declarator declarator: INNER))',
];

export const cQuery = `${cFamilyQuery}
${functionDefinitions('(identifier) @name', 'function', POINTERS)}

(function_definition (storage_class_specifier) @visibility declarator: (function_declarator declarator: (identifier) @of))
(function_definition (storage_class_specifier) @visibility declarator: (pointer_declarator declarator:
  (function_declarator declarator: (identifier) @of)))
`;
