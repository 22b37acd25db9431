(class_declaration name: (name) @class.name) @class
(interface_declaration name: (name) @interface.name) @interface
(trait_declaration name: (name) @trait.name) @trait
(enum_declaration name: (name) @enum.name) @enum
(enum_case name: (name) @constant.name) @constant
(function_definition name: (name) @function.name) @function
(method_declaration name: (name) @method.name) @method
(const_declaration (const_element (name) @constant.name)) @constant
(property_declaration (property_element name: (variable_name (name) @field.name))) @field
(property_promotion_parameter name: (variable_name (name) @field.name)) @field

(function_call_expression function: [(name) @call (qualified_name (name) @call)])
(member_call_expression name: (name) @call)
(nullsafe_member_call_expression name: (name) @call)
(scoped_call_expression name: (name) @call)
(scoped_call_expression scope: [(name) @type_use (qualified_name (name) @type_use)])
(class_constant_access_expression . [(name) @type_use (qualified_name (name) @type_use)])
(binary_expression operator: "instanceof" right: [(name) @type_use (qualified_name (name) @type_use)])
(object_creation_expression [(name) @call (qualified_name (name) @call)])
(attribute (name) @call)
(base_clause [(name) @inherit (qualified_name (name) @inherit)])
(class_interface_clause [(name) @inherit (qualified_name (name) @inherit)])
(use_declaration [(name) @inherit (qualified_name (name) @inherit)])
(binary_expression operator: "instanceof" right: [(name) @type_use
  (qualified_name (name) @type_use)])
(class_constant_access_expression . [(name) @type_use (qualified_name (name) @type_use)])
(named_type [(name) @type_use (qualified_name (name) @type_use)])

(namespace_use_declaration) @import
(namespace_use_declaration !body (namespace_use_clause [(name) (qualified_name)] @import.module))
(namespace_use_declaration (namespace_name) @import.module body: (namespace_use_group
  (namespace_use_clause . [(name) (qualified_name)] @import.name)))
[(require_expression (string) @import.module) (require_once_expression (string) @import.module)
 (include_expression (string) @import.module) (include_once_expression (string) @import.module)
 (require_once_expression (binary_expression right: (string) @import.module))
 (require_expression (binary_expression right: (string) @import.module))] @import

(comment) @comment
[(string) (encapsed_string) (heredoc) (nowdoc) (text)] @string
