"""One file an architecture (or a close family): module, settings, card."""
