"""The only two ways in which names and values are written into SQL text."""


def quote_identifier(name: str) -> str:
    """A name as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """A text as a string constant, whatever standard_conforming_strings says; NUL is refused before."""
    doubled = text.replace("'", "''")
    if "\\" in doubled:
        return "E'" + doubled.replace("\\", "\\\\") + "'"
    return f"'{doubled}'"


def qualified(schema: str, name: str) -> str:
    """A name in a schema; the name alone without one."""
    return f"{quote_identifier(schema)}.{quote_identifier(name)}" if schema else quote_identifier(name)
