(function_declaration name: [(identifier) @function.name
  (dot_index_expression table: (_) @qualifier field: (identifier) @function.name)
  (method_index_expression table: (_) @qualifier method: (identifier) @method.name)]) @function
(function_declaration name:
  (method_index_expression method: (identifier) @method.name)) @method
(assignment_statement (variable_list . name: [(identifier) @function.name
  (dot_index_expression table: (_) @qualifier field: (identifier) @function.name)])
  (expression_list . value: (function_definition))) @function
(field name: (identifier) @function.name value: (function_definition)) @function
(chunk (variable_declaration (assignment_statement
  (variable_list name: (identifier) @variable.name))) @variable)
(chunk (variable_declaration (variable_list name: (identifier) @variable.name)) @variable)

(chunk (assignment_statement (variable_list . name: (identifier) @variable.name)
  (expression_list . value: (table_constructor))) @variable)

(function_call name: [(identifier) @call (dot_index_expression field: (identifier) @call)
  (method_index_expression method: (identifier) @call)])

(function_call name: (identifier) @require arguments: (arguments . (string) @require.module))

(comment) @comment
(string) @string
