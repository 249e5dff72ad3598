"""Reports: what their blocks show, how they are edited, and how they are exported."""
