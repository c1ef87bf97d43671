"""The condition language: what analysts may say of a call in YAML, and whether it holds.

`model` holds the operators, `evaluate` finds where they hold. Truth has three values, because a
transcript does not always tell: true, false, and unknown (`Result.truth` is None).
"""
