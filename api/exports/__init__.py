"""Downloads of a whole list, as CSV and XLSX."""
