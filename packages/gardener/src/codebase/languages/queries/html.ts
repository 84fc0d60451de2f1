/** Pages: regions with an id are sections, elements are where a page may be divided. */
export const htmlQuery = `
(element (start_tag (attribute (attribute_name) @_id (quoted_attribute_value (attribute_value) @name)) (#eq? @_id "id")) . (_) @body) @symbol.section

(script_element (start_tag (attribute (attribute_name) @_src (quoted_attribute_value (attribute_value) @import.source))
  (#eq? @_src "src"))) @import
(element (start_tag (tag_name) @_link (attribute (attribute_name) @_href (quoted_attribute_value (attribute_value) @import.source)))
  (#eq? @_link "link") (#eq? @_href "href")) @import

(comment) @comment

(document (_) @statement)
(element (_) @statement)
`;
