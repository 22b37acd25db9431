(class_specifier name: [(type_identifier) @class.name (template_type name: (type_identifier) @class.name)
  (qualified_identifier scope: (_) @qualifier name: (type_identifier) @class.name)] body: (_)) @class
(struct_specifier name: [(template_type name: (type_identifier) @struct.name)
  (qualified_identifier scope: (_) @qualifier name: (type_identifier) @struct.name)] body: (_)) @struct
(namespace_definition name: (namespace_identifier) @module.name) @module
(namespace_definition name: (nested_namespace_specifier (namespace_identifier) @qualifier
  (namespace_identifier) @module.name)) @module
(namespace_definition name: (nested_namespace_specifier (namespace_identifier) @qualifier
  (nested_namespace_specifier (namespace_identifier) @qualifier
    (namespace_identifier) @module.name))) @module
; TEST(CartTest, Totals) { ... } is a test called CartTest.Totals
((function_definition !type declarator: (function_declarator declarator: (identifier) @not.name
  parameters: (parameter_list . (parameter_declaration type: (type_identifier) @qualifier)
    . (parameter_declaration type: (type_identifier) @function.name) .))) @function
 (#any-of? @not.name "TEST" "TEST_F" "TEST_P" "TYPED_TEST" "TYPED_TEST_P"))
(function_definition declarator: (function_declarator
  declarator: (field_identifier) @method.name)) @method
(function_definition declarator: [(pointer_declarator (function_declarator
  declarator: (field_identifier) @method.name)) (reference_declarator (function_declarator
  declarator: (field_identifier) @method.name))]) @method
(function_definition declarator: (function_declarator
  declarator: [(destructor_name) (operator_name)] @method.name)) @method
(function_definition declarator: (function_declarator declarator: (qualified_identifier
  scope: (_) @qualifier name: [(identifier) (destructor_name) (operator_name)] @method.name))) @method
(function_definition declarator: [(pointer_declarator (function_declarator declarator:
  (qualified_identifier scope: (_) @qualifier name: (identifier) @method.name)))
  (reference_declarator (function_declarator declarator:
  (qualified_identifier scope: (_) @qualifier name: [(identifier) (operator_name)] @method.name)))]) @method
(function_definition declarator: (function_declarator declarator: (qualified_identifier
  scope: (_) @qualifier name: (qualified_identifier scope: (_) @qualifier
  name: [(identifier) (destructor_name) (operator_name)] @method.name)))) @method
(field_declaration declarator: [(function_declarator
  declarator: [(field_identifier) (operator_name)] @method.name)
  (pointer_declarator declarator: (function_declarator declarator: (field_identifier) @method.name))
  (reference_declarator (function_declarator
    declarator: [(field_identifier) (operator_name)] @method.name))]) @method
(field_declaration declarator: (reference_declarator (field_identifier) @field.name)) @field
(field_declaration_list (declaration declarator: (function_declarator
  declarator: [(identifier) (destructor_name)] @method.name)) @method @loose)
(declaration declarator: (reference_declarator (function_declarator
  declarator: (identifier) @declaration.name))) @declaration
; `void Flush() REQUIRES(lock);` is not read as a method: the annotation has its place
(field_declaration (ERROR (function_declarator declarator: (field_identifier) @method.name))
  declarator: (function_declarator declarator: (_) @not.name)) @method
(function_definition (ERROR (function_declarator declarator: (field_identifier) @method.name))
  declarator: (function_declarator declarator: (_) @not.name)) @method
(alias_declaration name: (type_identifier) @type.name) @type
(concept_definition name: (identifier) @type.name) @type
(template_declaration) @outer

(call_expression function: [(qualified_identifier name: (identifier) @call)
  (template_function name: (identifier) @call)
  (qualified_identifier name: (template_function name: (identifier) @call))
  (qualified_identifier name: (qualified_identifier name: [(identifier) @call
    (template_function name: (identifier) @call)
    (qualified_identifier name: [(identifier) @call
      (template_function name: (identifier) @call)])]))
  (field_expression field: (template_method name: (field_identifier) @call))])
(compound_literal_expression type: [(type_identifier) @call (template_type name: (type_identifier) @call)
  (qualified_identifier name: [(type_identifier) @call (template_type name: (type_identifier) @call)])])
(new_expression type: [(type_identifier) @call (template_type name: (type_identifier) @call)
  (qualified_identifier name: [(type_identifier) @call
    (template_type name: (type_identifier) @call)])])
(base_class_clause [(type_identifier) @inherit (template_type name: (type_identifier) @inherit)
  (qualified_identifier name: [(type_identifier) @inherit
    (template_type name: (type_identifier) @inherit)
    (qualified_identifier name: [(type_identifier) @inherit
      (template_type name: (type_identifier) @inherit)])])])
; What a name stands in is a class where it is written as one: `Totals::Of(cart)`
((call_expression function: (qualified_identifier scope: (namespace_identifier) @type_use))
 (#match? @type_use "^[A-Z]"))

(raw_string_literal) @string
