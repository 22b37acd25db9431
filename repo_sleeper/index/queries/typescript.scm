(abstract_class_declaration name: (_) @class.name) @class
(interface_declaration name: (type_identifier) @interface.name) @interface
(type_alias_declaration name: (type_identifier) @type.name) @type
(enum_declaration name: (identifier) @enum.name) @enum
(enum_body (property_identifier) @constant.name @constant)
(enum_assignment name: (property_identifier) @constant.name) @constant
(internal_module name: (_) @module.name) @module
(module name: (identifier) @module.name) @module
(function_signature name: (identifier) @function.name) @function
(method_signature name: (property_identifier) @method.name) @method
(abstract_method_signature name: (property_identifier) @method.name) @method
(public_field_definition name: (property_identifier) @field.name) @field
(public_field_definition name: (private_property_identifier) @field.name) @field
(required_parameter ["readonly" (accessibility_modifier)] pattern: (identifier) @field.name) @field
(interface_body (property_signature name: (property_identifier) @field.name) @field)

(class_heritage (extends_clause value: [(identifier) @inherit
  (member_expression property: (property_identifier) @inherit)]))
(class_heritage (implements_clause [(type_identifier) @inherit
  (nested_type_identifier name: (type_identifier) @inherit)
  (generic_type name:
    [(type_identifier) @inherit (nested_type_identifier name: (type_identifier) @inherit)])]))
(extends_type_clause type: [(type_identifier) @inherit
  (nested_type_identifier name: (type_identifier) @inherit)
  (generic_type name:
    [(type_identifier) @inherit (nested_type_identifier name: (type_identifier) @inherit)])])
; Wherever a type stands: annotations, unions, `as`, arguments
(type_identifier) @type_use
(decorator [(identifier) @call (call_expression function: (identifier) @call)])
(import_require_clause source: (string) @import.module)
