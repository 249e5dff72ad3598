"""All of MLflow: a run's log (write), what pages read (read), and the store itself (store)."""
