/** Settings and other data: the top-level keys that hold more than one value are sections. */
export const jsonQuery = `
(document (object (pair key: (string (string_content) @name) value: [(object) (array)] @body) @symbol.section))

(comment) @comment

(object (pair) @statement)
(array (_) @statement)
`;
