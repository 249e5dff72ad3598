"""Look-inside computations: a model and an input give named arrays. No drawing."""
