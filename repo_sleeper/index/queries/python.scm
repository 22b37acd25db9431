; Definitions
(class_definition name: (identifier) @class.name) @class
(function_definition name: (identifier) @function.name) @function
(decorated_definition) @outer
(module (expression_statement (assignment
  left: [(identifier) @variable.name (pattern_list (identifier) @variable.name)]) @variable))
(class_definition body: (block
  (expression_statement (assignment left: (identifier) @variable.name) @variable)))
(module (type_alias_statement left: (type (identifier) @type.name)) @type)

(class_definition body: (block . (expression_statement (string) @doc)))
(function_definition body: (block . (expression_statement (string) @doc)))

; References
(call function: [(identifier) @call (attribute attribute: (identifier) @call)])
(decorator [(identifier) @call (attribute attribute: (identifier) @call)])
(class_definition superclasses: (argument_list
  [(identifier) @inherit (attribute attribute: (identifier) @inherit)
   (subscript value: [(identifier) @inherit (attribute attribute: (identifier) @inherit)])]))
(type [(identifier) @type_use (attribute attribute: (identifier) @type_use)
  (generic_type (identifier) @type_use)
  (subscript value: [(identifier) @type_use (attribute attribute: (identifier) @type_use)])])
; `Cart | Bill | None`, which the grammar nests to the left
(type (binary_operator [(identifier) @type_use (attribute attribute: (identifier) @type_use)
  (subscript value: [(identifier) @type_use (attribute attribute: (identifier) @type_use)])]))
(type (binary_operator left: (binary_operator [(identifier) @type_use
  (attribute attribute: (identifier) @type_use)
  (subscript value: [(identifier) @type_use (attribute attribute: (identifier) @type_use)])])))
(type (binary_operator left: (binary_operator left: (binary_operator [(identifier) @type_use
  (attribute attribute: (identifier) @type_use)
  (subscript value: [(identifier) @type_use (attribute attribute: (identifier) @type_use)])]))))

; An error that is handled or raised, a class that is asked for or taken apart
(except_clause [(identifier) @type_use (attribute attribute: (identifier) @type_use)
  (tuple [(identifier) @type_use (attribute attribute: (identifier) @type_use)])
  (as_pattern . [(identifier) @type_use (attribute attribute: (identifier) @type_use)
    (tuple [(identifier) @type_use (attribute attribute: (identifier) @type_use)])])])
(raise_statement . [(identifier) @value (attribute attribute: (identifier) @type_use)])
(class_pattern (dotted_name (identifier) @type_use .))

; A function or a class given by its name
(argument_list [(identifier) @value (tuple (identifier) @value)])
(keyword_argument value: (identifier) @value)
(pair value: (identifier) @value)
(list (identifier) @value)

; Imports
(import_statement) @import
(import_statement name: (dotted_name) @import.module)
(import_statement name: (aliased_import name: (dotted_name) @import.module))
(import_from_statement module_name: (_) @import.module) @import
(import_from_statement name: (dotted_name) @import.name)
(import_from_statement name: (aliased_import name: (dotted_name) @import.name))

(comment) @comment
(string) @string
