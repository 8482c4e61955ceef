"""course_tools: what authors and instructors run. The way of a lecture, a module a station:

project (paths and names) -> lecture (one file, read) -> lint (read, not run) -> keys and dependencies (must it run?)
-> runner (workers side by side) -> execute (papermill) -> validate (nbval) -> stage and pages -> site (Jupyter Book).
"""
