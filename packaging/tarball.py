#!/usr/bin/env python3
"""The archive for any Linux: the static program, profiles, manual pages, completions, README and licence.

packaging/tarball.py [--program FILE]
"""

import common


def main():
    program = common.parser(__doc__).parse_args().program
    common.need("strip:binutils", "gzip")
    files = [("labserve", common.stripped(program), 0o755)]
    files += [(path, content, 0o644) for path, content in common.documents()]
    files += [(f"man/{page}", content, 0o644) for page, content in common.manual(program).items()]
    files += [
        (f"completions/{common.SHELLS[shell]}", content, 0o644)
        for shell, content in common.completions(program).items()
    ]
    archive = common.tarball(common.machine(program))
    common.tar_gz(archive, files, archive.name.removesuffix(".tar.gz"))
    common.done(archive)


if __name__ == "__main__":
    main()
