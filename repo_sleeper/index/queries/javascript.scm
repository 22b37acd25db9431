; Definitions, for JavaScript, TypeScript and TSX alike
(class_declaration name: (_) @class.name) @class
(class name: (_) @class.name) @class
(function_declaration name: (identifier) @function.name) @function
(generator_function_declaration name: (identifier) @function.name) @function
(method_definition
  name: [(property_identifier) (private_property_identifier)] @method.name) @method
(lexical_declaration (variable_declarator
  name: (identifier) @function.name value: [(arrow_function) (function_expression)])) @function
(variable_declaration (variable_declarator
  name: (identifier) @function.name value: [(arrow_function) (function_expression)])) @function
(expression_statement (assignment_expression
  left: [(identifier) @function.name (member_expression property: (property_identifier) @function.name)]
  right: [(arrow_function) (function_expression)])) @function
(function_expression name: (identifier) @function.name) @function
(pair key: (property_identifier) @function.name
  value: [(arrow_function) (function_expression)]) @function
(program (lexical_declaration (variable_declarator name: (identifier) @variable.name)) @variable)
(program (variable_declaration (variable_declarator name: (identifier) @variable.name)) @variable)
(program (export_statement (lexical_declaration
  (variable_declarator name: (identifier) @variable.name)) @variable))
(export_statement) @outer

; References
(call_expression function: [(identifier) @call (member_expression
  property: [(property_identifier) (private_property_identifier)] @call)])
(new_expression constructor: [(identifier) @call (member_expression
  property: (property_identifier) @call)])
(binary_expression operator: "instanceof" right: [(identifier) @type_use
  (member_expression property: (property_identifier) @type_use)])

; A function or a key given by its name
(arguments (identifier) @value)
(subscript_expression index: (identifier) @value)
(computed_property_name (identifier) @value)
(pair value: (identifier) @value)
(shorthand_property_identifier) @value

; Imports
(import_statement) @import
(import_statement source: (string) @import.module)
(import_specifier name: (identifier) @import.name)
(import_clause (identifier) @import.name)
(export_statement source: (string) @import.module) @import
(export_specifier name: (identifier) @export.name)
((variable_declarator name: (object_pattern [(shorthand_property_identifier_pattern) @required
    (pair_pattern key: (property_identifier) @required)])
  value: (call_expression function: (identifier) @_require))
 (#eq? @_require "require"))
(call_expression function: (identifier) @require arguments: (arguments . (string) @require.module))
(call_expression function: (import) arguments: (arguments . (string) @import.module)) @import

(comment) @comment
(string) @string
(template_string) @string
(regex) @string
