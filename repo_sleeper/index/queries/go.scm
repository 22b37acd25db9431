(function_declaration name: (identifier) @function.name) @function
(method_declaration receiver: (parameter_list (parameter_declaration type:
  [(type_identifier) @qualifier (pointer_type (type_identifier) @qualifier)
   (generic_type type: (type_identifier) @qualifier)
   (pointer_type (generic_type type: (type_identifier) @qualifier))]))
  name: (field_identifier) @method.name) @method
(type_declaration (type_spec name: (type_identifier) @struct.name type: (struct_type)) @struct)
(type_declaration (type_spec name: (type_identifier) @interface.name type: (interface_type)) @interface)
(type_declaration (type_spec name: (type_identifier) @type.name) @type)
(type_declaration (type_alias name: (type_identifier) @type.name) @type)
(source_file (const_declaration (const_spec name: (identifier) @constant.name) @constant))
(source_file (var_declaration (var_spec name: (identifier) @variable.name) @variable))
(source_file (var_declaration (var_spec_list (var_spec name: (identifier) @variable.name) @variable)))
(interface_type (method_elem name: (field_identifier) @method.name) @method)
(type_spec type: (struct_type (field_declaration_list
  (field_declaration name: (field_identifier) @field.name) @field)))
(type_declaration) @outer

(call_expression function: [(identifier) @call (selector_expression field: (field_identifier) @call)
  (type_instantiation_expression type: (type_identifier) @call)])
; `sum[int](1)`, which may be a conversion as well
(type_conversion_expression type: (generic_type
  type: [(type_identifier) @call (qualified_type name: (type_identifier) @call)]))
(composite_literal type: [(type_identifier) @call (qualified_type name: (type_identifier) @call)])
(field_declaration !name type: [(type_identifier) @inherit (pointer_type (type_identifier) @inherit)
  (qualified_type name: (type_identifier) @inherit)
  (generic_type type: [(type_identifier) @inherit (qualified_type name: (type_identifier) @inherit)])])
(interface_type (type_elem . [(type_identifier) @inherit (qualified_type name: (type_identifier) @inherit)
  (generic_type type:
    [(type_identifier) @inherit (qualified_type name: (type_identifier) @inherit)])] .))
; Wherever a type stands: parameters, results, fields, variables, assertions, cases
(type_identifier) @type_use

(import_spec path: (interpreted_string_literal) @import.module) @import

(comment) @comment
(interpreted_string_literal) @string
(raw_string_literal) @string
(rune_literal) @string
