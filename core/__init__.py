"""Glassbox: architectures, data sets, tasks, one training loop, and the MLflow runs that they leave behind."""

import os

# OpenMP's threads spin while they wait for one another. Where another process wants the same cores (the dashboard, a
# second run), spinning made a LeNet step ten times slower on two cores; sleeping costs nothing that could be measured.
# It must be set before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
