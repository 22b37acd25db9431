; C, and what C++ shares with it
(function_definition declarator: (function_declarator
  declarator: (identifier) @function.name)) @function
(function_definition declarator: (pointer_declarator declarator: [(function_declarator
  declarator: (identifier) @function.name) (pointer_declarator declarator: (function_declarator
  declarator: (identifier) @function.name))])) @function
; What a macro that opens a block makes of `if (x) {` is no function
((function_definition declarator: (function_declarator declarator: (identifier) @not.name))
 (#any-of? @not.name "if" "for" "while" "switch" "return" "else"))
; Prototypes; inside functions they are dropped, for most are variables made by a constructor
(declaration declarator: [(function_declarator declarator: (identifier) @declaration.name)
  (pointer_declarator declarator: [(function_declarator declarator: (identifier) @declaration.name)
    (pointer_declarator declarator:
      (function_declarator declarator: (identifier) @declaration.name))])]) @declaration
(struct_specifier name: (type_identifier) @struct.name body: (_)) @struct
(union_specifier name: (type_identifier) @struct.name body: (_)) @struct
(enum_specifier name: (type_identifier) @enum.name body: (_)) @enum
(enumerator name: (identifier) @constant.name) @constant
(type_definition type: [(struct_specifier !name) (union_specifier !name)]
  declarator: (type_identifier) @struct.name) @struct
(type_definition type: (enum_specifier !name) declarator: (type_identifier) @enum.name) @enum
(type_definition declarator: (type_identifier) @type.name) @type
(type_definition declarator: (pointer_declarator declarator: (type_identifier) @type.name)) @type
(type_definition declarator: (function_declarator declarator: (parenthesized_declarator
  (pointer_declarator declarator: (type_identifier) @type.name)))) @type
(type_definition declarator: (pointer_declarator declarator: (function_declarator
  declarator: (parenthesized_declarator
    (pointer_declarator declarator: (type_identifier) @type.name))))) @type
(preproc_def name: (identifier) @macro.name) @macro
(preproc_function_def name: (identifier) @macro.name) @macro
; Variables of a file, also within `#if` and `extern "C"`
(translation_unit (declaration declarator: [(identifier) @variable.name
  (pointer_declarator declarator: [(identifier) @variable.name
    (array_declarator declarator: (identifier) @variable.name)])
  (array_declarator declarator: (identifier) @variable.name)
  (init_declarator declarator: [(identifier) @variable.name
    (pointer_declarator declarator: [(identifier) @variable.name
      (array_declarator declarator: (identifier) @variable.name)])
    (array_declarator declarator: [(identifier) @variable.name
      (array_declarator declarator: (identifier) @variable.name)])])]) @variable)
(preproc_ifdef (declaration declarator: [(identifier) @variable.name
  (pointer_declarator declarator: [(identifier) @variable.name
    (array_declarator declarator: (identifier) @variable.name)])
  (array_declarator declarator: (identifier) @variable.name)
  (init_declarator declarator: [(identifier) @variable.name
    (pointer_declarator declarator: [(identifier) @variable.name
      (array_declarator declarator: (identifier) @variable.name)])
    (array_declarator declarator: [(identifier) @variable.name
      (array_declarator declarator: (identifier) @variable.name)])])]) @variable @loose)
(preproc_if (declaration declarator: [(identifier) @variable.name
  (pointer_declarator declarator: [(identifier) @variable.name
    (array_declarator declarator: (identifier) @variable.name)])
  (array_declarator declarator: (identifier) @variable.name)
  (init_declarator declarator: [(identifier) @variable.name
    (pointer_declarator declarator: [(identifier) @variable.name
      (array_declarator declarator: (identifier) @variable.name)])
    (array_declarator declarator: [(identifier) @variable.name
      (array_declarator declarator: (identifier) @variable.name)])])]) @variable @loose)
(preproc_else (declaration declarator: [(identifier) @variable.name
  (pointer_declarator declarator: [(identifier) @variable.name
    (array_declarator declarator: (identifier) @variable.name)])
  (array_declarator declarator: (identifier) @variable.name)
  (init_declarator declarator: [(identifier) @variable.name
    (pointer_declarator declarator: [(identifier) @variable.name
      (array_declarator declarator: (identifier) @variable.name)])
    (array_declarator declarator: [(identifier) @variable.name
      (array_declarator declarator: (identifier) @variable.name)])])]) @variable @loose)
(declaration_list (declaration declarator: [(identifier) @variable.name
  (pointer_declarator declarator: [(identifier) @variable.name
    (array_declarator declarator: (identifier) @variable.name)])
  (array_declarator declarator: (identifier) @variable.name)
  (init_declarator declarator: [(identifier) @variable.name
    (pointer_declarator declarator: [(identifier) @variable.name
      (array_declarator declarator: (identifier) @variable.name)])
    (array_declarator declarator: [(identifier) @variable.name
      (array_declarator declarator: (identifier) @variable.name)])])]) @variable)
(field_declaration declarator: (field_identifier) @field.name) @field
(field_declaration declarator: (pointer_declarator declarator: (field_identifier) @field.name)) @field
(field_declaration declarator: (array_declarator declarator: (field_identifier) @field.name)) @field
(field_declaration declarator: (pointer_declarator declarator: (pointer_declarator
  declarator: (field_identifier) @field.name))) @field
(field_declaration declarator: (function_declarator declarator: (parenthesized_declarator
  (pointer_declarator declarator: (field_identifier) @field.name)))) @field

(call_expression function: [(identifier) @call (field_expression field: (field_identifier) @call)])
; Wherever a type stands: parameters, fields, variables, results, casts, `sizeof`
(type_identifier) @type_use

; A function given by its name: as an argument, in a table, to a variable
(argument_list (identifier) @value)
(argument_list (pointer_expression argument: (identifier) @value))
(initializer_list [(identifier) @value (pointer_expression argument: (identifier) @value)])
(initializer_pair value: (identifier) @value)
(assignment_expression right: (identifier) @value)
(init_declarator value: (identifier) @value)

(preproc_include path: (_) @import.module) @import

(comment) @comment
[(string_literal) (char_literal)] @string
