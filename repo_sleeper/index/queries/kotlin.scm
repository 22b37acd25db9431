(class_declaration "class" name: (identifier) @class.name) @class
(class_declaration "interface" name: (identifier) @interface.name) @interface
(class_declaration (modifiers (class_modifier "enum")) name: (identifier) @enum.name) @enum
(object_declaration name: (identifier) @class.name) @class
(enum_entry (identifier) @constant.name) @constant
(function_declaration name: (identifier) @function.name) @function
(function_declaration (user_type . (identifier) @qualifier) "." name: (identifier))
(type_alias type: (identifier) @type.name) @type
(source_file (property_declaration (variable_declaration (identifier) @variable.name)) @variable)
(class_body (property_declaration (variable_declaration (identifier) @variable.name)) @variable)
(class_parameter ["val" "var"] . (identifier) @field.name) @field

(call_expression . [(identifier) @call (navigation_expression (identifier) @call .)])
(callable_reference (identifier) @call .)
; `sum<Int>(x)`, which the grammar takes for comparisons
(binary_expression left: (binary_expression
    left: [(identifier) @call (navigation_expression (identifier) @call .)]
    "<" right: (identifier) @type_use)
  ">" right: (parenthesized_expression))
; The last name of a type with dots
(delegation_specifier [
  (user_type (identifier) @inherit .) (user_type (identifier) @inherit . (type_arguments))
  (constructor_invocation
    [(user_type (identifier) @inherit .) (user_type (identifier) @inherit . (type_arguments))])
  (explicit_delegation
    [(user_type (identifier) @inherit .) (user_type (identifier) @inherit . (type_arguments))])])
(annotation [(user_type (identifier) @call) (constructor_invocation (user_type (identifier) @call))])
(user_type (identifier) @type_use)

(import (qualified_identifier) @import.module) @import

[(line_comment) (block_comment)] @comment
[(string_literal) (multiline_string_literal) (character_literal)] @string
