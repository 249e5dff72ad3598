"""Glassbox: architectures, data sets, tasks, one training loop, and the MLflow runs that they leave behind."""
