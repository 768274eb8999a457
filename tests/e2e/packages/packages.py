#!/usr/bin/env python3
"""The packages: each is built from the release program, installed where there is nothing else, and started, by the
commands of the first screens of README.md and README.zh-CN.md. Then Chromium shows the demo page, less than a minute
after the first command.

    tests/e2e/packages/packages.py [--binary PROGRAM] [--only WORD] [--runs N]

The archive and the .deb are installed into an empty root: neither a libc nor a shell is there. The image is run by
buildah. Needs root, dpkg, buildah and Chromium. Validators come from PyPI. tests/e2e/windows tests the package for
Windows, tests/e2e/python the wheel. The last line counts: `packages: N passed, M failed`.
"""

import contextlib
import gzip
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "packaging"))
import common
import image

from e2e.packages import start
from e2e.packages.demo import show, visit
from e2e.pylib import chromium, cli, trials
from e2e.pylib.process import Labserve, Process, free_port

SCRIPTS = cli.CHECKOUT / "packaging"
TOOLS = cli.TARGET / "packages-tools"
VALIDATORS = ["kubernetes-validate==1.37.0", "cyclonedx-python-lib[json-validation]==11.12.0", "compose-spec==0.2.1"]
# In a root without /etc/passwd, a user has only a number.
NOBODY = "--userspec=65534:65534"


def build(script, *arguments):
    """Runs a script of packaging/. What it prints is shown."""
    subprocess.run([SCRIPTS / script, *arguments], check=True)


def in_root(root, words, options, begun, runner=()):
    """The words of a command, run in that root as a user without rights. Returns what a visit and a browser found."""
    with Labserve(*words, prefix=["chroot", NOBODY, root, *runner]) as server:
        note = visited(server.address, options, begun)
        assert server.stop() == 0, server.log()
    return note


def visited(address, options, begun):
    note = visit(address)
    return f"{note}; {show(options.browser, address, begun)}" if options.browser else note


# The checks: each is a function whose name says what it checks. It returns a note.


def the_archive_runs_in_an_empty_root(place, options):
    build("tarball.py", "--program", options.binary)
    machine = common.machine(options.binary)
    # The first screens name the archive for this processor.
    documented = start.commands(common.TARBALL.name)
    unpack, run = ([word.replace(common.MACHINE, machine) for word in words] for words in documented)
    shutil.copy(common.tarball(machine), place)
    # An emulator for another processor is the only other file there.
    runner = [f"/{shutil.copy(shutil.which(tool), place / tool).name}" for tool in common.runner(options.binary)]
    begun = time.monotonic()
    subprocess.run(unpack, cwd=place, check=True)
    note = in_root(place, run, options, begun, runner)
    root = (place / run[0]).parent
    for path in ["LICENSE", "README.zh-CN.md", "profiles/nginx.toml", "man/labserve.1"]:
        assert (root / path).stat().st_size > 0, path
    output = subprocess.run(["bash", "-n", root / "completions/labserve.bash"], capture_output=True, text=True)
    assert output.returncode == 0 and not output.stderr, output.stderr
    # The profiles next to the program are equal to those inside it.
    nginx = [run[0], "--profile", f"{pathlib.PurePath(run[0]).parent}/profiles/nginx.toml"]
    assert "nginx" in in_root(place, nginx, options, begun, runner)
    return note


def the_debian_package_is_installed_started_and_removed(place, options):
    build("deb.py", "--program", options.binary)
    for path in ["var/lib/dpkg/updates", "var/lib/dpkg/info", "var/log"]:
        (place / path).mkdir(parents=True)
    (place / "var/lib/dpkg/status").touch()
    install, run = start.commands(common.DEB.name)
    assert install[:2] == ["sudo", "dpkg"], install
    begun = time.monotonic()
    subprocess.run(["dpkg", f"--root={place}", *install[2:]], cwd=common.OUT, check=True, stdout=subprocess.DEVNULL)
    note = in_root(place, run, options, begun)
    page = gzip.decompress((place / "usr/share/man/man1/labserve.1.gz").read_bytes())
    assert b".TH labserve 1" in page, page[:100]
    note += units(place) + socket_activation(place)
    purge = ["dpkg", f"--root={place}", "--purge", "labserve"]
    subprocess.run(purge, check=True, stdout=subprocess.DEVNULL)
    left = [path for path in place.rglob("*labserve*") if path.exists()]
    assert not left, left
    return note


def units(root):
    """What systemd says about the units: whether they can be loaded, and how exposed the service is, from 0 (closed) to
    10 (open)."""
    if not shutil.which("systemd-analyze"):
        return ""
    folder = root / "lib/systemd/system"
    analyze = ["systemd-analyze", "security", "--offline=true", "--threshold=30", "--no-pager"]
    done = subprocess.run([*analyze, folder / "labserve.service"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    verify = ["systemd-analyze", "verify", "--man=no", folder / "labserve.socket", folder / "labserve.service"]
    said = subprocess.run(verify, capture_output=True, text=True).stderr
    # The program is in the root, where this tool does not look for it. Other units are not judged here.
    wrong = [line for line in said.splitlines() if "labserve" in line and "is not executable" not in line]
    assert not wrong, wrong
    return f"; unit: {done.stdout.strip().splitlines()[-1].lstrip('→ ')}"


def socket_activation(root):
    """systemd's own tool opens the port, and starts the program when a client connects."""
    if not shutil.which("systemd-socket-activate"):
        return ""
    port = free_port()
    activate = ["systemd-socket-activate", f"--listen=127.0.0.1:{port}"]
    with Process([*activate, root / "usr/bin/labserve", "nginx", "--no-timeline"], name="activation") as running:
        running.wait_until_it_listens(port)
        visit(("127.0.0.1", port))
        assert running.stop() == 0, running.log()
    return "; started by a socket"


def the_image_runs_as_its_configuration_says(place, options):
    build("image.py", "--program", options.binary)
    # podman needs control groups, which a container such as that of CI does not have.
    load, run = start.commands(common.IMAGE.name)
    assert load == ["podman", "load", "-i", common.IMAGE.name] and run[-1] == f"localhost/{image.NAME}", (load, run)
    assert "127.0.0.1:3000:8080" in run, run
    with image.storage() as buildah:

        def ask(*arguments):
            return common.output(*buildah, *arguments).decode().strip()

        begun = time.monotonic()
        made = ask("from", f"oci-archive:{common.IMAGE}")
        config = json.loads(ask("inspect", made))["OCIv1"]["config"]
        assert config["User"] == image.USER and config["StopSignal"] == "SIGTERM", config
        # It outlives buildah, so `--for` ends it.
        command = [*config["Entrypoint"], *config["Cmd"], "--for", "20s"]
        port = str(free_port())
        # All containers share this machine's network.
        command[command.index("8080")] = port
        with Process([*buildah, "run", "--isolation", "chroot", made, "--", *command], name="the image") as running:
            running.wait_until_it_listens(int(port))
            return visited(("127.0.0.1", int(port)), options, begun)


def the_packed_crates_build_a_program(place, options):
    build("crate.py", "--offline")
    with Labserve(common.OUT / "cargo/bin/labserve", "node", cwd=place) as server:
        return visit(server.address)


def the_bill_of_materials_is_valid(place, options):
    build("sbom.py")
    (path,) = common.OUT.glob("*.cdx.json")
    check = (
        "import sys; from cyclonedx.schema import SchemaVersion as V; from cyclonedx.validation.json import "
        "JsonStrictValidator as J; print(J(V.V1_6).validate_str(open(sys.argv[1]).read()) or 'valid')"
    )
    assert (said := validator("python", "-c", check, path)) == "valid", said
    told = json.loads(path.read_text())
    known = {each["bom-ref"] for each in [told["metadata"]["component"], *told["components"]]}
    for edge in told["dependencies"]:
        assert {edge["ref"], *edge["dependsOn"]} <= known, edge
    unknown = [each["name"] for each in told["components"] if not each["name"].startswith("labserve-")]
    assert all("hashes" in each for each in told["components"] if each["name"] in unknown), "a crate without a checksum"
    return f"{len(told['components'])} components"


def the_manifests_are_valid_and_name_this_version(place, options):
    build("manifests.py", "--from", "https://example.org/labserve")
    said = validator("kubernetes-validate", "--strict", SCRIPTS / "kubernetes.yaml")
    check = (
        "import sys, yaml, compose_spec; told = yaml.safe_load(open(sys.argv[1])); "
        "print(*compose_spec.ComposeSpecification.model_validate(told).services)"
    )
    services = validator("python", "-c", check, SCRIPTS / "compose.yaml")
    for name in ["kubernetes.yaml", "compose.yaml"]:
        assert f"labserve:{common.VERSION}\n" in (SCRIPTS / name).read_text(), name
    formula = (common.OUT / "homebrew/labserve.rb").read_text()
    assert common.checksum(common.TARBALL) in formula, formula
    return f"{said.splitlines()[-1] if said else 'valid'}; compose: {services}"


def validator(command, *arguments):
    """What one of the validators prints."""
    if not (TOOLS / "bin" / command).exists() or not (TOOLS / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", TOOLS], check=True)
        subprocess.run(
            [TOOLS / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *VALIDATORS], check=True
        )
        (TOOLS / "installed").touch()
    done = subprocess.run([TOOLS / "bin" / command, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


CHECKS = [
    the_archive_runs_in_an_empty_root,
    the_debian_package_is_installed_started_and_removed,
    the_image_runs_as_its_configuration_says,
    the_packed_crates_build_a_program,
    the_bill_of_materials_is_valid,
    the_manifests_are_valid_and_name_this_version,
]


@contextlib.contextmanager
def in_a_place(options):
    """The arguments of a check: a new directory that everybody may read, and the options."""
    with tempfile.TemporaryDirectory(prefix="labserve-package-") as name:
        pathlib.Path(name).chmod(0o755)
        yield pathlib.Path(name), options


def main():
    parser = cli.parser(__doc__)
    trials.add_options(parser)
    options = parser.parse_args()
    skipped = 0 if chromium.path() else cli.skip("chromium is not installed: no browser shows the pages")
    with contextlib.ExitStack() as stack:
        options.browser = stack.enter_context(chromium.Browser()) if chromium.path() else None
        passed, failed = trials.run_all(CHECKS, options, lambda: in_a_place(options))
    print(f"packages: {passed} passed, {failed + skipped} failed")
    return failed + skipped > 0


if __name__ == "__main__":
    sys.exit(main())
