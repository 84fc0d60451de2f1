/** Settings and other data: the top-level keys that hold more than one line are sections. */
export const yamlQuery = `
(document (block_node (block_mapping (block_mapping_pair key: (_) @name value: (block_node) @body) @symbol.section)))

(comment) @comment

(stream (document) @statement)
(block_mapping (_) @statement)
(block_sequence (_) @statement)
`;
