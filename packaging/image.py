#!/usr/bin/env python3
"""The OCI image: the static program, an empty /tmp and nothing else. Needs buildah.

    packaging/image.py [--program FILE]

It is written to a file that `podman load -i`, `skopeo copy oci-archive:` and others read. Nothing is pushed.
"""

import contextlib
import pathlib
import tempfile

import common

NAME = f"labserve:{common.VERSION}"
USER = "65532:65532"
# In a container, a server on loopback could not be reached from outside.
ARGUMENTS = ["--bind", "0.0.0.0", "--port", "8080", "--no-timeline"]


@contextlib.contextmanager
def storage():
    """The first words of every buildah command, with an image store that is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="labserve-buildah-") as place:
        yield ["buildah", "--storage-driver=vfs", "--root", f"{place}/root", "--runroot", f"{place}/run"]


def main():
    program = common.parser(__doc__).parse_args().program
    common.need("strip:binutils", "buildah")
    common.OUT.mkdir(parents=True, exist_ok=True)
    common.IMAGE.unlink(missing_ok=True)
    with storage() as buildah, tempfile.TemporaryDirectory() as place:
        tree = pathlib.Path(place, "tree")
        (tree / "usr/bin").mkdir(parents=True)
        (tree / "usr/bin/labserve").write_bytes(common.stripped(program))
        (tree / "usr/bin/labserve").chmod(0o755)
        # The directory for the socket of `labserve reload`.
        (tree / "tmp").mkdir()
        (tree / "tmp").chmod(0o1777)
        made = common.output(*buildah, "from", "scratch").decode().strip()
        common.output(*buildah, "copy", made, tree, "/")
        settings = {
            "--user": USER,
            "--stop-signal": "SIGTERM",
            "--port": "8080",
            "--entrypoint": '["/usr/bin/labserve"]',
            "--cmd": " ".join(ARGUMENTS),
            "--label": f"org.opencontainers.image.version={common.VERSION}",
        }
        common.output(*buildah, "config", *(word for pair in settings.items() for word in pair), made)
        common.output(*buildah, "commit", "--quiet", "--timestamp", common.epoch(), made, NAME)
        common.output(*buildah, "push", "--quiet", NAME, f"oci-archive:{common.IMAGE}:{NAME}")
    common.done(common.IMAGE)


if __name__ == "__main__":
    main()
