"""Finding runs by MLflow's filter language, with `or`, `not`, brackets and free words beside it.

The language: https://mlflow.org/docs/latest/ml/search/search-runs/. Beyond MLflow's, every name may be looked for in a
list (`IN`) or as missing (`IS NULL`), params and tags that hold numbers compare with numbers, and a word or a text in
quotes that stands alone is looked for anywhere in a run.
"""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import chain

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, UnexpectedToken, VisitError

from core.errors import UserError
from core.tracking.run import Run

Condition = Callable[[Run], bool]
MOST_OFFERED = 12  # completions at once
NOTE = "mlflow.note.content"

ATTRIBUTES: dict[str, Callable[[Run], str | float | None]] = {  # as MLflow calls them; times are in milliseconds there
    "status": lambda run: run.state,
    "run_name": lambda run: run.name,
    "run_id": lambda run: run.id,
    "user_id": lambda run: run.tags.get("mlflow.user"),
    "start_time": lambda run: round(run.created * 1000),
    "end_time": lambda run: None if run.ended is None else round(run.ended * 1000),
}
_TIMES = ("start_time", "end_time")
_OTHER_ATTRIBUTES = {"created": "start_time", "Created": "start_time", "run name": "run_name", "Run name": "run_name",
                     "Run Name": "run_name"}
_KINDS = {"metric": "metrics", "param": "params", "parameter": "params", "parameters": "params", "tag": "tags",
          "attribute": "attributes", "attr": "attributes", "run": "attributes"}

_parser = Lark(rf"""
    start: either?
    ?either: both (_OR both)*
    ?both: part (_AND? part)*
    ?part: NOT part -> negated
         | "(" either ")"
         | NAME COMPARISON (NUMBER | STRING) -> compared
         | NAME NOT? LIKE STRING -> like
         | NAME NOT? _IN "(" STRING ("," STRING)* ")" -> among
         | NAME _IS NOT? _NULL -> missing
         | (WORD | STRING) -> word

    NAME.3: /(metrics?|params?|parameters?|tags?|attributes?|attr)\.(`[^`]+`|"[^"]+"|'[^']+'|[^\s()=<>!,"'`]+)/
          | /(run\.)?({"|".join(ATTRIBUTES)}|[cC]reated)(?=\s*([=<>]|!=|((not\s+)?(i?like|in)|is)\b))/
    COMPARISON: /[<>]=?|!=|==?/
    NUMBER.2: /[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?(?![^\s()])/
    LIKE.2: /i?like\b/i
    NOT.2: /not(?![^\s()])/i
    _IN.2: /in\b/i
    _IS.2: /is\b/i
    _NULL.2: /null\b/i
    _OR.2: /or(?![^\s()])/i
    _AND.2: /and(?![^\s()])/i
    STRING: /"[^"]*"|'[^']*'/
    WORD: /(?!!=)[^\s()=<>,"'`]((?!!=)[^\s()=<>])*/
    %ignore /\s+/
""", parser="lalr")

_COMPARE = {"=": operator.eq, "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
            ">": operator.gt, ">=": operator.ge}
_EXPECTED = {  # what may follow, in words
    "NAME": "a name such as metrics.test/accuracy", "WORD": "a word", "STRING": "a text in quotes", "NUMBER": "a number",
    "COMPARISON": "=, !=, < or >", "LIKE": "LIKE", "_IN": "IN", "_IS": "IS NULL", "_NULL": "NULL", "NOT": "NOT",
    "LPAR": "a bracket", "RPAR": "a closing bracket", "COMMA": "a comma", "_AND": "and", "_OR": "or", "$END": "the end",
}
# A piece of a text that is typed: quotes hold spaces.
_PIECE = re.compile(r"""(?:[^\s()=<>,"'`]|"[^"]*(?:"|$)|'[^']*(?:'|$)|`[^`]*(?:`|$))+|[=<>]+""")


class Mistake(UserError):
    """A search that can't be understood; `start` and `end` are the place of the mistake in its text."""

    def __init__(self, sentence: str, start: int, end: int):
        super().__init__(sentence)
        self.start, self.end = start, end


def find(runs: Iterable[Run], text: str) -> list[Run]:
    """The runs that the text asks for, in their order. Raises `Mistake`."""
    wanted = condition(text)
    return [run for run in runs if wanted(run)]


@lru_cache(maxsize=64)
def condition(text: str) -> Condition:
    """What the text asks of a run. Raises `Mistake`."""
    try:
        return _Compiler().transform(_parser.parse(text))
    except UnexpectedInput as error:
        raise _mistake(text, error) from None
    except VisitError as error:
        raise error.orig_exc from None


def _mistake(text: str, error: UnexpectedInput) -> Mistake:
    if not isinstance(error, UnexpectedToken):
        start, allowed = error.pos_in_stream, error.allowed or set()
    else:
        start, allowed = error.token.start_pos, error.accepts or error.expected
        if error.token.type == "$END":
            start = len(text)
    piece = _PIECE.match(text, start)
    end = piece.end() if piece else min(start + 1, len(text))
    found = text[start:end]
    if found[:1] in ('"', "'", "`") and found.count(found[0]) == 1:
        return Mistake(f"This quote is never closed: put a {found[0]} after the text.", start, end)
    if found[:1] and found[0] in "=<>!" and "NAME" in allowed:
        word = re.search(r"\S*\s*$", text[:start]).group().strip()
        return Mistake(f"Nothing can be compared with “{word}”: names begin with metrics., params., tags. or attributes."
                       if word else "A comparison begins with a name, such as metrics.test/accuracy.",
                       start - len(text[:start]) + len(text[:start].rstrip()) - len(word), end)
    if allowed == {"STRING", "NUMBER"} and found:
        example = "" if found[0] in "=<>!" else f", such as \"{found}\""
        return Mistake(f"Expected here: a number, or a text in quotes{example}.", start, end)
    if found == ")":
        return Mistake("This bracket was never opened.", start, end)
    words = [_EXPECTED[name] for name in _EXPECTED if name in allowed and not (name == "WORD" and "NAME" in allowed)]
    told = ", ".join(words[:-1]) + " or " + words[-1] if len(words) > 1 else "".join(words)
    return Mistake(f"Expected here: {told}.", start, end)


class _Compiler(Transformer):
    """Turns what was parsed into one function of a run."""

    def start(self, parts: list[Condition]) -> Condition:
        return parts[0] if parts else lambda run: True

    def either(self, parts: list[Condition]) -> Condition:
        return reduce(lambda first, second: lambda run: first(run) or second(run), parts)

    def both(self, parts: list[Condition]) -> Condition:
        return reduce(lambda first, second: lambda run: first(run) and second(run), parts)

    def negated(self, parts: list) -> Condition:
        part = parts[1]
        return lambda run: not part(run)

    def word(self, parts: list[Token]) -> Condition:
        wanted = _unquoted(parts[0]).lower()
        return lambda run: wanted in everything(run)

    def compared(self, parts: list[Token]) -> Condition:
        name, sign, value = parts
        kind, key, get = _getter(name)
        compare = _COMPARE[sign]
        numeric = _is_number(kind, key)
        if value.type == "NUMBER":
            number = float(value)
            if numeric:
                return lambda run: (own := get(run)) is not None and compare(own, number)
            if kind == "attributes":
                raise Mistake(f"{name} is a text: put it in quotes.", value.start_pos, value.end_pos)
            return lambda run: (own := _number(get(run))) is not None and compare(own, number)
        if numeric:
            raise Mistake(f"{name} is a number: compare it with one, without quotes.", value.start_pos, value.end_pos)
        if sign not in ("=", "==", "!="):
            raise Mistake("Texts are compared with =, !=, LIKE or IN; numbers stand without quotes.",
                          sign.start_pos, sign.end_pos)
        text = _unquoted(value)
        return lambda run: (own := get(run)) is not None and compare(own, text)

    def like(self, parts: list[Token]) -> Condition:
        get, how, pattern = _text(parts[0]), parts[-2].upper(), _unquoted(parts[-1])
        sign = {"%": ".*", "_": "."}
        matches = re.compile("".join(sign.get(letter) or re.escape(letter) for letter in pattern),
                             re.DOTALL | (re.IGNORECASE if how == "ILIKE" else 0)).fullmatch
        wanted = len(parts) == 3
        return lambda run: (own := get(run)) is not None and (matches(own) is not None) is wanted

    def among(self, parts: list[Token]) -> Condition:
        get, wanted = _text(parts[0]), parts[1].type != "NOT"
        values = {_unquoted(part) for part in parts[1:] if part.type == "STRING"}
        return lambda run: (own := get(run)) is not None and (own in values) is wanted

    def missing(self, parts: list[Token]) -> Condition:
        get, wanted = _getter(parts[0])[2], len(parts) == 1
        return lambda run: (get(run) is None) is wanted


def _split(name: str) -> tuple[str, str]:
    """Kind and key of a name as it is typed: `tag.a` is `("tags", "a")`."""
    kind, _, key = name.partition(".") if "." in name else ("attributes", ".", name)
    key = key[1:-1] if key[:1] in ('"', "'", "`") else key
    kind = _KINDS.get(kind, kind)
    return kind, _OTHER_ATTRIBUTES.get(key, key) if kind == "attributes" else key


def _getter(name: Token) -> tuple[str, str, Callable]:
    kind, key = _split(name)
    if kind == "attributes":
        if key not in ATTRIBUTES:
            raise Mistake(f"There is no attribute {key}: they are {', '.join(ATTRIBUTES)}.", name.start_pos, name.end_pos)
        return kind, key, ATTRIBUTES[key]
    return kind, key, {  # three functions, for each of ten thousand runs is asked
        "metrics": lambda run: run.metrics.get(key), "params": lambda run: run.params.get(key),
        "tags": lambda run: run.tags.get(key),
    }[kind]


def _is_number(kind: str, key: str) -> bool:
    return kind == "metrics" or (kind == "attributes" and key in _TIMES)


def _text(name: Token) -> Callable[[Run], str | None]:
    kind, key, get = _getter(name)
    if _is_number(kind, key):
        raise Mistake(f"{name} is a number: compare it with =, !=, < or >.", name.start_pos, name.end_pos)
    return get


def _unquoted(token: Token) -> str:
    return token[1:-1] if token.type == "STRING" else str(token)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def own_tags(run: Run) -> dict[str, str]:
    """The tags that people gave a run, without those of programs."""
    return {name: value for name, value in run.tags.items() if _is_own(name)}


def _is_own(tag: str) -> bool:
    return not tag.startswith(("mlflow.", "glassbox."))


_texts: dict[str, tuple[Run, str]] = {}  # what words are looked for in: joining it anew takes longer than the search


def everything(run: Run) -> str:
    """All that words are looked for in, in small letters: name, note, cause of failure, id, settings and tags."""
    known = _texts.get(run.id)
    if known is None or known[0] is not run:
        named = chain(run.params.items(), own_tags(run).items())
        known = run, " ".join([run.name, run.cause, run.id, run.tags.get(NOTE, ""), *chain.from_iterable(named)]).lower()
        _texts[run.id] = known
    return known[1]


@dataclass(frozen=True)
class Completion:
    """What may stand in place of the text from `start` to `end`, the likeliest first."""

    start: int
    end: int
    options: list[str]


def complete(text: str, cursor: int, runs: Sequence[Run]) -> Completion:
    """The names, signs and values that may stand where the cursor is, out of those that the runs have."""
    start = next((piece.start() for piece in _PIECE.finditer(text[:cursor]) if piece.end() == cursor), cursor)
    after = _PIECE.match(text, cursor)
    end = after.end() if after and start < cursor and text[start] not in "=<>" else cursor
    typed = text[start:cursor].lower()
    try:
        state = _parser.parse_interactive(text[:start])
        before = state.exhaust_lexer()
    except UnexpectedInput:
        return Completion(start, end, [])
    named = [token for token in before if token.type == "NAME"]
    options = list(dict.fromkeys(chain.from_iterable(
        _options(terminal, named[-1] if named else None, runs) for terminal in _OFFERED if terminal in state.accepts())))
    bare = re.sub("[\"'`]", "", typed)
    plain = {option: re.sub("[\"'`]", "", option).lower() for option in options if option.lower() != typed}
    if bare[:1] in ("=", "<", ">"):
        fitting = [option for option in plain if option.startswith(bare)]
    else:
        fitting = [option for option in plain if bare in plain[option]]
        fitting.sort(key=lambda option: not plain[option].startswith(bare))
    if "NAME" in state.accepts() and not bare:
        fitting = [option for option in fitting if option in ("and", "or")] + [f"{kind}." for kind in _STARTS]
    return Completion(start, end, fitting[:MOST_OFFERED])


_OFFERED = ("COMPARISON", "LIKE", "_IN", "_IS", "STRING", "NUMBER", "_AND", "_OR", "NAME", "LPAR", "_NULL")
_STARTS = ("metrics", "params", "tags", "attributes")


def _options(terminal: str, name: Token | None, runs: Sequence[Run]) -> Iterable[str]:
    if terminal == "NAME":
        return (f"{kind}.{_quoted(key)}" for kind, key in (*names(runs), *(("attributes", key) for key in ATTRIBUTES)))
    kind, key = _split(name) if name else ("", "")
    numeric = _is_number(kind, key)
    if terminal == "COMPARISON":
        return (">", "<", ">=", "<=", "=", "!=") if numeric else ("=", "!=", ">", "<")
    if terminal == "LIKE":
        return () if numeric else ("LIKE", "ILIKE")
    if terminal == "STRING":
        if numeric or name is None or (kind == "attributes" and key not in ATTRIBUTES):
            return ()
        get = _getter(name)[2]
        counted = Counter(value for run in runs if (value := get(run)))
        return (f'"{value}"' if '"' not in value else f"'{value}'" for value, _ in counted.most_common(200))
    return {"_IN": () if numeric else ("IN (",), "_IS": ("IS NULL", "IS NOT NULL"), "_AND": ("and",), "_OR": ("or",),
            "_NULL": ("NULL",)}.get(terminal, ())


# Of the runs that were asked about last: a list that never changes.
_named: tuple[Sequence[Run], list[tuple[str, str]]] = [], []


def names(runs: Sequence[Run]) -> list[tuple[str, str]]:
    """Kind and key of all that these runs have, such as `("metrics", "test/accuracy")`, those that most have first."""
    global _named
    if _named[0] is not runs:
        _named = runs, _names(runs)
    return _named[1]


def _names(runs: Sequence[Run]) -> list[tuple[str, str]]:
    counted = {kind: Counter() for kind in ("metrics", "params", "tags")}
    for kind, its in counted.items():
        # Most runs have the same names as many others: what is the same is counted at once.
        for keys, times in Counter(tuple(getattr(run, kind)) for run in runs).items():
            its.update(dict.fromkeys(filter(_is_own, keys) if kind == "tags" else keys, times))
    return [(kind, key) for kind, its in counted.items() for key in sorted(its, key=lambda key, its=its: (-its[key], key))]


def _quoted(key: str) -> str:
    sign = "" if re.fullmatch(r"[^\s()=<>!,\"'`]+", key) else next(sign for sign in "`\"'" if sign not in key or sign == "'")
    return f"{sign}{key}{sign}"
