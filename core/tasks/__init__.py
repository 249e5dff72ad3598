"""One file a task: loss, measures, step and previews."""
