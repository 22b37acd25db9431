(jsx_opening_element name: [(identifier) @element (member_expression
  property: (property_identifier) @element)])
(jsx_self_closing_element name: [(identifier) @element (member_expression
  property: (property_identifier) @element)])
(jsx_text) @string
