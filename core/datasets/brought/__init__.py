"""What a person can bring, each form in a file of its own, which own.py finds here."""
