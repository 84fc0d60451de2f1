export const rubyQuery = `
(method name: (_) @name body: (_)? @body) @symbol.function
(singleton_method name: (_) @name body: (_)? @body) @symbol.method
(class name: [(constant) (scope_resolution)] @name body: (_)? @body) @symbol.class
(module name: [(constant) (scope_resolution)] @name body: (_)? @body) @symbol.namespace
(assignment left: (constant) @name right: (_) @body) @symbol.constant

(body_statement (identifier) @visibility.following (#match? @visibility.following "^(private|protected|public|module_function)$"))
(singleton_class "class" @visibility.following)
(call method: (identifier) @visibility arguments: (argument_list [(method name: (_) @of) (singleton_method name: (_) @of)])
  (#match? @visibility "^(private|protected|public|private_class_method)$"))

(call !receiver method: (identifier) @_require arguments: (argument_list (string (string_content) @import.source))
  (#match? @_require "^(require|require_relative|load|autoload)$")) @import

(call method: (identifier) @call (#not-match? @call "^(require|require_relative|attr_reader|attr_writer|attr_accessor|include|extend|prepend|private|protected|public)$"))
(call method: (constant) @call)
(superclass (constant) @use)
(superclass (scope_resolution name: (_) @use))
(call receiver: (constant) @use)
(call arguments: (argument_list (constant) @use))
(scope_resolution scope: (constant) @use)
(exceptions (constant) @use)

[(if) (unless) (elsif) (while) (until) (for) (when) (in_clause) (rescue) (if_modifier) (unless_modifier) (while_modifier)
 (until_modifier) (rescue_modifier) (conditional)] @branch
(binary operator: ["&&" "||" "and" "or"] @branch)

(comment) @comment

(program (_) @statement)
(body_statement (_) @statement)
(block_body (_) @statement)
(then (_) @statement)
(do (_) @statement)
(case (_) @statement)
[(else) (elsif) (rescue) (ensure) (when)] @statement
(hash (_) @statement)
(array (_) @statement)
(argument_list (_) @statement)
`;
