#!/usr/bin/env python3
"""Make the two media files of the labserve demo site, byte for byte.

    python3 scripts/make-media.py            write both files
    python3 scripts/make-media.py --check    compare only; exit 1 on a difference

static/static/head.jpg   a lake at dusk, 640 x 400, baseline JFIF, 28936 bytes
static/static/BGM.wav    a short waltz, 16 bit mono, 142130 bytes

The lab's captures are read against these exact lengths, so the files must come
out the same on every machine.  That is why this script uses the standard
library only and never a float: sin() and pow() may differ in the last bit from
one C library to the next, Python's integers do not.  Fractions are integers in
fixed point instead; in the picture and the tune, ONE (4096) stands for 1.0.
"""

import argparse
import pathlib
import struct
import sys
from math import isqrt

MEDIA = pathlib.Path(__file__).resolve().parent.parent / "static" / "static"
JPEG_SIZE = 28936
WAV_SIZE = 142130

# --------------------------------------------------------------------------
# Fixed-point arithmetic shared by the picture, the encoder and the tune
# --------------------------------------------------------------------------

BITS = 12
ONE = 1 << BITS
PI_60 = 31415926535897932385 * (1 << 60) // 10**19  # pi in units of 2**-60


def sine(n, d, scale):
    """round(scale * sin(2 pi n / d)), d even, by the Taylor series in integers."""
    n %= d
    sign = 1
    if 2 * n >= d:  # the second half of the circle mirrors the first
        n, sign = n - d // 2, -1
    if 4 * n > d:  # keep the argument within a quarter, where it converges fast
        n = d // 2 - n
    x = 2 * PI_60 * n // d
    square = x * x >> 60
    term = total = x
    k = 1
    while term:
        term = -((term * square >> 60) // ((k + 1) * (k + 2)))
        total += term
        k += 2
    return sign * ((total * scale + (1 << 59)) >> 60)


def clamp(t, low=0, high=ONE):
    """t limited to low..high."""
    return low if t < low else high if t > high else t


def ramp(t, start, end):
    """Smooth step: 0 up to start, ONE from end on, an S curve in between."""
    t = clamp((t - start) * ONE // (end - start))
    return t * t * (3 * ONE - 2 * t) >> (2 * BITS)


def mix(a, b, t):
    """The colour t/ONE of the way from a to b."""
    return tuple(p + ((q - p) * t >> BITS) for p, q in zip(a, b))


def rgb(text):
    """'#rrggbb' as a colour with four extra bits, so that blends stay smooth."""
    return tuple(int(text[i:i + 2], 16) << 4 for i in (1, 3, 5))


def noise(seed, x, y=0):
    """A hash of lattice point (x, y): an even-looking value in 0..ONE-1."""
    h = (x * 374761393 + y * 668265263 + seed * 2246822519) & 0xFFFFFFFF
    h = ((h ^ h >> 15) * 2654435761) & 0xFFFFFFFF
    h = ((h ^ h >> 13) * 3266489917) & 0xFFFFFFFF
    return (h ^ h >> 16) & (ONE - 1)


def noise_line(seed, x, step):
    """Noise along a line, joined by straight pieces: craggy, like rock."""
    i, r = divmod(x, step)
    a, b = noise(seed, i), noise(seed, i + 1)
    return a + (b - a) * r // step


def noise_plane(seed, x, y):
    """Smooth noise in the plane; x and y in units of 1/ONE cell."""
    i, fx = x >> BITS, x & (ONE - 1)
    j, fy = y >> BITS, y & (ONE - 1)
    fx = ramp(fx, 0, ONE)
    fy = ramp(fy, 0, ONE)
    a, b = noise(seed, i, j), noise(seed, i + 1, j)
    c, d = noise(seed, i, j + 1), noise(seed, i + 1, j + 1)
    top = a + ((b - a) * fx >> BITS)
    low = c + ((d - c) * fx >> BITS)
    return top + ((low - top) * fy >> BITS)


# --------------------------------------------------------------------------
# The picture
# --------------------------------------------------------------------------

WIDTH, HEIGHT = 640, 400
SHORE = 254  # the row where the water begins
SUN_X, SUN_Y, SUN_R = 232, 206, 23
LAMP_X, LAMP_Y = 520, 137  # the light of the lighthouse

SKY = [(0, "#10183f"), (70, "#26285f"), (125, "#544081"), (170, "#a1587f"),
       (205, "#e08468"), (235, "#f9b767"), (SHORE, "#ffd98a")]

# Two constellations that look like the drawings in a networking book: a mesh
# of routers with hosts at its edge, and a small star.
NODES = [(62, 92), (104, 54), (158, 82), (206, 38), (262, 66), (232, 108),
         (118, 116), (318, 34), (330, 92),
         (430, 44), (470, 70), (398, 82), (452, 22), (492, 34)]
LINKS = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 2), (2, 6), (6, 0), (1, 3),
         (4, 7), (4, 8), (9, 10), (9, 11), (9, 12), (9, 13)]


class Canvas:
    """A picture as a list of colours, row after row."""

    def __init__(self):
        self.px = [(0, 0, 0)] * (WIDTH * HEIGHT)

    def blend(self, x, y, colour, cover):
        """Lay colour over one pixel; cover is its opacity, 0..ONE."""
        if cover > 0 and 0 <= x < WIDTH and 0 <= y < HEIGHT:
            i = y * WIDTH + x
            self.px[i] = mix(self.px[i], colour, min(cover, ONE))

    def light(self, x, y, colour, amount):
        """Add light to one pixel; unlike blend it never darkens."""
        if amount > 0 and 0 <= x < WIDTH and 0 <= y < HEIGHT:
            i = y * WIDTH + x
            self.px[i] = tuple(p + ((4080 - p) * (c * amount >> BITS) // 4080)
                               for p, c in zip(self.px[i], colour))

    def span(self, y, left, right, paint):
        """Fill row y from left to right (in 1/16 pixel) with soft ends."""
        for x in range(left >> 4, (right >> 4) + 1):
            inside = min(right, 16 * x + 16) - max(left, 16 * x)
            if inside > 0:
                self.blend(x, y, paint(x, y), inside * ONE // 16)

    def below(self, profile, paint, bottom):
        """Fill every column from profile[x] (in 1/16 pixel) to row bottom."""
        for x, top in enumerate(profile):
            for y in range(max(top >> 4, 0), bottom):
                self.blend(x, y, paint(x, y), (16 * y + 16 - top) * ONE // 16)

    def glow(self, cx, cy, radius, colour, strength):
        """A round halo that dies away to nothing at radius."""
        for y in range(cy - radius, cy + radius + 1):
            for x in range(cx - radius, cx + radius + 1):
                d = (x - cx) ** 2 + (y - cy) ** 2
                if d < radius * radius:
                    t = ONE - ONE * d // (radius * radius)
                    t = t * t // ONE * t // ONE
                    self.light(x, y, colour, t * strength >> BITS)

    def dot(self, cx, cy, radius, colour, cover=ONE):
        """A disc with a soft edge; centre and radius in 1/16 pixel."""
        for y in range((cy - radius >> 4) - 1, (cy + radius >> 4) + 2):
            for x in range((cx - radius >> 4) - 1, (cx + radius >> 4) + 2):
                d = isqrt((16 * x + 8 - cx) ** 2 + (16 * y + 8 - cy) ** 2)
                edge = clamp((radius + 8 - d) * ONE // 16)
                self.blend(x, y, colour, edge * cover >> BITS)

    def line(self, x0, y0, x1, y1, colour, cover):
        """A hairline between two pixels, soft at its sides."""
        length = isqrt(256 * ((x1 - x0) ** 2 + (y1 - y0) ** 2))
        for y in range(min(y0, y1) - 1, max(y0, y1) + 2):
            for x in range(min(x0, x1) - 1, max(x0, x1) + 2):
                along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) * 256
                if 0 <= along <= length * length:
                    off = abs((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0))
                    t = ONE - off * 16 * ONE // length
                    self.blend(x, y, colour, t * cover >> BITS)


def gradient(stops, y):
    """The colour at height y of a list of (y, '#rrggbb')."""
    for (y0, c0), (y1, c1) in zip(stops, stops[1:]):
        if y <= y1:
            return mix(rgb(c0), rgb(c1), (y - y0) * ONE // (y1 - y0))
    return rgb(stops[-1][1])


def draw_sky(canvas):
    """Dusk: colour bands, the glow round the sun, thin lit clouds, the sun."""
    warm, pink = rgb("#ffd27a"), rgb("#ff9d78")
    for y in range(SHORE):
        base = gradient(SKY, y)
        for x in range(WIDTH):
            canvas.px[y * WIDTH + x] = base
            # An ellipse, wider than high: haze spreads light sideways.
            d = (x - SUN_X) ** 2 // 3 + (y - SUN_Y) ** 2
            canvas.light(x, y, warm, 3000 * 2200 // (2200 + d))
            # Clouds: noise stretched along x, thinned out above and below.
            n = (2 * noise_plane(11, x * ONE // 120, y * ONE // 11)
                 + noise_plane(12, x * ONE // 46, y * ONE // 6)) // 3
            band = ramp(y, 112, 160) * (ONE - ramp(y, 176, 216)) >> BITS
            cloud = ramp(n, 2150, 3100) * band >> BITS
            near = 9000 * ONE // (9000 + d)
            canvas.blend(x, y, mix(rgb("#7a4a86"), pink, near),
                         cloud * 2700 >> BITS)
    canvas.glow(SUN_X, SUN_Y, 72, rgb("#ffe9b0"), 2600)
    canvas.dot(16 * SUN_X + 8, 16 * SUN_Y + 8, 16 * SUN_R, rgb("#fff6d8"))


def draw_stars(canvas):
    """Scattered faint stars, then the constellations over them."""
    for i in range(150):
        x = noise(21, i) * WIDTH // ONE
        y = 3 + noise(22, i) * (ONE + noise(23, i)) // (2 * ONE) * 125 // ONE
        bright = 900 + noise(24, i) * 1900 // ONE
        canvas.dot(16 * x + 8, 16 * y + 8, 9, rgb("#e8ecff"),
                   bright * (ONE - ramp(y, 60, 150)) >> BITS)
    for a, b in LINKS:
        canvas.line(*NODES[a], *NODES[b], rgb("#a9c4ff"), 1750)
    for x, y in NODES:
        canvas.glow(x, y, 11, rgb("#9fbcff"), 2300)
        canvas.dot(16 * x + 8, 16 * y + 8, 29, rgb("#f7f9ff"))


def ridge(seed, base, height, step):
    """A skyline: each finer layer of noise has about half the height."""
    line = []
    for x in range(WIDTH):
        # A valley where the sun goes down.
        valley = 1000 + (ONE - 1000) * ramp(abs(x - SUN_X), 0, 150) // ONE
        y, h, s = 16 * base, 16 * height * valley >> BITS, step
        for octave in range(6):
            y -= h * noise_line(seed + octave, x, max(s, 2)) >> BITS
            h, s = h * 9 // 20, s * 10 // 21
        line.append(y)
    return line


def draw_mountains(canvas):
    """Four ranges; each nearer one is darker, and mist lies at every foot."""
    for seed, base, height, step, top, foot in (
            (42, 226, 72, 118, "#a5637f", "#f0a172"),
            (57, 240, 66, 92, "#7c4a7c", "#cf8274"),
            (63, 250, 42, 76, "#51366d", "#94597a")):
        line = ridge(seed, base, height, step)
        lit, mist = rgb(top), rgb(foot)

        def paint(x, y):
            t = ramp(y, base - height * 3 // 2, SHORE)
            near = 7000 * ONE // (7000 + (x - SUN_X) ** 2)
            return mix(mix(lit, mist, t), rgb("#ffb46c"), near * 1300 >> BITS)

        canvas.below(line, paint, SHORE)
    # The sun outshines the ridge before it.
    canvas.glow(SUN_X, SUN_Y, 90, rgb("#ffc98a"), 2000)


def draw_firs(canvas, ground, seed, first, last, gap, tall, colour):
    """A row of firs standing on ground: tiers of branches, wider downwards."""
    x0, i = first, 0
    while x0 < last:
        h = tall * (2300 + noise(seed, i) * 1800 // ONE) // ONE
        foot = ground[clamp(x0, 0, WIDTH - 1)] // 16 + 3
        tier = max(h // 6, 3)
        for k in range(h):
            # Sixteenths of a pixel: a slim cone, plus the sweep of each tier.
            half = 6 + 16 * k // 9 + 16 * (k % tier) * (h + 2 * k) // (7 * h)
            canvas.span(foot - h + k, 16 * x0 + 8 - half, 16 * x0 + 8 + half,
                        lambda x, y: colour)
        x0 += gap // 2 + noise(seed + 1, i) * gap // ONE
        i += 1


def draw_headland(canvas):
    """The dark wooded shore on both sides, and the rock of the lighthouse."""
    left, right = [], []
    for x in range(WIDTH):
        rough = noise_line(71, x, 14) // 160 + noise_line(72, x, 5) // 400
        a = 16 * SHORE - (16 * 30 * (ONE - ramp(x, 0, 150)) >> BITS)
        b = 16 * SHORE - (16 * 40 * ramp(x, 432, 530) >> BITS)
        left.append(a - rough if x < 150 else 16 * SHORE)
        right.append(b - rough if x > 440 else 16 * SHORE)

    def paint(x, y):
        return mix(rgb("#2a2150"), rgb("#3a2a58"), ramp(y, 190, SHORE))

    def rock(x, y):
        side = ONE - ramp(x, 440, 560)  # the side towards the sun is lit
        return mix(paint(x, y), rgb("#a85f66"), side * 1500 >> BITS)

    canvas.below(left, paint, SHORE)
    canvas.below(right, rock, SHORE)
    for shade, seed, tall in (("#3d2c5e", 81, 44), ("#231b47", 87, 38)):
        draw_firs(canvas, left, seed, -2, 118, 12, tall, rgb(shade))
        draw_firs(canvas, right, seed + 3, 566, 650, 12, tall, rgb(shade))


def draw_lighthouse(canvas):
    """Beam, tower with two red bands, gallery, lamp room, roof and halo."""
    for x in range(WIDTH):
        reach = abs(LAMP_X - x)
        fade = clamp(ONE - reach * ONE // 430)
        half = 3 * 16 + reach * 16 // 11
        axis = 16 * LAMP_Y - (LAMP_X - x) * 16 // 7
        for y in range((axis - half) // 16, (axis + half) // 16 + 1):
            t = clamp(ONE - (16 * y - axis) ** 2 * ONE // (half * half))
            canvas.light(x, y, rgb("#fff0c0"), (t * fade >> BITS) * 1900 >> BITS)

    canvas.glow(LAMP_X, LAMP_Y, 50, rgb("#ffe9a8"), 3000)

    top, bottom = LAMP_Y + 9, 218

    def tower(x, y):
        band = (y - top) * 5 // (bottom - top)
        wall = rgb("#c04a4c") if band in (1, 3) else rgb("#f3e4d8")
        half = 7 + (y - top) * 6 // (bottom - top)
        t = ramp(x - LAMP_X, -half, half)  # round: shade from left to right
        return mix(mix(wall, rgb("#ffc98a"), 700), rgb("#3b2c5e"), t * 3300 >> BITS)

    centre = 16 * LAMP_X + 8
    for y in range(top, bottom):
        half = 16 * 7 + 16 * 5 * (y - top) // (bottom - top)
        canvas.span(y, centre - half, centre + half, tower)
    dark, glass = rgb("#2a2150"), rgb("#fff3b8")
    for y in range(top - 3, top + 1):  # gallery
        canvas.span(y, centre - 168, centre + 168, lambda x, y: dark)
    for y in range(LAMP_Y - 6, top - 3):  # lamp room
        canvas.span(y, centre - 88, centre + 88, lambda x, y: dark)
        canvas.span(y, centre - 72, centre + 72, lambda x, y: glass)
    for y in range(LAMP_Y - 16, LAMP_Y - 6):  # roof
        half = 16 + (y - LAMP_Y + 16) * 10
        canvas.span(y, centre - half, centre + half, lambda x, y: dark)
    canvas.span(LAMP_Y - 17, centre - 10, centre + 10, lambda x, y: dark)
    for y in (172, 198):  # windows
        for row in range(y, y + 5):
            canvas.span(row, centre - 20, centre + 16, lambda x, y: rgb("#ffd77e"))
    canvas.glow(LAMP_X, LAMP_Y, 18, rgb("#ffe9a8"), 1700)


def draw_lake(canvas):
    """The mirror image of all above, broken by waves that grow towards us."""
    deep = rgb("#141a45")
    for y in range(SHORE, HEIGHT):
        depth = y - SHORE
        # Perspective: waves far away are short and flat, near ones long.
        row = 90 * ONE * 10 // (depth + 14)
        size = 22 + depth
        for x in range(WIDTH):
            u = (x - 320) * ONE // size
            n = noise_plane(91, u, row) + noise_plane(92, 2 * u, 2 * row) // 2
            n -= 3 * ONE // 4
            shift = n * (40 + depth * 3) >> BITS  # in 1/16 rows
            source = 16 * (SHORE - 1) - depth * 16 * 3 // 2 + shift * 3
            source = clamp(source, 0, 16 * (SHORE - 1))
            r, part = source >> 4, source & 15
            a = canvas.px[r * WIDTH + x]
            b = canvas.px[min(r + 1, SHORE - 1) * WIDTH + x]
            t = 700 + ramp(depth, 0, 150) * 1700 // ONE - n * 700 // ONE
            canvas.px[y * WIDTH + x] = mix(mix(a, b, part * ONE // 16), deep,
                                           clamp(t))
            # The sun's road on the water: sparks where a wave faces it.
            wide = 16 + depth // 3
            road = wide * wide * ONE // (wide * wide + (x - SUN_X) ** 2)
            spark = ramp(n, -300, 900) * (road * road >> BITS) >> BITS
            canvas.light(x, y, rgb("#ffc67a"),
                         spark * (3600 - depth * 12) >> BITS)
    for x in range(WIDTH):  # a thin bright line of mist along the far shore
        for y in range(SHORE - 3, SHORE + 4):
            t = ONE - abs(y - SHORE) * ONE // 4
            canvas.light(x, y, rgb("#ffd9a0"), t * 600 >> BITS)


def draw_boat(canvas):
    """A small sailing boat off the lighthouse, and its reflection."""
    cx, water = 352, 290
    hull, sail = rgb("#1c1a40"), rgb("#ffe3c0")
    shade = rgb("#d08a78")
    for y in range(water - 40, water - 5):
        k = y - (water - 40)
        canvas.span(y, 16 * cx - k * 9, 16 * cx - 8, lambda x, y: sail)
        canvas.span(y, 16 * cx + 12, 16 * cx + 12 + max(k - 8, 0) * 8,
                    lambda x, y: shade)
        # The mirror image is paler and swings with the waves.
        swing = sine(y, 14, 24) + sine(y, 22, 14)
        z = 2 * water - y
        for x in range(cx - k * 9 // 16, cx + max(k - 8, 0) // 2):
            canvas.blend(x + swing // 16, z, sail, 900)
    for y in range(water - 42, water - 4):
        canvas.span(y, 16 * cx - 8, 16 * cx + 10, lambda x, y: hull)
    for y in range(water - 5, water + 1):
        k = y - (water - 5)
        canvas.span(y, 16 * (cx - 22) + k * 18, 16 * (cx + 22) - k * 26,
                    lambda x, y: hull)
        for x in range(cx - 20 + 2 * k, cx + 20 - 2 * k):
            canvas.blend(x, water + 1 + k, hull, 2300)


def draw_foreground(canvas):
    """Our own bank in the lower corners: dark grass against the water."""
    ground = []
    for x in range(WIDTH):
        rise = 30 * ramp(x, 380, 700) + 13 * (ONE - ramp(x, -60, 190))
        ground.append(16 * (HEIGHT + 2) - (16 * rise >> BITS))
    for i in range(210):  # blades: thin, leaning, of uneven height
        foot = noise(95, i) * (WIDTH + 20) // ONE - 10
        if ground[clamp(foot, 0, WIDTH - 1)] > 16 * (HEIGHT - 2):
            continue
        tall = 10 + noise(96, i) * 34 // ONE
        lean = noise(97, i) * 13 // ONE - 6
        base = ground[clamp(foot, 0, WIDTH - 1)]
        for k in range(0, 16 * tall, 16):  # from root to tip, in 1/16 pixel
            bend = lean * k * k // (16 * tall * tall)
            thick = 20 - 17 * k // (16 * tall)
            canvas.span(base - k >> 4, 16 * foot + bend - thick // 2,
                        16 * foot + bend + thick // 2 + 1,
                        lambda x, y: rgb("#0b0c28"))
    canvas.below(ground, lambda x, y: rgb("#0b0c28"), HEIGHT)


def draw_picture():
    """The finished picture: WIDTH * HEIGHT colours of 12 bits a channel."""
    canvas = Canvas()
    draw_sky(canvas)
    draw_mountains(canvas)
    draw_headland(canvas)
    draw_lighthouse(canvas)
    draw_lake(canvas)
    draw_stars(canvas)  # after the lake: the waves would smear them into worms
    draw_boat(canvas)
    draw_foreground(canvas)
    return canvas.px


# --------------------------------------------------------------------------
# The JPEG encoder (ITU-T T.81, baseline, 4:2:0)
# --------------------------------------------------------------------------

# The comment takes up what the picture leaves over, so its length is the last
# thing to be known; comment_of() makes any text fit, this one fits as it is.
COMMENT = "Dusk over the lake, painted and encoded by make-media.py"
COMMENT_MIN = 56

ZIGZAG = sorted(range(64), key=lambda i: (
    i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else i % 8))

# Annex K.1: example quantisation tables, in natural order.
LUMA = [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
        14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
        49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99]
CHROMA = [99] * 64
for _i, _v in zip((0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 24, 25),
                  (17, 18, 24, 47, 18, 21, 26, 66, 24, 26, 56, 47, 66)):
    CHROMA[_i] = _v

# Annex K.3: typical Huffman tables, as (codes per length, symbols).
DC_LUMA = ("00010501010101010100000000000000", "000102030405060708090a0b")
DC_CHROMA = ("00030101010101010101010000000000", "000102030405060708090a0b")
AC_LUMA = (
    "0002010303020403050504040000017d",
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f0"
    "2433627282090a161718191a25262728292a3435363738393a43444546474849"
    "4a535455565758595a636465666768696a737475767778797a83848586878889"
    "8a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5"
    "c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8"
    "f9fa")
AC_CHROMA = (
    "00020102040403040705040400010277",
    "000102031104052131061241510761711322328108144291a1b1c109233352f0"
    "156272d10a162434e125f11718191a262728292a35363738393a434445464748"
    "494a535455565758595a636465666768696a737475767778797a828384858687"
    "88898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3"
    "c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8"
    "f9fa")


def huffman_codes(table):
    """symbol -> (code, length) by the canonical rule of Annex C."""
    lengths, symbols = map(bytes.fromhex, table)
    codes, code, k = {}, 0, 0
    for length, count in enumerate(lengths, 1):
        for _ in range(count):
            codes[symbols[k]] = (code, length)
            code, k = code + 1, k + 1
        code <<= 1
    return codes


def planes(px):
    """Y, Cb, Cr as lists of rows, 4 fraction bits, zero in the middle."""
    y, cb, cr = [], [], []
    for row in range(HEIGHT):
        line = [tuple(clamp(c, 0, 4080) for c in p)
                for p in px[row * WIDTH:(row + 1) * WIDTH]]
        y.append([(19595 * r + 38470 * g + 7471 * b >> 16) - 2048
                  for r, g, b in line])
        cb.append([-11059 * r - 21709 * g + 32768 * b >> 16 for r, g, b in line])
        cr.append([32768 * r - 27439 * g - 5329 * b >> 16 for r, g, b in line])

    def halve(p):  # 4:2:0: one chroma value for a square of four pixels
        return [[a[x] + a[x + 1] + b[x] + b[x + 1] + 2 >> 2
                 for x in range(0, WIDTH, 2)] for a, b in zip(p[::2], p[1::2])]

    return y, halve(cb), halve(cr)


DCT_BITS = 24
# DCT[u][x] = C(u)/2 cos((2x+1) u pi / 16), which is a sine a quarter turn on.
DCT = [[sine((2 * x + 1) * u + 8, 32, 1 << 23) if u
        else isqrt(1 << 45) for x in range(8)] for u in range(8)]


def dct(plane, bx, by):
    """The 64 coefficients of one block in zigzag order, 2**8 times their size."""
    rows = [plane[by + j][bx:bx + 8] for j in range(8)]
    part = [[sum(map(int.__mul__, c, r)) for c in DCT] for r in rows]
    out = []
    for column in zip(*part):
        out.append([sum(map(int.__mul__, c, column)) for c in DCT])
    # 4 bits of fraction came with the pixels, 2 * DCT_BITS with the tables.
    shift = 4 + 2 * DCT_BITS - 8
    return [out[i % 8][i // 8] + (1 << shift - 1) >> shift for i in ZIGZAG]


def all_blocks(px):
    """(component, coefficients) in scan order: four Y, then Cb, then Cr."""
    y, cb, cr = planes(px)
    for my in range(0, HEIGHT, 16):
        for mx in range(0, WIDTH, 16):
            for dy, dx in ((0, 0), (0, 8), (8, 0), (8, 8)):
                yield 0, dct(y, mx + dx, my + dy)
            yield 1, dct(cb, mx // 2, my // 2)
            yield 2, dct(cr, mx // 2, my // 2)


class Scan:
    """The blocks of one picture, ready to be coded with any quantisation."""

    def __init__(self, px):
        self.blocks = []
        for comp, coefs in all_blocks(px):
            # What is small even for a divisor of 1 can never be coded; keeping
            # the rest in a short list makes the search below ten times faster.
            ac = [(k, c) for k, c in enumerate(coefs) if k and abs(c) >= 128]
            self.blocks.append((comp, coefs[0], ac))
        self.codes = [(huffman_codes(DC_LUMA), huffman_codes(AC_LUMA)),
                      (huffman_codes(DC_CHROMA), huffman_codes(AC_CHROMA))]

    def encode(self, tables):
        """The entropy-coded bytes for (luma, chroma) tables in zigzag order."""
        acc, nbits = 1, 0  # the leading 1 keeps zeros at the front
        out = []
        last = [0, 0, 0]
        for comp, dc, ac in self.blocks:
            chroma = comp > 0
            table = tables[chroma]
            dc_codes, ac_codes = self.codes[chroma]
            value = divide(dc, table[0])
            diff, last[comp] = value - last[comp], value
            size = abs(diff).bit_length()
            code, length = dc_codes[size]
            extra = diff if diff >= 0 else diff + (1 << size) - 1
            acc = (acc << length | code) << size | extra
            run_from = 0
            for k, c in ac:
                value = divide(c, table[k])
                if not value:
                    continue
                run = k - run_from - 1
                run_from = k
                while run > 15:
                    code, length = ac_codes[0xF0]
                    acc = acc << length | code
                    run -= 16
                size = abs(value).bit_length()
                code, length = ac_codes[run << 4 | size]
                extra = value if value >= 0 else value + (1 << size) - 1
                acc = (acc << length | code) << size | extra
            if run_from != 63:
                code, length = ac_codes[0]
                acc = acc << length | code
            if acc.bit_length() > 4096:  # move whole bytes out
                nbits = acc.bit_length() - 1
                rest = nbits % 8
                whole = (acc >> rest) ^ (1 << nbits - rest)
                out.append(whole.to_bytes(nbits // 8, "big"))
                acc = 1 << rest | acc & (1 << rest) - 1
        nbits = acc.bit_length() - 1
        pad = -nbits % 8
        acc = (acc << pad | (1 << pad) - 1) ^ (1 << nbits + pad)
        out.append(acc.to_bytes((nbits + pad) // 8, "big"))
        return b"".join(out).replace(b"\xff", b"\xff\x00")


def divide(c, q):
    """c / (256 q), rounded to the nearest integer, halves away from zero."""
    return (c + 128 * q) // (256 * q) if c >= 0 else -((128 * q - c) // (256 * q))


def segment(marker, body):
    """One marker segment; its length field counts itself."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def assemble(scan, tables, comment):
    """The whole file."""
    parts = [b"\xff\xd8",
             segment(0xE0, b"JFIF\0" + struct.pack(">HBHHBB", 0x101, 0, 1, 1, 0, 0)),
             segment(0xFE, comment)]
    for i, table in enumerate(tables):
        parts.append(segment(0xDB, bytes([i]) + bytes(table)))
    parts.append(segment(0xC0, struct.pack(">BHHB", 8, HEIGHT, WIDTH, 3)
                         + bytes([1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1])))
    for kind, table in ((0x00, DC_LUMA), (0x10, AC_LUMA),
                        (0x01, DC_CHROMA), (0x11, AC_CHROMA)):
        parts.append(segment(0xC4, bytes([kind]) + bytes.fromhex("".join(table))))
    parts.append(segment(0xDA, bytes([3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0])))
    return b"".join(parts) + scan + b"\xff\xd9"


def scaled(scale):
    """Annex K tables times scale/1000, in zigzag order, chroma a bit finer."""
    return [[clamp((base[i] * scale * part + 50000) // 100000, 1, 255)
             for i in ZIGZAG] for base, part in ((LUMA, 100), (CHROMA, 80))]


def comment_of(length):
    """COMMENT brought to length: cut after a word, the rest made of dots."""
    text = COMMENT
    while len(text) > length:
        text = text.rpartition(" ")[0]
    return (text + "." * (length - len(text))).encode("ascii")


def make_jpeg():
    """The picture in the best quality that fits, JPEG_SIZE bytes long."""
    scan = Scan(draw_picture())
    room = JPEG_SIZE - len(assemble(b"", scaled(1000), comment_of(COMMENT_MIN)))
    low, high = 1, 4000  # low is too big, high fits
    while high - low > 1:
        middle = (low + high) // 2
        if len(scan.encode(scaled(middle))) > room:
            low = middle
        else:
            high = middle
    # What is left is too little for the next scale, but enough for a smaller
    # divisor here and there.  From the finest detail on, while it fits.
    tables = scaled(high)
    left = room - len(scan.encode(tables))
    for k in range(63, 0, -1):
        if left < 8:
            break
        if tables[0][k] > 1:
            tables[0][k] -= 1
            now = room - len(scan.encode(tables))
            if 0 <= now <= left:
                left = now
            else:
                tables[0][k] += 1
    data = assemble(scan.encode(tables), tables, comment_of(COMMENT_MIN + left))
    return data, "quality scale %d/1000, %d bytes to spare" % (high, left)


# --------------------------------------------------------------------------
# The tune
# --------------------------------------------------------------------------

RATE = 11025  # slow enough that 142130 bytes last six and a half seconds
BEAT = RATE * 2 // 5  # 150 beats a minute
SINE_BITS = 14
PEAK = 23000  # about -3 dB

# A waltz, for the three-way handshake.  (beat in quarters of a beat, note,
# length in quarters of a beat); notes are semitones from A4 = 440 Hz.
MELODY = [(0, "D5", 4), (4, "G5", 4), (8, "B5", 4),
          (12, "A5", 6), (18, "G5", 2), (20, "E5", 4),
          (24, "C5", 4), (28, "E5", 4), (32, "G5", 4),
          (36, "F#5", 6), (42, "E5", 2), (44, "D5", 4),
          (48, "G5", 16)]
INNER = [(4, "G4", 4), (4, "B4", 4), (8, "G4", 4), (8, "B4", 4),
         (16, "G4", 4), (16, "B4", 4), (20, "G4", 4), (20, "B4", 4),
         (28, "G4", 4), (28, "C5", 4), (32, "G4", 4), (32, "C5", 4),
         (40, "F#4", 4), (40, "C5", 4), (44, "F#4", 4), (44, "A4", 4),
         (49, "D4", 15), (50, "G4", 14), (51, "B4", 13), (52, "D5", 12),
         (54, "B5", 10)]
BASS = [(0, "G3", 10), (12, "E3", 10), (24, "C3", 10), (36, "D3", 10),
        (48, "G2", 16), (48, "G3", 16)]

# voice: loudness, then (partial, share, half-life in milliseconds) each.  High
# partials die first, as on a struck bar or string.
VOICES = [
    (MELODY, 1000, ((1, 1000, 420), (2, 260, 240), (4, 200, 90), (6, 60, 45))),
    (INNER, 330, ((1, 1000, 300), (2, 300, 150), (3, 120, 80))),
    (BASS, 760, ((1, 1000, 520), (2, 420, 330), (3, 160, 180), (4, 70, 110))),
]


def root(value, n):
    """The integer n-th root of value, rounded down."""
    low, high = 0, 1 << (value.bit_length() // n + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**n <= value else (low, middle)
    return low


def phase_step(name):
    """Turns per sample for a note such as 'F#4', in units of 2**-32."""
    semitone = {"C": -9, "D": -7, "E": -5, "F": -4, "G": -2, "A": 0, "B": 2}
    n = semitone[name[0]] + name.count("#") + 12 * (int(name[-1]) - 4)
    # 440 * 2**(n/12), by way of the 12th power, which is a whole number.
    power = (440 << 32) ** 12 << 120
    return root(power << n if n >= 0 else power >> -n, 12) // (1024 * RATE)


def decay(half_life):
    """The factor per sample, in units of 2**-30, for a half-life in ms."""
    samples = half_life * RATE // 1000
    return root(1 << (30 * samples - 1), samples)


def play(mixdown, start, length, step, level, partial):
    """Add one partial of one note: quick attack, decay, soft release."""
    number, share, half_life = partial
    step *= number
    if step > 1 << 31:  # above half the sample rate it would fold back
        return
    factor = decay(half_life)
    attack, release = RATE // 160, RATE // 12
    env = level * share << 10
    phase = 0
    for i in range(min(length + release, len(mixdown) - start)):
        e = env >> 10
        if i < attack:
            e = e * i // attack
        if i > length:
            e = e * (length + release - i) // release
        mixdown[start + i] += e * WAVE[phase >> 32 - SINE_BITS] >> 10
        phase = phase + step & 0xFFFFFFFF
        env = env * factor >> 30


WAVE = [sine(i, 1 << SINE_BITS, 1 << 15) for i in range(1 << SINE_BITS)]


def make_wav():
    """The tune as a RIFF WAVE file of WAV_SIZE bytes, 16 bit mono PCM."""
    count = (WAV_SIZE - 44) // 2
    mixdown = [0] * count
    quarter = BEAT // 4
    for notes, level, partials in VOICES:
        for at, name, length in notes:
            for partial in partials:
                play(mixdown, at * quarter, length * quarter,
                     phase_step(name), level, partial)
    # A little room: two echoes, each softer than the last.
    for delay, gain in ((RATE * 11 // 100, 900), (RATE * 19 // 100, 560)):
        for i in range(count - 1, delay - 1, -1):
            mixdown[i] += mixdown[i - delay] * gain >> BITS
    # Fade to silence, so that the end of the file is no click.
    fade = RATE * 11 // 10
    for i in range(fade):
        t = ramp(i, 0, fade)
        mixdown[count - 1 - i] = mixdown[count - 1 - i] * t >> BITS
    loudest = max(map(abs, mixdown))
    samples = [(2 * PEAK * v + loudest) // (2 * loudest) for v in mixdown]
    data = struct.pack("<%dh" % count, *samples)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE",
                       b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16,
                       b"data", len(data))
    return head + data, "%d samples at %d Hz" % (count, RATE)


# --------------------------------------------------------------------------


def main():
    """Write or check both files; the exit status is 1 if a check fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true",
                        help="compare with the files that are there, write nothing")
    check = parser.parse_args().check
    failed = False
    for name, size, make in (("head.jpg", JPEG_SIZE, make_jpeg),
                             ("BGM.wav", WAV_SIZE, make_wav)):
        data, note = make()
        if len(data) != size:
            raise SystemExit("%s: made %d bytes, not %d" % (name, len(data), size))
        path = MEDIA / name
        if check:
            same = path.is_file() and path.read_bytes() == data
            failed = failed or not same
            print("%s: %s" % (path, "as made" if same else "DIFFERS"))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            print("%s: %d bytes, %s" % (path, size, note))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
