#!/usr/bin/env python3
"""The files by which winget, Scoop and Homebrew install labserve, with the checksums of the packages that were built.

    packaging/manifests.py --from URL

`URL` is where the packages of this version can be downloaded, without their file names. A manifest whose package was
not built is left out. cargo-binstall reads its own table in Cargo.toml.
"""

import argparse
import json

import common

WINGET = "Labserve.Labserve"
SUMMARY = "HTTP/1.1 server that imitates other servers"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--from", dest="url", required=True, metavar="URL")
    url = arguments.parse_args().url.rstrip("/")
    if not url.startswith("https://"):
        raise SystemExit(f"--from {url}: packages are downloaded with https://, as in https://example.org/v0.1.0")
    tarballs = {machine: common.tarball(machine) for machine in common.OTHER_NAMES}
    tarballs = {machine: path for machine, path in tarballs.items() if path.exists()}
    if tarballs:
        common.write(common.OUT / "homebrew/labserve.rb", homebrew(url, tarballs))
    if common.WINDOWS.exists():
        common.write(common.OUT / "scoop/labserve.json", scoop(url))
        for name, text in winget(url).items():
            common.write(common.OUT / "winget" / name, text)


def homebrew(url, tarballs):
    """A formula for Linux. There is no program for macOS."""
    given = {"x86_64": "on_intel", "aarch64": "on_arm"}
    downloads = "".join(
        f'    {given[machine]} do\n      url "{url}/{path.name}"\n      sha256 "{common.checksum(path)}"\n    end\n'
        for machine, path in tarballs.items()
    )
    return f"""class Labserve < Formula
  desc "{SUMMARY}"
  homepage "{url}"
  version "{common.VERSION}"
  license "{common.LICENSE}"

  on_linux do
{downloads}  end

  def install
    bin.install "labserve"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/labserve.bash" => "labserve"
    zsh_completion.install "completions/_labserve"
    fish_completion.install "completions/labserve.fish"
    pkgshare.install "profiles"
  end

  test do
    assert_match version.to_s, shell_output("#{{bin}}/labserve --version")
  end
end
"""


def scoop(url):
    told = {
        "version": common.VERSION,
        "description": SUMMARY,
        "homepage": url,
        "license": common.LICENSE,
        "architecture": {
            "64bit": {"url": f"{url}/{common.WINDOWS.name}", "hash": common.checksum(common.WINDOWS)},
        },
        "extract_dir": common.WINDOWS.stem,
        "bin": "labserve.exe",
        "shortcuts": [["start.cmd", "labserve"]],
    }
    return json.dumps(told, indent=4) + "\n"


def winget(url):
    """The three files of a package, by name."""
    installer = (
        "InstallerType: zip\nNestedInstallerType: portable\nNestedInstallerFiles:\n"
        f"- RelativeFilePath: {common.WINDOWS.stem}\\labserve.exe\n  PortableCommandAlias: labserve\n"
        f"Installers:\n- Architecture: x64\n  InstallerUrl: {url}/{common.WINDOWS.name}\n"
        f"  InstallerSha256: {common.checksum(common.WINDOWS).upper()}\n"
    )
    locale = (
        "PackageLocale: en-US\nPublisher: the labserve authors\nPackageName: labserve\n"
        f"License: {common.LICENSE}\nShortDescription: {SUMMARY}\n"
    )
    kinds = {
        "": ("version", "DefaultLocale: en-US\n"),
        ".installer": ("installer", installer),
        ".locale.en-US": ("defaultLocale", locale),
    }
    head = f"PackageIdentifier: {WINGET}\nPackageVersion: {common.VERSION}\n"
    return {
        f"{WINGET}{part}.yaml": f"{head}{text}ManifestType: {kind}\nManifestVersion: 1.6.0\n"
        for part, (kind, text) in kinds.items()
    }


if __name__ == "__main__":
    main()
