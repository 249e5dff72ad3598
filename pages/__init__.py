"""One file a page: reads widgets, calls core, draws."""
