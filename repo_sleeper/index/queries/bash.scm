(function_definition name: (word) @function.name) @function
(program (variable_assignment name: (variable_name) @variable.name) @variable)
(program (declaration_command (variable_assignment name: (variable_name) @variable.name)) @variable)

(command name: (command_name (word) @call))

(command name: (command_name (word) @require) . argument: [(word) (string) (raw_string) (concatenation)] @require.module)

(comment) @comment
[(string) (raw_string) (ansi_c_string) (heredoc_body)] @string
