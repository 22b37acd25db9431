(function_definition name: (word) @function.name) @function
(program (variable_assignment name: (variable_name) @variable.name) @variable)
(program (declaration_command (variable_assignment name: (variable_name) @variable.name)) @variable)

(command name: (command_name (word) @call))
; `run total 1` of bats and `trap clean_up EXIT` call what they are given
((command name: (command_name (word) @runs) . argument: (word) @call)
 (#any-of? @runs "run" "trap") (#match? @call "^[a-zA-Z_]"))
((command name: (command_name (word) @runs) . argument: [(word) (number)] @option
  . argument: (word) @call)
 (#eq? @runs "run") (#match? @option "^[-!]") (#match? @call "^[a-zA-Z_]"))
((command name: (command_name (word) @runs) . argument: [(word) (number)] @option
  . argument: [(word) (number)] @option . argument: (word) @call)
 (#eq? @runs "run") (#match? @option "^[-!]") (#match? @call "^[a-zA-Z_]"))

(command name: (command_name (word) @require) . argument: [(word) (string) (raw_string) (concatenation)] @require.module)

(comment) @comment
[(string) (raw_string) (ansi_c_string) (heredoc_body)] @string
