(class_definition name: (identifier) @class.name) @class
(object_definition name: (identifier) @class.name) @class
(trait_definition name: (identifier) @trait.name) @trait
(enum_definition name: (identifier) @enum.name) @enum
(simple_enum_case name: (identifier) @constant.name) @constant
(full_enum_case name: (identifier) @constant.name) @constant
(function_definition name: (identifier) @function.name) @function
(function_declaration name: (identifier) @function.name) @function
(type_definition name: (type_identifier) @type.name) @type
(template_body (val_definition pattern: (identifier) @variable.name) @variable)
(template_body (var_definition pattern: (identifier) @variable.name) @variable)
(compilation_unit (val_definition pattern: (identifier) @variable.name) @variable)
(template_body (val_declaration name: (identifier) @variable.name) @variable)
(template_body (var_declaration name: (identifier) @variable.name) @variable)
(function_definition name: (operator_identifier) @function.name) @function
(function_declaration name: (operator_identifier) @function.name) @function
; The first parameters of a case class are its fields, of other classes those with `val`
(class_definition "case" [name: (_) type_parameters: (_)] . class_parameters: (class_parameters
  (class_parameter name: (identifier) @field.name) @field))
(class_parameter ["val" "var"] name: (identifier) @field.name) @field
(given_definition name: (identifier) @variable.name) @variable

(call_expression function: [(identifier) @call (field_expression field: (identifier) @call)
  (generic_function function: [(identifier) @call (field_expression field: (identifier) @call)])])
(instance_expression [(type_identifier) @call (stable_type_identifier (type_identifier) @call)
  (generic_type type: [(type_identifier) @call (stable_type_identifier (type_identifier) @call)])])
(extends_clause [(type_identifier) @inherit (stable_type_identifier (type_identifier) @inherit)
  (generic_type type:
    [(type_identifier) @inherit (stable_type_identifier (type_identifier) @inherit)])])
(annotation name: (type_identifier) @call)
; Wherever a type stands, and what a pattern takes apart
(type_identifier) @type_use
(case_class_pattern type: (type_identifier) @call)

(import_declaration) @import.module @import

[(comment) (block_comment)] @comment
[(string) (interpolated_string_expression) (character_literal)] @string
