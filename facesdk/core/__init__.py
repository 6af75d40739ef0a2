"""Names and array types that every other part uses."""
