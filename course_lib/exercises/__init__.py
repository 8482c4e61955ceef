"""The exercises of the lectures, a module a lecture; `course_lib.checks.check` finds them by their id."""
