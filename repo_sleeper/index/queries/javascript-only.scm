(class_declaration (class_heritage [(identifier) @inherit
  (member_expression property: (property_identifier) @inherit)]))
(field_definition
  property: [(property_identifier) (private_property_identifier)] @field.name) @field
