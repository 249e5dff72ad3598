"""The views of the Inside page: one file for each kind of thing that a model can be asked."""
