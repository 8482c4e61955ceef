"""course_lib: small, tested implementations that the lectures import.

Importing the package imports none of its modules: `import course_lib.optimizers` (or any other)
loads that module alone, and no module loads Keras, Matplotlib or scikit-learn before it needs them.
"""

__version__ = "0.1.0"
