"""The code of the study."""
