"""The description of a release in DCAT 2 as JSON-LD, for harvesters (W3C DCAT, SPDX checksums, EU frequency codes)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from catalog.model import UpdateCycle
from exchange.publication.manifest import PublishedFile
from exchange.publication.release import Release

NAME = "dcat.jsonld"

_FREQUENCY = {
    UpdateCycle.REAL_TIME: "CONT",
    UpdateCycle.DAILY: "DAILY",
    UpdateCycle.WORKING_DAY: "DAILY",
    UpdateCycle.WEEKLY: "WEEKLY",
    UpdateCycle.MONTHLY: "MONTHLY",
    UpdateCycle.QUARTERLY: "QUARTERLY",
    UpdateCycle.HALF_YEARLY: "ANNUAL_2",
    UpdateCycle.YEARLY: "ANNUAL",
    UpdateCycle.AD_HOC: "IRREG",
    UpdateCycle.ONCE: "NEVER",
}

_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def dataset(
    release: Release, *, release_id: str, publisher: str, as_of: date, now: datetime, files: list[PublishedFile]
) -> dict[str, Any]:
    """The ``dcat:Dataset`` of a release with one distribution per file.

    Args:
        release: its document.
        release_id: ``<slug>/<snapshot>``.
        publisher: name of the lead department.
        as_of: day the data describe, unless the document states a span.
        now: time of publication.
        files: what can be downloaded.
    """
    start, end = (release.temporal.start, release.temporal.end) if release.temporal else (as_of, as_of)
    return {
        "@context": _CONTEXT,
        "@id": f"urn:shuyuan:release:{release_id}",
        "@type": "dcat:Dataset",
        "dct:identifier": release_id,
        "dct:title": _chinese(release.title),
        "dct:description": _chinese(release.description),
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": _chinese(publisher)},
        "dct:issued": {"@type": "xsd:dateTime", "@value": now.isoformat()},
        "dct:temporal": {"@type": "dct:PeriodOfTime", "dcat:startDate": _day(start), "dcat:endDate": _day(end)},
        "dct:accrualPeriodicity": {
            "@id": f"http://publications.europa.eu/resource/authority/frequency/{_FREQUENCY[release.update_cycle]}"
        },
        "dct:license": _chinese(release.licence),
        "dct:language": "zh-CN",
        "dcat:theme": [_chinese(theme) for theme in release.themes],
        "dcat:keyword": [_chinese(word) for word in release.keywords],
        "dcat:distribution": [_distribution(one, release_id) for one in files],
    }


def _distribution(file: PublishedFile, release_id: str) -> dict[str, Any]:
    return {
        "@id": f"urn:shuyuan:release:{release_id}#{file.name}",
        "@type": "dcat:Distribution",
        "dct:title": file.name,
        "dcat:downloadURL": {"@id": file.name},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{file.media_type}"},
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(file.bytes)},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": file.sha256},
        },
    }


def _chinese(text: str) -> dict[str, str]:
    return {"@language": "zh-CN", "@value": text}


def _day(value: date) -> dict[str, str]:
    return {"@type": "xsd:date", "@value": value.isoformat()}
