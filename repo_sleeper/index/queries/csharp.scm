(class_declaration name: (identifier) @class.name) @class
(record_declaration name: (identifier) @class.name) @class
(struct_declaration name: (identifier) @struct.name) @struct
(interface_declaration name: (identifier) @interface.name) @interface
(enum_declaration name: (identifier) @enum.name) @enum
(enum_member_declaration name: (identifier) @constant.name) @constant
(delegate_declaration name: (identifier) @type.name) @type
(namespace_declaration name: (_) @module.name) @module
(file_scoped_namespace_declaration name: (_) @module.name) @module @rest
(method_declaration name: (identifier) @method.name) @method
(constructor_declaration name: (identifier) @method.name) @method
(destructor_declaration name: (identifier) @method.name) @method
(local_function_statement name: (identifier) @function.name) @function
(property_declaration name: (identifier) @field.name) @field
(event_declaration name: (identifier) @field.name) @field
(event_field_declaration (variable_declaration
  (variable_declarator name: (identifier) @field.name))) @field
(field_declaration (variable_declaration (variable_declarator name: (identifier) @variable.name))) @variable
(record_declaration (parameter_list (parameter name: (identifier) @field.name) @field))

(invocation_expression function: [(identifier) @call
  (member_access_expression name: (identifier) @call)
  (generic_name (identifier) @call)
  (member_access_expression name: (generic_name (identifier) @call))
  (conditional_access_expression (member_binding_expression name: (identifier) @call))])
(object_creation_expression type: [(identifier) @call (generic_name (identifier) @call)
  (qualified_name name: (identifier) @call)])
(attribute name: (identifier) @call)
(base_list [(identifier) @inherit (generic_name (identifier) @inherit)
  (qualified_name name: [(identifier) @inherit (generic_name (identifier) @inherit)])
  (primary_constructor_base_type type: [(identifier) @inherit (generic_name (identifier) @inherit)
    (qualified_name name: [(identifier) @inherit (generic_name (identifier) @inherit)])])])
(parameter type: [(identifier) @type_use (generic_name (identifier) @type_use)])
(variable_declaration type: [(identifier) @type_use (generic_name (identifier) @type_use)])
(property_declaration type: [(identifier) @type_use (generic_name (identifier) @type_use)])
(method_declaration returns: [(identifier) @type_use (generic_name (identifier) @type_use)])
(type_argument_list (identifier) @type_use)
[(is_pattern_expression pattern: (constant_pattern (identifier) @type_use))
 (is_expression right: [(identifier) @type_use (generic_name (identifier) @type_use)])
 (nullable_type type: [(identifier) @type_use (generic_name (identifier) @type_use)])
 (array_type type: [(identifier) @type_use (generic_name (identifier) @type_use)])
 (cast_expression type: [(identifier) @type_use (generic_name (identifier) @type_use)])
 (declaration_pattern type: [(identifier) @type_use (generic_name (identifier) @type_use)])
 (typeof_expression type: [(identifier) @type_use (generic_name (identifier) @type_use)])
 (type_parameter_constraint type: [(identifier) @type_use (generic_name (identifier) @type_use)])
 (as_expression right: [(identifier) @type_use (generic_name (identifier) @type_use)])
 (catch_declaration type: (identifier) @type_use)]
; What stands before a dot is a class where it is written as one: `Totals.Of(cart)`
((member_access_expression expression: (identifier) @type_use) (#match? @type_use "^[A-Z]"))

(using_directive [(identifier) (qualified_name)] @import.module .) @import

(comment) @comment
[(string_literal) (verbatim_string_literal) (raw_string_literal) (interpolated_string_expression)
 (character_literal)] @string
