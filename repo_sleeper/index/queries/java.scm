(class_declaration name: (identifier) @class.name) @class
(record_declaration name: (identifier) @class.name) @class
(interface_declaration name: (identifier) @interface.name) @interface
(annotation_type_declaration name: (identifier) @interface.name) @interface
(enum_declaration name: (identifier) @enum.name) @enum
(enum_constant name: (identifier) @constant.name) @constant
(method_declaration name: (identifier) @method.name) @method
(annotation_type_element_declaration name: (identifier) @method.name) @method
(constructor_declaration name: (identifier) @method.name) @method
(field_declaration declarator: (variable_declarator name: (identifier) @variable.name)) @variable
(constant_declaration declarator: (variable_declarator name: (identifier) @constant.name)) @constant

(method_invocation name: (identifier) @call)
(object_creation_expression type: [(type_identifier) @call (generic_type (type_identifier) @call)
  (scoped_type_identifier (type_identifier) @call .)
  (generic_type (scoped_type_identifier (type_identifier) @call .))])
(method_reference (identifier) @call .)
[(marker_annotation name: (identifier) @call) (annotation name: (identifier) @call)]
(superclass [(type_identifier) @inherit (scoped_type_identifier (type_identifier) @inherit .)
  (generic_type [(type_identifier) @inherit (scoped_type_identifier (type_identifier) @inherit .)])])
(super_interfaces (type_list [(type_identifier) @inherit
  (scoped_type_identifier (type_identifier) @inherit .)
  (generic_type [(type_identifier) @inherit (scoped_type_identifier (type_identifier) @inherit .)])]))
(extends_interfaces (type_list [(type_identifier) @inherit
  (scoped_type_identifier (type_identifier) @inherit .)
  (generic_type [(type_identifier) @inherit (scoped_type_identifier (type_identifier) @inherit .)])]))
; Wherever a type stands: parameters, `throws`, `catch`, `instanceof`, casts, arguments
(type_identifier) @type_use

(import_declaration [(scoped_identifier) (identifier)] @import.module) @import

[(line_comment) (block_comment)] @comment
[(string_literal) (character_literal)] @string
