(class_declaration declaration_kind: "class" name: (type_identifier) @class.name) @class
(class_declaration declaration_kind: "actor" name: (type_identifier) @class.name) @class
(class_declaration declaration_kind: "struct" name: (type_identifier) @struct.name) @struct
(class_declaration declaration_kind: "enum" name: (type_identifier) @enum.name) @enum
(class_declaration declaration_kind: "extension" name: (user_type (type_identifier) @scope.name)) @scope
(protocol_declaration name: (type_identifier) @interface.name) @interface
(function_declaration name: (simple_identifier) @function.name) @function
(protocol_function_declaration name: (simple_identifier) @method.name) @method
(init_declaration name: "init" @method.name) @method
(subscript_declaration "subscript" @method.name) @method
(typealias_declaration name: (type_identifier) @type.name) @type
(enum_entry name: (simple_identifier) @constant.name) @constant
(source_file (property_declaration name: (pattern (simple_identifier) @variable.name)) @variable)
(class_body (property_declaration name: (pattern (simple_identifier) @variable.name)) @variable)
(protocol_property_declaration name: (pattern (simple_identifier) @field.name)) @field

(call_expression . [(simple_identifier) @call
  (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @call))])
; The last name of a type with dots
(inheritance_specifier inherits_from: [(user_type (type_identifier) @inherit .)
  (user_type (type_identifier) @inherit . (type_arguments))])
((navigation_expression target: (simple_identifier) @type_use) (#match? @type_use "^[A-Z]"))
(user_type (type_identifier) @type_use)

(import_declaration (identifier) @import.module) @import

[(comment) (multiline_comment)] @comment
[(line_string_literal) (multi_line_string_literal) (raw_string_literal)] @string
