"""The OpenAPI 3.1 document of the whole API: one file per dialect that describes its operations as plain data."""
