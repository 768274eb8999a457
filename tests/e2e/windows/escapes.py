"""Sends targets to a running server that try to leave the root by the way Windows reads names. Every run sends the same
ones.

    escapes.py HOST:PORT SECRET-FILE [COUNT]

No reply may hold what is in that file. crates/server/src/files/escapes.rs tries the same without a network, with
decoys. This tries the system's reading of names too: its devices, streams, shares, drives and short names. First come
targets that were written by hand (BY_HAND), then random combinations of their parts.
"""

import pathlib
import random
import re
import socket
import sys

# Each of these is a separator to some program: backslashes, doubly encoded, in the encoding of IIS 5, in overlong
# UTF-8, and characters that only look like one, or become one when Unicode is converted to a code page ("best fit").
SEPARATORS = [
    "\\",
    "%5c",
    "%5C",
    "/",
    "//",
    "%2f",
    "/\\",
    "\\\\",
    "/.\\",
    "%5c%2f",
    "/%2e%5c",
    "%255c",
    "%252f",
    "%u005c",
    "%u2215",
    "%c0%af",
    "%c1%9c",
    "%e0%80%af",
    "%c0%5c",
    "%ef%bc%8f",
    "%ef%bc%bc",
    "%e2%88%95",
    "%e2%81%84",
    "%e2%a7%b5",
    "%c2%a5",
]
UPS = ["..", "%2e%2e", ".%2E", "..%20", "..%20.", "...", "....", "..;", "%2e%2e%20", "..%00", "..::$DATA", "..:"]
BEGINNINGS = [
    "/",
    "/",
    "//",
    "/\\",
    "/\\\\?\\",
    "/%5c%5c%3f%5c",
    "/\\??\\",
    "/\\\\.\\",
    "/\\\\?\\UNC\\127.0.0.1\\c$\\",
    "//127.0.0.1/c$/",
    "/\\\\127.0.0.1\\z$\\",
    "/c:",
    "/c:\\",
    "/c:/",
    "/C%3a%5c",
    "/z:",
    "/z:/",
    "/Z%3a%5c",
    "/file:",
    "/file:///z:/",
    "/static/",
    "/static\\",
    "/%73tatic/",
    "/STATIC/",
    "/static./",
    "/static%20/",
    "/types/..\\",
    "/\\\\?\\GLOBALROOT\\",
    "http://h/",
    "http://h\\",
]
DEVICES = [
    "NUL",
    "con",
    "AUX",
    "PRN",
    "CONIN$",
    "CONOUT$",
    "CLOCK$",
    "COM1",
    "com9",
    "COM0",
    "com%C2%B9",
    "LPT1",
    "lpt%C2%B3",
]
DEVICE_ENDS = ["", ".txt", ".html", "%20", "%20.txt", ":", "::$DATA", "/", "\\", ".a.b", "."]
NAME_ENDS = [
    "",
    "",
    ".",
    "%20",
    "%20.",
    "...",
    "::$DATA",
    "%3a%3a%24DATA",
    ":$I30:$INDEX_ALLOCATION",
    ":x",
    "::$Index_Allocation",
    "%00.html",
    "%00",
    "/",
    "\\",
    "/.",
    "?",
    "*",
    "%2a",
    "<",
    '"',
]

# {up}: the secret beside the root. {top}: its path from the top with slashes, {TOP}: with backslashes. {short}: its 8.3
# name.
BY_HAND = """
    /C: /C:/ /c:.. /c:../{up} /C:/{top} /Z:/{top} /Z:\\{TOP} /%5a%3a%5c{TOP} /|/{top} /Z|/{top} /file:///Z:/{top}
    //server/share //127.0.0.1/z$/{top} /\\\\127.0.0.1\\z$\\{TOP} //localhost@80/{top} /\\?\\C:\\ /\\\\?\\Z:\\{TOP}
    //?/Z:/{top} /%5c%5c%3f%5cZ:%5c{TOP} //./Z:/{top} /\\\\.\\Z:\\{TOP} /\\??\\Z:\\{TOP}
    /\\\\?\\UNC\\127.0.0.1\\z$\\{TOP} /\\\\?\\GLOBALROOT\\DosDevices\\Z:\\{TOP} //./GLOBALROOT/Device/Null
    /\\\\?\\unix\\{TOP} //?/unix/{top} /\\Device\\HarddiskVolume1\\{TOP} /Device/HarddiskVolume1/{top}
    /\\\\.\\pipe\\labserve /\\\\.\\CON //./NUL /..\\{up} /%5c..%5c{up} /..%5c{up} /..%5C..%5c{TOP}
    /static%5c..%5c..%5c{up} /static\\..\\..\\{up} /static/..%5c..%5c{up} /static/../../{up} /static/.../{up}
    /static/....//....//{up} /..%20/{up} /..%20\\{up} /.. /..\\ /..%5c /..%00/{up} /..;/{up} /..::$DATA/{up} /.%2e/{up}
    /%2e.%5c{up} /..%c0%af{up} /..%c1%9c{up} /..%e0%80%af{up} /..%f0%80%80%af{up} /%c0%ae%c0%ae/{up}
    /%c0%ae%c0%ae%c0%af{up} /..%u005c{up} /..%u2215{up} /..%ef%bc%8f{up} /..%ef%bc%bc{up} /..%e2%88%95{up}
    /..%e2%81%84{up} /..%e2%a7%b5{up} /..%c2%a5{up} /%ef%bc%8e%ef%bc%8e/{up} /%e2%80%a5/{up} /..%255c{up}
    /..%25255c{up} /..%252f{up} /%252e%252e%255c{up} /..%%35%63{up} /..%25%35%63{up} /../{short} /..%5c{short}
    /PROGRA~1/ /../PROGRA~1 /con /con.txt /CON::$DATA /con:/ /aux. /aux.html /nul%20.css /nul/ /nul/index.html
    /static/nul /static/con.css /com1 /COM%C2%B9 /com%c2%b2.txt /LPT%C2%B3 /lpt0 /CONIN$ /conin$.txt /CONOUT$ /CLOCK$
    /prn%20%20.x /com1: /com%EF%BC%91 /\\\\.\\COM1 /aux%00.txt /con%09.txt /static/style1.css. /static/style1.css%20
    /static/style1.css%20. /static/style1.css::$DATA /static/style1.css:$DATA /static/style1.css:x
    /static/style1.css::$data /static::$INDEX_ALLOCATION/style1.css /static:$I30:$INDEX_ALLOCATION/style1.css
    /static./style1.css /static%20/style1.css /STYLE1~1.CSS /static/STYLE1~1.CSS /STATIC~1/style1.css
    /static/style1.css/ /static/style1.css\\ /static/style1.css/. /static/style1.css%5c.. /.hidden /.HIDDEN /.hidden.
    /.hidden%20 /.hidden::$DATA /HIDDEN~1 /%2ehidden /.%48idden /link-out.txt /LINK-OUT.TXT /LINK-O~1.TXT
    /link-out.txt. /web.config /WEB.CONFIG /Web.Config /web.config. /web.config%20 /web.config::$DATA /web.config:$DATA
    /web.config/ /web.config%00 /WEB~1.CON /web%2econfig /web.config%5c /web.config/. /web.%63onfig /x/../web.config
    /static/..%5cweb.config /web.confi%C4%9F /web.con%EF%AC%81g /static/../ /static/..\\ /$MFT /$Extend
    /$Extend/$UsnJrnl:$J /.:$I30:$INDEX_ALLOCATION /::$INDEX_ALLOCATION /:/ /::$DATA /* /static/* /?:/
    http://h/Z:/{top} http://h\\..\\{up} http://h/..%5c{up} \\ \\..\\{up} ..\\{up} Z:\\{TOP} Z:/{top} //Z:/{top}
    ///{top}
"""


def by_hand(secret_path, short):
    words = {"up": secret_path[-1], "top": "/".join(secret_path), "TOP": "\\".join(secret_path), "short": short}
    return list(
        dict.fromkeys(re.sub(r"\{(\w+)\}", lambda word: words[word.group(1)], target) for target in BY_HAND.split())
    )


def targets(count, secret_path, short):
    """`secret_path`: the names that lead from the top of the file system to the secret; `short`: its name in 8.3
    form."""
    written = by_hand(secret_path, short)
    yield from written
    rng, tried = random.Random(8), set(written)
    while len(tried) < count:
        kind = rng.randrange(5)
        if kind == 0:  # up, and to the secret beside the root
            way = "".join(rng.choice(UPS) + rng.choice(SEPARATORS) for _ in range(rng.randint(1, 4)))
            name = rng.choice([secret_path[-1], secret_path[-1].upper(), short])
            target = rng.choice(BEGINNINGS) + way + name + rng.choice(NAME_ENDS)
        elif kind == 1:  # from the top
            way = rng.choice(SEPARATORS).join([*secret_path[:-1], rng.choice([secret_path[-1], short])])
            target = rng.choice(BEGINNINGS) + way + rng.choice(NAME_ENDS)
        elif kind == 2:
            target = rng.choice(BEGINNINGS) + rng.choice(DEVICES) + rng.choice(DEVICE_ENDS)
        elif kind == 3:  # existing files, by other names
            name = rng.choice(
                [
                    "index.html",
                    "INDEX~1.HTM",
                    "static/head.jpg",
                    "STATIC~1",
                    ".hidden",
                    "HIDDEN~1",
                    "link-out.txt",
                    "LINK-O~1.TXT",
                    "web.config",
                    "WEB~1.CON",
                    "Web.Config",
                ]
            )
            target = rng.choice(BEGINNINGS) + name + rng.choice(NAME_ENDS)
        else:
            parts = SEPARATORS + UPS + DEVICES + NAME_ENDS + BEGINNINGS + secret_path + [short]
            target = "/" + "".join(rng.choice(parts) for _ in range(rng.randint(2, 9)))
        target = target.replace(" ", "%20")
        if target not in tried:
            tried.add(target)
            yield target


def ask(address, target, patience=20, host="lab.test"):
    """The reply to one request on a connection of its own."""
    with socket.create_connection(address, timeout=patience) as connection:
        got = bytearray()
        try:
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            while not is_whole(got) and (data := connection.recv(1 << 16)):
                got += data
        except (ConnectionError, TimeoutError):
            # Some servers reset the connection; some wait for the rest of what they read as an incomplete head.
            pass
        return bytes(got)


def is_whole(reply):
    head, end, body = reply.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
    return bool(end and length) and len(body) >= int(length.group(1))


def run(address, secret_path, short, count=2000):
    """The reply to each target."""
    return {target: ask(address, target, patience=3) for target in targets(count, secret_path, short)}


if __name__ == "__main__":
    host, port = sys.argv[1].rsplit(":", 1)
    path = pathlib.Path(sys.argv[2])
    secret, names = path.read_bytes(), [name for name in path.parts if name != "/"]
    replies = run((host, int(port)), names, names[-1], *map(int, sys.argv[3:]))
    leaks = [target for target, reply in replies.items() if secret in reply]
    print(f"{sum(map(bool, replies.values()))} of {len(replies)} answered, {len(leaks)} leaks", *leaks[:10], sep="\n  ")
    sys.exit(bool(leaks))
