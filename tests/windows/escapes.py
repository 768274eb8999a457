"""Targets that try to leave the root by what Windows makes of names, sent to a running server: the same on every run.

    escapes.py HOST:PORT SECRET-FILE [COUNT]

No reply may hold what is in that file. src/files/escapes.rs tries the same without a network, with decoys; this tries the system's own
reading of names too: its devices, streams, shares, drives and short names.
"""
import random, re, socket, sys

SEPARATORS = ["\\", "%5c", "%5C", "/", "//", "%2f", "/\\", "\\\\", "/.\\", "%5c%2f", "/%2e%5c"]
UPS = ["..", "%2e%2e", ".%2E", "..%20", "..%20.", "...", "....", "..;", "%2e%2e%20", "..%00", "..::$DATA", "..:"]
BEGINNINGS = [
    "/", "/", "//", "/\\", "/\\\\?\\", "/%5c%5c%3f%5c", "/\\??\\", "/\\\\.\\", "/\\\\?\\UNC\\127.0.0.1\\c$\\", "//127.0.0.1/c$/",
    "/\\\\127.0.0.1\\z$\\", "/c:", "/c:\\", "/c:/", "/C%3a%5c", "/z:", "/z:/", "/Z%3a%5c", "/file:", "/file:///z:/", "/static/",
    "/static\\", "/%73tatic/", "/STATIC/", "/static./", "/static%20/", "/types/..\\", "/\\\\?\\GLOBALROOT\\", "http://h/", "http://h\\",
]
DEVICES = ["NUL", "con", "AUX", "PRN", "CONIN$", "CONOUT$", "CLOCK$", "COM1", "com9", "COM0", "com%C2%B9", "LPT1", "lpt%C2%B3"]
DEVICE_ENDS = ["", ".txt", ".html", "%20", "%20.txt", ":", "::$DATA", "/", "\\", ".a.b", "."]
NAME_ENDS = ["", "", ".", "%20", "%20.", "...", "::$DATA", "%3a%3a%24DATA", ":$I30:$INDEX_ALLOCATION", ":x", "::$Index_Allocation",
             "%00.html", "%00", "/", "\\", "/.", "?", "*", "%2a", "<", "\""]


def targets(count, secret_path, short):
    """`secret_path`: the names that lead from the top of the file system to the secret; `short`: its name in 8.3 form."""
    dice = random.Random(8)
    for _ in range(count):
        kind = dice.randrange(5)
        separator = lambda: dice.choice(SEPARATORS)
        if kind == 0:  # up, and to the secret that lies beside the root
            way = "".join(dice.choice(UPS) + separator() for _ in range(dice.randint(1, 4)))
            name = dice.choice([secret_path[-1], secret_path[-1].upper(), short])
            target = dice.choice(BEGINNINGS) + way + name + dice.choice(NAME_ENDS)
        elif kind == 1:  # from the top
            way = separator().join(secret_path[:-1] + [dice.choice([secret_path[-1], short])])
            target = dice.choice(BEGINNINGS) + way + dice.choice(NAME_ENDS)
        elif kind == 2:
            target = dice.choice(BEGINNINGS) + dice.choice(DEVICES) + dice.choice(DEVICE_ENDS)
        elif kind == 3:  # what is there, by other names
            name = dice.choice(["index.html", "INDEX~1.HTM", "static/head.jpg", "STATIC~1", ".hidden", "HIDDEN~1", "link-out.txt", "LINK-O~1.TXT"])
            target = dice.choice(BEGINNINGS) + name + dice.choice(NAME_ENDS)
        else:
            parts = SEPARATORS + UPS + DEVICES + NAME_ENDS + BEGINNINGS + secret_path + [short]
            target = "/" + "".join(dice.choice(parts) for _ in range(dice.randint(2, 9)))
        yield target.replace(" ", "%20")


def ask(address, target, patience=20, host="lab.test"):
    """What is answered to one request on a connection of its own."""
    with socket.create_connection(address, timeout=patience) as connection:
        got = bytearray()
        try:
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            while not is_whole(got) and (data := connection.recv(1 << 16)):
                got += data
        except (ConnectionError, TimeoutError):
            # Some servers reset, some wait for more of what they take for an unfinished head.
            pass
        return bytes(got)


def is_whole(reply):
    head, end, body = reply.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
    return bool(end and length) and len(body) >= int(length.group(1))


def run(address, secret, secret_path, short, count=2000):
    """(answers, targets that leaked)."""
    answered, leaks = 0, []
    for target in targets(count, secret_path, short):
        got = ask(address, target, patience=3)
        answered += bool(got)
        if secret in got:
            leaks.append(target)
    return answered, leaks


if __name__ == "__main__":
    host, port = sys.argv[1].rsplit(":", 1)
    path = sys.argv[2]
    secret = open(path, "rb").read()
    names = [name for name in path.split("/") if name]
    answered, leaks = run((host, int(port)), secret, names, names[-1], *map(int, sys.argv[3:]))
    print(f"{answered} answered, {len(leaks)} leaks", *leaks[:10], sep="\n  ")
    sys.exit(bool(leaks))
