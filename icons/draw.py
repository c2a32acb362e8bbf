#!/usr/bin/env python3
"""Draws the icons of Offhook: `python3 icons/draw.py` (needs `rsvg-convert`, Debian: librsvg2-bin).

Every picture is a handset, the opening of its curve to the lower right, and in that opening a sign that tells the
state by its shape. Written beside this file:

    tray/STATE[-attention].svg            the drawing
    tray/STATE[-attention]-SIZE.png       in colour
    tray/STATE[-attention]-mono-SIZE.png  one colour on transparent
    tray/STATE[-attention].rgba           what the programs embed: the sizes of EMBEDDED one after the other,
                                          four bytes a pixel, not premultiplied
    tray/STATE[-attention]-mono.alpha     the same in one colour: only how much each pixel is covered, one byte
    app.svg, app-SIZE.png, app.ico        the program's own icon
"""

import struct
import subprocess
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
SIZES = (16, 22, 24, 32, 48, 64)
EMBEDDED = (16, 22, 24, 32, 48)

# Each reads at 3:1 or better on both a white and a nearly black panel.
TEAL, SLATE, RED, BLUE, AMBER = "#1d938e", "#76858f", "#dc4433", "#2f80d8", "#c98500"

# The parts of the handset: the handle, and its two ends.
HANDLE = '<path d="M13 48 C10 26 26 10 48 13" fill="none" stroke="{c}" stroke-width="{w}" stroke-linecap="round"/>'
END = '<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{r}" fill="{c}" transform="rotate({a} {mx} {my})"/>'


def handset(colour, inset=0.0):
    """The handset in a field of 64 by 64; `inset` draws it that much thinner on every side."""
    ends = ""
    for mx, my, angle in ((15.5, 49, 12), (49, 15.5, 78)):
        w, h = 23 - 2 * inset, 21 - 2 * inset
        ends += END.format(x=mx - w / 2, y=my - h / 2, w=w, h=h, r=max(6.5 - inset, 1), c=colour, a=angle, mx=mx, my=my)
    return HANDLE.format(c=colour, w=14 - 2 * inset) + ends


SIGN = (46.5, 46.5)  # the middle of the sign
R = 16.5


def disc(colour):
    return f'<circle cx="{SIGN[0]}" cy="{SIGN[1]}" r="{R}" fill="{colour}"/>'


def shapes(mono):
    """For each state: colour of the handset, the field kept free around the sign, and the sign."""

    def c(colour):
        return "#000" if mono else colour

    x, y = SIGN
    # Lines inside a filled sign are holes, so that they also read in one colour.
    bar = f'<rect x="{x - 11}" y="{y - 4}" width="22" height="8" rx="2"/>'
    free = f'<circle cx="{x}" cy="{y}" r="{R + 5.5}"/>'
    dx = 45  # A diamond is larger than a disc, or the two would be one at 16 pixels.
    diamond = f"M{dx} {dx - 18.5} L{dx + 18.5} {dx} L{dx} {dx + 18.5} L{dx - 18.5} {dx} Z"
    wide = f"M{dx} {dx - 28} L{dx + 28} {dx} L{dx} {dx + 28} L{dx - 28} {dx} Z"
    arrow = f"M{x - 18} {y - 5.5} H{x - 1} V{y - 15.5} L{x + 16.5} {y} L{x - 1} {y + 15.5} V{y + 5.5} H{x - 18} Z"
    pause = "".join(f'<rect x="{x + d}" y="{y - 14.5}" width="10.5" height="29" rx="2.5" fill="{c(BLUE)}"/>' for d in (-14.5, 4))
    return {
        "free": (c(TEAL), "", ""),
        "in-call": (c(SLATE), free, disc(c(RED))),
        "do-not-disturb": (c(SLATE), free, hole("dnd", disc(c(RED)), bar)),
        "forwarded": (
            c(SLATE),
            f'<path d="{arrow}" stroke="#000" stroke-width="12" stroke-linejoin="round"/>',
            f'<path d="{arrow}" fill="{c(BLUE)}" stroke="{c(BLUE)}" stroke-width="2" stroke-linejoin="round"/>',
        ),
        "busy": (
            c(SLATE),
            f'<path d="{wide}"/>',
            hole("busy", f'<path d="{diamond}" fill="{c(RED)}"/>', f'<circle cx="{dx}" cy="{dx}" r="5"/>'),
        ),
        "away": (
            c(SLATE),
            free,
            f'<circle cx="{x}" cy="{y}" r="{R - 2.5}" fill="none" stroke="{c(AMBER)}" stroke-width="5"/>'
            + f'<path d="M{x} {y - 8.5} V{y + 1} H{x + 7}" stroke="{c(AMBER)}" stroke-width="4.5" fill="none"/>',
        ),
        "paused": (c(SLATE), f'<rect x="{x - 20}" y="{y - 20}" width="42" height="44" rx="4"/>', pause),
        "signed-out": (c(SLATE), "", ""),
    }


def hole(name, picture, holes):
    mask = f'<mask id="{name}"><rect width="64" height="64" fill="#fff"/><g fill="#000" stroke="#000" stroke-width="0">{holes}</g></mask>'
    return f'{mask}<g mask="url(#{name})">{picture}</g>'


# Above the curve's opening, over the end that points up.
TRIANGLE = "M50 2.5 L61.5 22.5 H38.5 Z"
ATTENTION_FREE = f'<path d="{TRIANGLE}" stroke="#000" stroke-width="13" stroke-linejoin="round"/>'


def attention(mono):
    colour = "#000" if mono else "#e0a100"
    body = f'<path d="{TRIANGLE}" fill="{colour}" stroke="{colour}" stroke-width="3.5" stroke-linejoin="round"/>'
    mark = '<path d="M50 9 V15.5" stroke-width="4" stroke-linecap="round"/><circle cx="50" cy="20.4" r="2.3"/>'
    if mono:
        return hole("mark", body, mark)
    return body + f'<g fill="#1c1c1c" stroke="#1c1c1c" stroke-width="0">{mark}</g>'


def drawing(state, with_attention, mono):
    colour, free, sign = shapes(mono)[state]
    base = handset(colour)
    if state == "signed-out":
        inside = handset("#000", 4.2)
        strike = '<path d="M10 10 L54 54" stroke-width="{w}" stroke-linecap="round" stroke="{c}"/>'
        base = f'<mask id="in"><rect width="64" height="64" fill="#fff"/>{inside}</mask><g mask="url(#in)">{base}</g>'
        free, sign = strike.format(w=14, c="#000"), strike.format(w=6, c=colour)
    if free:
        base = f'<mask id="gap"><rect width="64" height="64" fill="#fff"/><g>{free}</g></mask><g mask="url(#gap)">{base}</g>'
    picture = base + sign
    if with_attention:
        picture = f'<mask id="room"><rect width="64" height="64" fill="#fff"/>{ATTENTION_FREE}</mask><g mask="url(#room)">{picture}</g>'
        picture += attention(mono)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{picture}</svg>\n'


def app():
    teal = '<linearGradient id="g" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#23a39d"/><stop offset="1" stop-color="#0f6169"/></linearGradient>'
    gap = f'<mask id="gap"><rect width="64" height="64" fill="#fff"/><circle cx="{SIGN[0]}" cy="{SIGN[1]}" r="{R + 4}"/></mask>'
    phone = f'{gap}<g mask="url(#gap)">{handset("#fff")}</g>{disc("#ff9d80")}'
    inner = f'<g transform="translate(11.5 11.5) scale(.64)">{phone}</g>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><defs>{teal}</defs><rect x="2" y="2" width="60" height="60" rx="14" fill="url(#g)"/>{inner}</svg>\n'


def png(svg, size):
    return subprocess.run(["rsvg-convert", "-w", str(size), "-h", str(size)], input=svg.encode(), stdout=subprocess.PIPE, check=True).stdout


def pixels(data):
    """The pixels of a PNG of 8-bit RGBA, not interlaced, as rsvg-convert writes it."""
    at, packed, width, height = 8, b"", 0, 0
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            assert (depth, colour, interlaced) == (8, 6, 0)
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    raw, stride, rows, before = zlib.decompress(packed), width * 4, [], bytes(width * 4)
    for y in range(height):
        kind, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        for x in range(stride):
            a, b, c = (line[x - 4] if x >= 4 else 0), before[x], (before[x - 4] if x >= 4 else 0)
            p = a + b - c
            near = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            line[x] = (line[x] + (0, a, b, (a + b) // 2, near)[kind]) & 255
        before = bytes(line)
        rows.append(before)
    return b"".join(rows)


def ico(pictures):
    """An icon file of PNG pictures by size."""
    head, body = struct.pack("<HHH", 0, 1, len(pictures)), b""
    start = 6 + 16 * len(pictures)
    for size, data in pictures:
        head += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(data), start + len(body))
        body += data
    return head + body


def main():
    tray = HERE / "tray"
    tray.mkdir(exist_ok=True)
    for state in shapes(False):
        for with_attention in (False, True):
            name = state + ("-attention" if with_attention else "")
            for suffix, mono in (("", False), ("-mono", True)):
                svg = drawing(state, with_attention, mono)
                if not mono:
                    (tray / f"{name}.svg").write_text(svg)
                pictures = {size: png(svg, size) for size in SIZES}
                for size, data in pictures.items():
                    (tray / f"{name}{suffix}-{size}.png").write_bytes(data)
                embedded = b"".join(pixels(pictures[size]) for size in EMBEDDED)
                if mono:
                    (tray / f"{name}{suffix}.alpha").write_bytes(embedded[3::4])
                else:
                    (tray / f"{name}{suffix}.rgba").write_bytes(embedded)
    svg = app()
    (HERE / "app.svg").write_text(svg)
    for size in (32, 128, 256, 512):
        (HERE / f"app-{size}.png").write_bytes(png(svg, size))
    (HERE / "app.ico").write_bytes(ico([(size, png(svg, size)) for size in (16, 20, 24, 32, 48, 64, 256)]))


if __name__ == "__main__":
    main()
