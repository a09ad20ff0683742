"""One model's bill of materials in CycloneDX 1.6: what it derives from, step by step, is its pedigree.

All ancestors stand side by side in `pedigree.ancestors`, for lineages may merge and go round in circles; which is whose
base is told by the properties `modelroots:base:RELATION`. The Hub's listing has no commits, so no purl has a version.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import IO, Any
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType, Pedigree
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.spdx import fixup_id
from packageurl import PackageURL

from store.exports.reading import Reader
from store.exports.tables import EDGES, NODES
from store.standing import Standing

_PROGRAM = "modelroots"


def write_cyclonedx(readers: Sequence[Reader], file: IO[bytes], *, model: str, basis: Standing, version: str) -> int:
    """Writes the file of the selected model and its ancestors, and tells how many components it has.

    The same crawl gives the same bytes: the time is the crawl's end, the serial number made of crawl and model.
    """
    bases = defaultdict(list)
    for child, parent, relation in EDGES.rows(readers, "child", "parent", "relation"):
        bases[child].append((parent, relation))
    told = ("id", "publisher", "is_model", "license", "task", "library", "parameters")
    components = {
        row[0]: _component(dict(zip(told, row, strict=True)), bases[row[0]]) for row in NODES.rows(readers, *told)
    }
    top = components.pop(model)
    top.pedigree = Pedigree(ancestors=components.values()) if components else None
    tool = Component(name=_PROGRAM, type=ComponentType.APPLICATION, version=version)
    bom = Bom(
        serial_number=uuid5(NAMESPACE_URL, f"{basis.endpoint} {basis.crawl} {basis.finished_at} {model}"),
        metadata=BomMetaData(
            component=top,
            timestamp=datetime.fromtimestamp(basis.finished_at, UTC),
            tools=ToolRepository(components=[tool]),
            properties=[
                _property("crawl", basis.crawl),
                _property("crawl-complete", str(basis.complete).lower()),
                *([_property("warning", basis.warning)] if basis.warning else []),
            ],
        ),
    )
    text = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)
    file.write(f"{text}\n".encode())
    return len(components) + 1


def _component(row: dict[str, Any], bases: Iterable[tuple[str, str]]) -> Component:
    publisher, _, name = row["id"].rpartition("/")
    properties = [_property(f"base:{relation}", base) for base, relation in bases]
    properties += [_property(key, row[key]) for key in ("task", "library", "parameters") if row[key] is not None]
    if not row["is_model"]:
        properties.append(_property("on-the-hub", "false"))
    return Component(
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=row["id"],
        group=publisher or None,
        name=name or row["id"],
        purl=PackageURL("huggingface", publisher or None, name) if row["is_model"] else None,
        licenses=[_license(row["license"])] if row["license"] else None,
        properties=properties,
    )


def _license(text: str) -> DisjunctiveLicense:
    """By its SPDX identifier where it has one, in whatever case the Hub writes it."""
    known = fixup_id(text)
    return DisjunctiveLicense(id=known) if known else DisjunctiveLicense(name=text)


def _property(name: str, value: object) -> Property:
    return Property(name=f"{_PROGRAM}:{name}", value=str(value))
