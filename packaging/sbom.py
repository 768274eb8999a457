#!/usr/bin/env python3
"""The bill of materials: what the Linux program is linked from, as CycloneDX 1.6 in JSON.

    packaging/sbom.py

It lists the crates that `cargo metadata` finds for this target, with Cargo.lock's checksums. Crates that are needed to
build only, or to test, are not in it.
"""

import collections
import json
import tomllib

import common

FILE = common.OUT / f"labserve-{common.VERSION}.cdx.json"


def main():
    target = f"{common.MACHINE}-unknown-linux-gnu"
    told = json.loads(
        common.output("cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target)
    )
    locked = tomllib.loads((common.CHECKOUT / "Cargo.lock").read_text(encoding="utf-8"))["package"]
    checksums = {(each["name"], each["version"]): each.get("checksum") for each in locked}
    packages = {each["id"]: each for each in told["packages"]}
    (root,) = (each["id"] for each in told["packages"] if each["name"] == "labserve" and each["source"] is None)
    needs = {
        node["id"]: sorted(dep["pkg"] for dep in node["deps"] if any(kind["kind"] is None for kind in dep["dep_kinds"]))
        for node in told["resolve"]["nodes"]
    }
    linked = reachable(root, needs)
    described = {each: component(packages[each], checksums) for each in linked}
    described[root]["type"] = "application"
    libraries = sorted((described[each] for each in linked if each != root), key=lambda each: each["bom-ref"])
    common.write(FILE, json.dumps(bill(described, libraries, root, needs), indent=1) + "\n")


def reachable(root, needs):
    """The packages that `root` is linked from, itself included."""
    found, waiting = {root}, collections.deque([root])
    while waiting:
        for each in needs[waiting.popleft()]:
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found


def component(package, checksums):
    name, version = package["name"], package["version"]
    address = f"pkg:cargo/{name}@{version}"
    made = {"type": "library", "bom-ref": address, "name": name, "version": version, "purl": address}
    if package["license"]:
        # An old form of OR.
        made["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if checksum := checksums[name, version]:
        made["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return made


def bill(described, libraries, root, needs):
    edges = [
        {"ref": each["bom-ref"], "dependsOn": sorted(described[need]["bom-ref"] for need in needs[key])}
        for key, each in described.items()
    ]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": described[root]},
        "components": libraries,
        "dependencies": sorted(edges, key=lambda edge: edge["ref"]),
    }


if __name__ == "__main__":
    main()
