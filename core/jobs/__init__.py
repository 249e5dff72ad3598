"""The queue, the supervisor and the workers."""
