"""Figures of the lectures: `style`, and a module a part of the book. Functions take data and `ax`, and return `ax`."""
