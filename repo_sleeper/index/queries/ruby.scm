(class name: [(constant) @class.name (scope_resolution name: (constant) @class.name)]) @class
(module name: [(constant) @module.name (scope_resolution name: (constant) @module.name)]) @module
(class (body_statement (method name: (_) @method.name) @method))
(module (body_statement (method name: (_) @method.name) @method))
(singleton_class (body_statement (method name: (_) @method.name) @method))
(method name: (_) @function.name) @function
(singleton_method name: (_) @method.name) @method
(assignment left: [(constant) @constant.name
  (left_assignment_list (constant) @constant.name)]) @constant
((call !receiver method: (identifier) @_attr arguments: (argument_list (simple_symbol) @field.name)) @field
 (#any-of? @_attr "attr_accessor" "attr_reader" "attr_writer" "attr"))

(call method: [(identifier) @call (constant) @call])
(call receiver: (constant) @type_use)
(call receiver: (scope_resolution name: (constant) @type_use))
(exceptions [(constant) @type_use (scope_resolution name: (constant) @type_use)])
(pattern [(constant) @type_use (scope_resolution name: (constant) @type_use)])
(argument_list [(constant) @type_use (scope_resolution name: (constant) @type_use)])
(superclass [(constant) @inherit (scope_resolution name: (constant) @inherit)])
((call !receiver method: (identifier) @_mix
  arguments: (argument_list [(constant) @inherit (scope_resolution name: (constant) @inherit)]))
 (#any-of? @_mix "include" "extend" "prepend"))
((call receiver: (constant) @_class method: (identifier) @_new
  arguments: (argument_list . [(constant) @inherit (scope_resolution name: (constant) @inherit)]))
 (#eq? @_class "Class") (#eq? @_new "new"))
(body_statement (identifier) @call)
(identifier) @bare
((call method: (identifier) @_send arguments: (argument_list . (simple_symbol) @sent))
 (#any-of? @_send "send" "public_send" "__send__" "method" "instance_method" "respond_to?"))
(block_argument (simple_symbol) @sent)
[(assignment left: (identifier) @variable)
 (operator_assignment left: (identifier) @variable)
 (left_assignment_list (identifier) @variable)
 (exception_variable (identifier) @variable)
 (for pattern: (identifier) @variable)
 (method_parameters (identifier) @variable)
 (block_parameters (identifier) @variable)
 (lambda_parameters (identifier) @variable)
 (optional_parameter name: (identifier) @variable)
 (keyword_parameter name: (identifier) @variable)
 (splat_parameter name: (identifier) @variable)
 (hash_splat_parameter name: (identifier) @variable)
 (block_parameter name: (identifier) @variable)]

(call !receiver method: (identifier) @require arguments: (argument_list . (string) @require.module))

(comment) @comment
[(string) (string_array) (symbol_array) (heredoc_body) (regex) (subshell) (character)] @string
