"""The parts of the Compare page: which runs, and what is told of them side by side."""
