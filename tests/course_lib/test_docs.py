"""What is public says what it is: docstrings, annotations, and examples that run. Types are checked by `make lint`."""

import ast
import doctest
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import course_lib

FOLDER = Path(course_lib.__file__).parent
MODULES = {
    ".".join(path.relative_to(FOLDER.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(FOLDER.rglob("*.py"))
}
#: The modules that are of Keras' own kind; no other loads a framework when it is imported.
OF_KERAS = {
    "course_lib.callbacks", "course_lib.optimizers.keras_adapter", "course_lib._keras_initializer",
    "course_lib._keras_schedule",
}  # fmt: skip
FRAMEWORKS = ("keras", "tensorflow", "torch", "jax", "matplotlib", "sklearn", "optuna", "IPython")


def _public(tree: ast.Module | ast.ClassDef, prefix: str = "") -> list[tuple[str, ast.AST]]:
    """The public functions and classes of a module, and the public methods of these classes."""
    found: list[tuple[str, ast.AST]] = []
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            found.append((prefix + node.name, node))
            if isinstance(node, ast.ClassDef):
                found += _public(node, f"{prefix}{node.name}.")
    return found


PUBLIC = [
    pytest.param(node, id=f"{module}.{name}")
    for module, path in MODULES.items()
    if not module.rpartition(".")[2].startswith("_")
    for name, node in _public(ast.parse(path.read_text("utf-8")))
]
#: Methods that a base class describes.
INHERITED = {"build", "update_step", "get_config", "from_config", "get_build_config"}
WITH_EXAMPLES = [module for module, path in MODULES.items() if ">>> " in path.read_text("utf-8")]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_is(module):
    docstring = ast.get_docstring(ast.parse(MODULES[module].read_text("utf-8")))
    assert docstring and docstring.splitlines()[0][-1] in ".:?"


@pytest.mark.parametrize("node", PUBLIC)
def test_a_public_name_says_what_it_is(node):
    docstring = ast.get_docstring(node)
    if node.name in INHERITED or node.name.startswith("on_"):
        return
    assert docstring, "no docstring"
    assert docstring.split("\n\n")[0].rstrip()[-1] in ".:?!", "its docstring does not begin with a sentence"


@pytest.mark.parametrize("node", [param for param in PUBLIC if isinstance(param.values[0], ast.FunctionDef)])
def test_a_public_function_is_annotated(node):
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
    bare = [a.arg for a in arguments if a is not None and a.annotation is None and a.arg not in ("self", "cls")]
    assert not bare, f"without annotation: {', '.join(bare)}"
    assert node.returns is not None, "no annotation of what it returns"


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_examples_run(module):
    result = doctest.testmod(importlib.import_module(module))
    assert result.attempted and not result.failed


def test_importing_the_package_imports_none_of_its_modules():
    code = "import sys, course_lib; print([m for m in sys.modules if m.startswith('course_lib.') or m == 'numpy'])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_importing_every_module_loads_no_framework():
    modules = [module for module in MODULES if module not in OF_KERAS]
    code = f"import sys, {', '.join(modules)}; print([m for m in {FRAMEWORKS!r} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_the_package_says_that_it_is_typed():
    assert (FOLDER / "py.typed").exists()
