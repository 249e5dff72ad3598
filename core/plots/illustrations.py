"""A small drawing for each task, as SVG in the theme's colours: what the task does, before any run has shown it."""

from __future__ import annotations

from functools import cache

import numpy as np

from core.plots.style import BLUE, FONT, GREEN, ORANGE, SKY

WIDTH, HEIGHT = 320, 176
LEVELS = 6  # shades of a drawn pixel

_THREE = (
    "..........",
    "..#####...",
    ".##...##..",
    "......##..",
    "...####...",
    "......##..",
    "......##..",
    ".##...##..",
    "..#####...",
    "..........",
)

_FACE = (
    "    ######    ",
    "  ##########  ",
    " ############ ",
    " ############ ",
    "####  ##  ####",
    "####  ##  ####",
    "##############",
    "##############",
    "### ###### ###",
    "###  ####  ###",
    " ###      ### ",
    " ####    #### ",
    "  ##########  ",
    "    ######    ",
)


@cache
def illustration(task: str, dark: bool) -> str | None:
    """The drawing of a task, 320×176, on a transparent ground; None for a task that has none."""
    draw = {
        "classification": _digit, "adversarial": _faces, "denoising": _landscape, "text_classification": _sentence,
        "sequence_classification": _memory, "language_modelling": _writing, "speech_recognition": _recording,
        "question_answering": _marked, "sound_classification": _bird, "reconstruction": _squeezed,
        "inpainting": _mended, "colourisation": _coloured,
    }.get(task)
    if draw is None:
        return None
    accent, ink = (SKY, "#E4E8EC") if dark else (BLUE, "#1B2026")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="{FONT}">{draw(accent, ink)}</svg>'
    )


def _digit(accent: str, ink: str) -> str:
    """A digit, and the chance of each of the ten names."""
    shades = np.array([[pixel == "#" for pixel in row] for row in _THREE], float)
    spread = np.pad(shades, 1)
    blurred = (spread[:-2, 1:-1] + spread[2:, 1:-1] + spread[1:-1, :-2] + spread[1:-1, 2:]) / 4
    chances = [0.01, 0.01, 0.06, 0.78, 0.01, 0.05, 0.01, 0.01, 0.08, 0.03]
    bars = "".join(
        f'<text x="184" y="{26 + 14.6 * digit:.1f}" font-size="11" fill="{ink}" opacity=".6">{digit}</text>'
        f'<rect x="198" y="{18 + 14.6 * digit:.1f}" width="{2 + 110 * chance:.1f}" height="8" rx="2" '
        f'fill="{accent}" opacity="{1 if digit == 3 else 0.35}"/>'
        for digit, chance in enumerate(chances)
    )
    return _pixels(np.maximum(shades, 0.4 * blurred), 16, 14, 14.8, ink) + bars


def _faces(accent: str, ink: str) -> str:
    """A face that comes out of noise."""
    face = np.array([[pixel == "#" for pixel in row] for row in _FACE], float)
    noise = np.random.default_rng(4).random(face.shape)
    return "".join(
        _pixels(share * noise + (1 - share) * face, 10 + 104 * i, 42, 6.6, accent if i == 2 else ink)
        for i, share in enumerate((1.0, 0.5, 0.0))
    ) + "".join(f'<path d="M{105 + 104 * i} 88h5m-3-3 3 3-3 3" stroke="{ink}" fill="none" opacity=".5"/>' for i in (0, 1))


def _landscape(accent: str, ink: str) -> str:
    """A picture, noisy on the left and cleaned on the right."""
    rows, columns = 17, 31
    y, x = np.mgrid[0:rows, 0:columns]
    picture = 0.18 + 0.012 * y
    sun = (x - 22) ** 2 + (y - 4.5) ** 2 < 7
    picture[sun] = 0.0
    picture[y > 10 + 2.2 * np.sin(x / 4.2)] = 0.55
    picture[y > 13 + 1.6 * np.sin(x / 3 + 2)] = 0.95
    noisy = np.where(x < columns // 2, picture + np.random.default_rng(1).normal(0, 0.28, picture.shape), picture)
    middle = 5 + 10 * (columns // 2)
    return (
        _pixels(noisy.clip(0, 1), 5, 3, 10, accent)
        + _pixels(sun.astype(float), 5, 3, 10, ORANGE)
        + f'<path d="M{middle} 0V{HEIGHT}" stroke="{ink}" stroke-width="2"/>'
        f'<circle cx="{middle}" cy="88" r="7" fill="{ORANGE}" stroke="{ink}" stroke-width="2"/>'
    )


def _squeezed(accent: str, ink: str) -> str:
    """A digit, the few numbers that it is put into, and the digit out of them."""
    shades = np.array([[pixel == "#" for pixel in row] for row in _THREE], float)
    spread = np.pad(shades, 1)
    back = shades / 2 + (spread[:-2, 1:-1] + spread[2:, 1:-1] + spread[1:-1, :-2] + spread[1:-1, 2:]) / 8
    code = "".join(
        f'<rect x="{160 + min(0, 22 * value):.1f}" y="{60 + 15 * i}" width="{abs(22 * value):.1f}" height="9" rx="2" '
        f'fill="{ORANGE}"/>' for i, value in enumerate((0.8, -0.5, 0.3, -0.9))
    )
    sides = "".join(f'<path d="M{x} 30 {inner} 54V122L{x} 146Z" fill="{ink}" opacity=".12"/>'
                    for x, inner in ((108, 132), (212, 188)))
    return _pixels(shades, 6, 40, 9.6, ink) + sides + code + _pixels(back, 220, 40, 9.6, accent)


def _mended(accent: str, ink: str) -> str:
    """A face with a hole, and the face without."""
    face = np.array([[pixel == "#" for pixel in row] for row in _FACE], float)
    holed = face.copy()
    holed[4:8, 5:12] = 0
    frame = f'<rect x="{24 + 5 * 8.6}" y="{28 + 4 * 8.6}" width="{7 * 8.6}" height="{4 * 8.6}" fill="{ORANGE}"/>'
    arrow = f'<path d="M152 88h14m-6-6 6 6-6 6" stroke="{ink}" stroke-width="2" fill="none" opacity=".5"/>'
    return _pixels(holed, 24, 28, 8.6, ink) + frame + arrow + _pixels(face, 176, 28, 8.6, accent)


def _coloured(accent: str, ink: str) -> str:
    """A landscape, grey on the left and coloured on the right."""
    y, x = np.mgrid[0:17, 0:31]
    sun = (x - 22) ** 2 + (y - 4.5) ** 2 < 7
    hills = y > 10 + 2.2 * np.sin(x / 4.2)
    shades = np.where(sun, 0.15, np.where(hills, 0.75, 0.3))
    left = x < 15
    right = ((sun, ORANGE), (hills & ~sun, GREEN), (~hills & ~sun, accent))
    return _pixels(np.where(left, shades, 0), 5, 3, 10, ink) + "".join(
        _pixels(np.where(left | ~part, 0, 0.75), 5, 3, 10, colour) for part, colour in right)


def _sentence(accent: str, ink: str) -> str:
    """A sentence, and where its last word looks."""
    words = {"thin": 24, "plot": 74, "but": 122, "superb": 178, "acting": 258}
    looks = {"thin": 0.25, "plot": 0.3, "but": 0.5, "superb": 1.0}
    arcs = "".join(
        f'<path d="M{words["acting"] + 18} 122C{words["acting"]} {122 - reach} {words[word] + 30} {122 - reach} '
        f'{words[word] + 16} 122" fill="none" stroke="{accent}" stroke-width="{1 + 4 * share:.1f}" '
        f'opacity="{0.25 + 0.7 * share:.2f}"/>'
        for (word, share), reach in zip(looks.items(), (112, 88, 64, 46), strict=True)
    )
    text = "".join(f'<text x="{x}" y="144" font-size="17" fill="{ink}">{word}</text>' for word, x in words.items())
    return arcs + text


def _memory(accent: str, ink: str) -> str:
    """A sequence of letters of which two count, and the memory of them that is carried to the end."""
    letters = "acxbdacybdab"
    places = [20 + 24.5 * i for i in range(len(letters))]
    kept = "".join(
        f'<path d="M{places[letters.index(letter)] + 6:.1f} {level + 3}H{places[-1] + 14:.1f}" stroke="{accent}" '
        f'stroke-width="6" stroke-linecap="round" opacity="{opacity}"/>'
        for letter, level, opacity in (("x", 52, 0.9), ("y", 76, 0.5))
    )
    text = "".join(
        f'<text x="{place:.1f}" y="130" font-size="19" fill="{accent if letter in "xy" else ink}" '
        f'font-weight="{700 if letter in "xy" else 400}" opacity="{1 if letter in "xy" else 0.45}">{letter}</text>'
        for letter, place in zip(letters, places, strict=True)
    )
    drops = "".join(
        f'<path d="M{places[letters.index(letter)] + 6:.1f} 112V{level + 8}" stroke="{accent}" stroke-width="1.5" '
        f'opacity="0.6"/>' for letter, level in (("x", 52), ("y", 76))
    )
    return kept + drops + text


def _writing(accent: str, ink: str) -> str:
    """A line that is being written, and what may come next."""
    written = f'<text x="14" y="94" font-size="20" fill="{ink}">To be, or not to b</text>'
    bars = "".join(
        f'<text x="196" y="{41 + 24 * row}" font-size="16" fill="{ink}" opacity="{1 if row == 2 else 0.6}">{letter}</text>'
        f'<rect x="218" y="{32 + 24 * row}" width="{2 + 84 * chance:.1f}" height="9" rx="2" fill="{accent}" '
        f'opacity="{1 if row == 2 else 0.35}"/>'
        for row, (letter, chance) in enumerate((("a", 0.12), ("r", 0.18), ("e", 0.93), ("u", 0.15), ("l", 0.08)))
    )
    return written + bars


def _recording(accent: str, ink: str) -> str:
    """A sound, and the letters where they are heard."""
    bars = _loudness(accent)
    letters = "".join(f'<text x="{x}" y="160" font-size="20" fill="{ink}">{letter}</text>'
                      for letter, x in zip("three", (48, 100, 150, 196, 250), strict=True))
    return bars + letters


def _marked(accent: str, ink: str) -> str:
    """A passage, in which the words that a question asks for are marked."""
    lines = "".join(
        f'<rect x="32" y="{y}" width="{width}" height="9" rx="4.5" fill="{ink}" opacity="0.2"/>'
        for y, width in ((66, 256), (90, 232), (114, 248), (138, 150))
    )
    marked = f'<rect x="112" y="90" width="72" height="9" rx="4.5" fill="{accent}"/>'
    ring = f'<rect x="104" y="82" width="88" height="25" rx="8" fill="none" stroke="{ORANGE}" stroke-width="2.5"/>'
    return f'<text x="32" y="44" font-size="24" font-weight="600" fill="{ink}">Who says it?</text>{lines}{marked}{ring}'


def _bird(accent: str, ink: str) -> str:
    """A sound, and the chance of each name that it may have."""
    rows = "".join(
        f'<text x="16" y="{141 + 16 * row}" font-size="13" fill="{ink}" opacity="{1 if row == 1 else 0.6}">{name}</text>'
        f'<rect x="70" y="{133 + 16 * row}" width="{2 + 210 * chance:.1f}" height="8" rx="2" fill="{accent}" '
        f'opacity="{1 if row == 1 else 0.35}"/>'
        for row, (name, chance) in enumerate((("robin", 0.1), ("wren", 0.86), ("owl", 0.04)))
    )
    return _loudness(accent) + rows


def _loudness(accent: str) -> str:
    """A sound as bars, one for each moment."""
    place = np.linspace(0, 1, 96)
    loudness = np.sin(np.pi * place) * (0.25 + np.abs(np.sin(3 * np.pi * place + 0.4)) * np.abs(np.cos(41 * place)))
    return "".join(
        f'<rect x="{17 + 3 * i}" y="{76 - 54 * high:.1f}" width="2" height="{108 * high + 1:.1f}" rx="1" fill="{accent}"/>'
        for i, high in enumerate(loudness)
    )


def _pixels(shades: np.ndarray, left: float, top: float, size: float, colour: str) -> str:
    """Squares in shades 0..1 of one colour, `(rows, columns)`: one path for each level of opacity."""
    levels = np.rint(shades * LEVELS).astype(int)
    paths = []
    for level in range(1, LEVELS + 1):
        squares = "".join(
            f"M{left + size * c:.1f} {top + size * r:.1f}h{size - 0.8:.1f}v{size - 0.8:.1f}h-{size - 0.8:.1f}z"
            for r, c in zip(*np.nonzero(levels == level), strict=True)
        )
        paths.append(f'<path d="{squares}" fill="{colour}" opacity="{level / LEVELS:.2f}"/>')
    return "".join(paths)
