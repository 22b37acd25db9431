(struct_item name: (type_identifier) @struct.name) @struct
(union_item name: (type_identifier) @struct.name) @struct
(enum_item name: (type_identifier) @enum.name) @enum
(trait_item name: (type_identifier) @trait.name) @trait
(type_item name: (type_identifier) @type.name) @type
(associated_type name: (type_identifier) @type.name) @type
(mod_item name: (identifier) @module.name) @module
(function_item name: (identifier) @function.name) @function
(function_signature_item name: (identifier) @function.name) @function
(macro_definition name: (identifier) @macro.name) @macro
(const_item name: (identifier) @constant.name) @constant
(static_item name: (identifier) @constant.name) @constant
(field_declaration name: (field_identifier) @field.name) @field
(enum_variant name: (identifier) @constant.name) @constant
(impl_item type: [(type_identifier) @scope.name (generic_type type: (type_identifier) @scope.name)
  (scoped_type_identifier name: (type_identifier) @scope.name)
  (reference_type type: (type_identifier) @scope.name)]) @scope
(attribute_item) @attribute
(source_file (macro_invocation (token_tree) @items))
(declaration_list (macro_invocation (token_tree) @items))

(call_expression function: [(identifier) @call (scoped_identifier name: (identifier) @call)
  (field_expression field: (field_identifier) @call)
  (generic_function function: [(identifier) @call (scoped_identifier name: (identifier) @call)
    (field_expression field: (field_identifier) @call)])])
; In a macro there are but tokens: a name before its brackets is called
(token_tree (identifier) @token)
(macro_invocation macro: [(identifier) @macro_use (scoped_identifier name: (identifier) @macro_use)])
(struct_expression name: [(type_identifier) @call (scoped_type_identifier name: (type_identifier) @call)])
(impl_item trait: [(type_identifier) @inherit (scoped_type_identifier name: (type_identifier) @inherit)
  (generic_type type:
    [(type_identifier) @inherit (scoped_type_identifier name: (type_identifier) @inherit)])])
(trait_item bounds: (trait_bounds [(type_identifier) @inherit
  (scoped_type_identifier name: (type_identifier) @inherit)
  (generic_type type:
    [(type_identifier) @inherit (scoped_type_identifier name: (type_identifier) @inherit)])]))
; Wherever a type stands, and what a path goes through: `Cart::new`, `Error::Empty`
(type_identifier) @type_use
((scoped_identifier path: [(identifier) @type_use (scoped_identifier name: (identifier) @type_use)])
 (#match? @type_use "^[A-Z]"))

(use_declaration argument: (_) @import.module) @import
(extern_crate_declaration name: (identifier) @import.module) @import

[(line_comment) (block_comment)] @comment
[(string_literal) (raw_string_literal) (char_literal)] @string
