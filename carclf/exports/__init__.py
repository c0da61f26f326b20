"""A trained network as files for elsewhere: formats, what was measured, the zip."""
