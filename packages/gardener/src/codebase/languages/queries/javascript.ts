import { ecmascriptQuery, jsxQuery } from './ecmascript.js';

export const javascriptQuery = `${ecmascriptQuery}${jsxQuery}
(class_heritage (identifier) @use)

(field_definition property: (_) @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @symbol.method
`;
