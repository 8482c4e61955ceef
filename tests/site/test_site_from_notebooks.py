"""The plain notebooks refer to the site: to pages and places in them that are there."""

import re
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_every_link_of_a_notebook_to_the_site_leads_to_a_place_that_exists(site):
    owner, name = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]["url"].split("/")[-2:]
    links = set()
    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        text = "\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown")
        links |= set(re.findall(rf"\(https://{owner.lower()}\.github\.io/{name}/([^)]*)\)", text))
    assert links
    for link in links:
        file, _, anchor = link.partition("#")
        assert (site / file).is_file(), link
        assert not anchor or f'id="{anchor}"' in (site / file).read_text("utf-8"), link
