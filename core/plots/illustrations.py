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
        "question_answering": _marked, "sound_classification": _bird, "translation": _crossing,
        "masked_language_modelling": _gap, "sequence_regression": _sum, "reconstruction": _bottleneck,
        "inpainting": _hole, "colourisation": _sunset, "captioning": _told, "q_learning": _cart, "policy_gradient": _paddle,
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
    picture, sun = _view()
    noisy = picture + np.random.default_rng(1).normal(0, 0.28, picture.shape)
    noisy[:, picture.shape[1] // 2 :] = picture[:, picture.shape[1] // 2 :]
    return _pixels(noisy.clip(0, 1), 5, 3, 10, accent) + _pixels(sun, 5, 3, 10, ORANGE) + _curtain(ink)


def _hole(accent: str, ink: str) -> str:
    """A picture with a hole on the left, filled on the right."""
    picture, sun = _view()
    picture[6:13, 4:11] = 0
    hole = f'<rect x="44" y="62" width="72" height="72" fill="none" stroke="{ink}" stroke-dasharray="5 4" stroke-width="2"/>'
    return _pixels(picture, 5, 3, 10, accent) + _pixels(sun, 5, 3, 10, ORANGE) + hole + _curtain(ink)


def _sunset(accent: str, ink: str) -> str:
    """A picture, grey on the left and in colours on the right."""
    picture, sun = _view()
    middle = picture.shape[1] // 2
    grey, coloured = picture.copy(), picture.copy()
    grey[:, middle:] = coloured[:, :middle] = 0
    ground = np.where(picture > 0.5, coloured, 0)
    return (_pixels(grey, 5, 3, 10, ink) + _pixels(coloured - ground, 5, 3, 10, accent) + _pixels(ground, 5, 3, 10, GREEN)
            + _pixels(sun, 5, 3, 10, ORANGE) + _curtain(ink))


def _view() -> tuple[np.ndarray, np.ndarray]:
    """Hills under a sun, and the sun alone: shades 0..1 `(rows, columns)`."""
    y, x = np.mgrid[0:17, 0:31]
    picture = 0.18 + 0.012 * y
    sun = (x - 22) ** 2 + (y - 4.5) ** 2 < 7
    picture[sun] = 0.0
    picture[y > 10 + 2.2 * np.sin(x / 4.2)] = 0.55
    picture[y > 13 + 1.6 * np.sin(x / 3 + 2)] = 0.95
    return picture, sun.astype(float)


def _curtain(ink: str) -> str:
    """What parts the two halves of a picture."""
    return (f'<path d="M155 0V{HEIGHT}" stroke="{ink}" stroke-width="2"/>'
            f'<circle cx="155" cy="88" r="7" fill="{ORANGE}" stroke="{ink}" stroke-width="2"/>')


def _bottleneck(accent: str, ink: str) -> str:
    """A digit, the few numbers that are left of it, and the digit again."""
    shades = np.array([[pixel == "#" for pixel in row] for row in _THREE], float)
    spread = np.pad(shades, 1)
    blurred = (2 * shades + spread[:-2, 1:-1] + spread[2:, 1:-1] + spread[1:-1, :-2] + spread[1:-1, 2:]) / 6
    funnel = f'<path d="M124 40L148 64V112L124 136ZM196 40L172 64V112L196 136Z" fill="{ink}" opacity="0.12"/>'
    code = _pixels(np.array([[0.9], [0.3], [0.6], [1.0]]), 154, 64, 12, ORANGE)
    return _pixels(shades, 18, 38, 10, ink) + funnel + code + _pixels(blurred, 204, 38, 10, accent)


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


def _crossing(accent: str, ink: str) -> str:
    """A sentence in two languages, and which words belong together."""
    source, target = {"a": 62, "red": 134, "dog": 222}, {"un": 56, "chien": 136, "rouge": 238}
    pairs = (("a", "un"), ("red", "rouge"), ("dog", "chien"))
    lines = "".join(f'<path d="M{source[a]} 62C{source[a]} 92 {target[b]} 84 {target[b]} 114" fill="none" stroke="{accent}" '
                    f'stroke-width="3" opacity="{0.45 if a == "a" else 0.9}"/>' for a, b in pairs)
    words = "".join(f'<text x="{x}" y="{y}" font-size="22" text-anchor="middle" fill="{ink}">{word}</text>'
                    for row, y in ((source, 52), (target, 138)) for word, x in row.items())
    return lines + words


def _told(accent: str, ink: str) -> str:
    """A picture, the sentence about it, and where one of its words looks."""
    picture, sun = _view()
    hills = _pixels(picture, 5, 3, 10, accent) + _pixels(sun, 5, 3, 10, ORANGE)
    scene = f'<g transform="translate(52 2) scale(.7)">{hills}</g>'
    look = (f'<circle cx="210" cy="37" r="26" fill="{ORANGE}" opacity=".2"/>'
            f'<path d="M210 63C210 92 148 104 126 132" fill="none" stroke="{accent}" stroke-width="3" opacity=".9"/>')
    words = (("the", 48, 0.6), ("sun", 112, 1.0), ("over", 176, 0.6), ("hills", 246, 0.6))
    return scene + look + "".join(
        f'<text x="{x}" y="156" font-size="20" fill="{ink}" opacity="{shade}">{word}</text>' for word, x, shade in words)


def _gap(accent: str, ink: str) -> str:
    """A sentence with a hidden word, and what may stand there."""
    text = (f'<text x="22" y="56" font-size="22" fill="{ink}">a very</text>'
            f'<text x="216" y="56" font-size="22" fill="{ink}">film</text>'
            f'<rect x="100" y="34" width="104" height="30" rx="6" fill="{accent}" opacity="0.15"/>'
            f'<rect x="100" y="34" width="104" height="30" rx="6" fill="none" stroke="{accent}" stroke-width="2.5"/>')
    bars = "".join(
        f'<text x="22" y="{98 + 26 * row}" font-size="16" fill="{ink}" opacity="{1 if row == 0 else 0.6}">{word}</text>'
        f'<rect x="100" y="{88 + 26 * row}" width="{2 + 190 * chance:.1f}" height="9" rx="2" fill="{accent}" '
        f'opacity="{1 if row == 0 else 0.35}"/>'
        for row, (word, chance) in enumerate((("funny", 0.9), ("good", 0.45), ("long", 0.2)))
    )
    return text + bars


def _sum(accent: str, ink: str) -> str:
    """Many numbers of which two are marked, and their sum."""
    numbers = (0.5, 0.3, 0.8, 0.2, 0.6, 0.9, 0.4, 0.7, 0.3, 0.5, 0.8, 0.4)
    marked = {2: "0.8", 8: "0.3"}
    bars = "".join(
        f'<rect x="{24 + 23 * i}" y="{100 - 68 * number:.1f}" width="14" height="{68 * number:.1f}" rx="2" '
        f'fill="{accent if i in marked else ink}" opacity="{1 if i in marked else 0.2}"/>'
        + (f'<circle cx="{31 + 23 * i}" cy="112" r="4" fill="{ORANGE}"/>' if i in marked else "")
        for i, number in enumerate(numbers)
    )
    return bars + (f'<text x="160" y="152" font-size="22" text-anchor="middle" fill="{ink}">{" + ".join(marked.values())} = '
                   f'<tspan fill="{accent}" font-weight="700">1.1</tspan></text>')


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


def _cart(accent: str, ink: str) -> str:
    """A pole on a cart, and what each of two moves is worth."""
    cart = (
        f'<line x1="16" y1="140" x2="196" y2="140" stroke="{ink}" stroke-width="2" opacity="0.3"/>'
        f'<rect x="72" y="116" width="64" height="24" rx="4" fill="{ink}" opacity="0.75"/>'
        f'<line x1="104" y1="118" x2="136" y2="40" stroke="{ORANGE}" stroke-width="9" stroke-linecap="round"/>'
    )
    return cart + _moves((("left", 0.35), ("right", 0.9)), accent, ink)


def _paddle(accent: str, ink: str) -> str:
    """Bricks, a ball and a paddle, and how likely each of three moves is."""
    bricks = "".join(
        f'<rect x="{20 + 30 * column}" y="{26 + 16 * row}" width="26" height="12" rx="2" fill="{(ORANGE, GREEN)[row]}"/>'
        for row in range(2) for column in range(6) if (row, column) not in ((1, 3), (1, 4))
    )
    ball = f'<circle cx="128" cy="92" r="6" fill="{ink}"/>'
    return bricks + ball + f'<rect x="104" y="138" width="52" height="9" rx="4" fill="{ink}" opacity="0.75"/>' + _moves(
        (("left", 0.15), ("stay", 0.3), ("right", 0.8)), accent, ink)


def _moves(shares: tuple[tuple[str, float], ...], accent: str, ink: str) -> str:
    """Bars of moves, the greatest in full colour, on the right."""
    best = max(share for _, share in shares)
    return "".join(
        f'<text x="222" y="{70 + 34 * row}" font-size="13" fill="{ink}">{name}</text>'
        f'<rect x="222" y="{76 + 34 * row}" width="{80 * share:.0f}" height="9" rx="2" fill="{accent}" '
        f'opacity="{1 if share == best else 0.35}"/>'
        for row, (name, share) in enumerate(shares)
    )


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
