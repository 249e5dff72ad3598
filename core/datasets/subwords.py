"""Pieces of words: byte-pair encoding (Sennrich, Haddow and Birch 2016, "Neural machine translation of rare words with
subword units") over bytes, so that no text holds anything unknown, by Hugging Face's tokenizers. It is trained on a data
set's training texts; its JSON stands in the data's spec, and so in the run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from core.catalog import END, PADDING, START, DataSpec

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

SPECIAL = ("<padding>", "<unknown>", "<start>", "<end>")  # in the order of their numbers
# The bytes 128 to 191 as ByteLevel writes them: itself where Latin-1 prints one, else from 256 on after the 34 before them.
_GOING_ON = {*range(161, 173), *range(174, 192), *range(290, 324)}
SPACE = "▁"  # stands before a piece that begins a word, as SentencePiece shows it


def train(texts: Iterable[str], size: int) -> str:
    """A tokeniser of at most `size` pieces as JSON. The same texts give the same one."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokeniser = Tokenizer(models.BPE())
    tokeniser.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokeniser.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(SPECIAL), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokeniser.train_from_iterator(texts, trainer)
    return tokeniser.to_str()


def learned(texts: Iterable[str], promised: DataSpec) -> DataSpec:
    """A data set's spec with the tokeniser of its training texts, and the vocabulary that this has."""
    tokeniser = train(texts, promised.vocabulary_size)
    names = vocabulary(tokeniser)
    return promised.model_copy(update={"tokeniser": tokeniser, "vocabulary": names, "vocabulary_size": len(names)})


@lru_cache(4)
def _opened(tokeniser: str) -> Tokenizer:
    # Imported here: only what reads pieces of words needs it.
    from tokenizers import Tokenizer

    return Tokenizer.from_str(tokeniser)


def vocabulary(tokeniser: str) -> tuple[str, ...]:
    """The text of each piece, with a sign before those that begin a word; a piece that is no whole letter has �."""
    opened = _opened(tokeniser)
    pieces = (opened.decode([number]) for number in range(len(SPECIAL), opened.get_vocab_size()))
    return (*SPECIAL, *(SPACE + piece[1:] if piece.startswith(" ") else piece for piece in pieces))


def numbers(texts: Sequence[str], tokeniser: str) -> list[list[int]]:
    """Each text as the numbers of its pieces."""
    return [encoding.ids for encoding in encoded(texts, tokeniser)]


def encoded(texts: Sequence[str], tokeniser: str) -> list[Encoding]:
    """Each text with its pieces' numbers and where they are among its characters: a space belongs to the word after it."""
    return _opened(tokeniser).encode_batch(list(texts), add_special_tokens=False)


def running(pieces: Sequence[str], spec: DataSpec) -> list[str]:
    """Tokens of a running text as they stand in it: blanks for the signs of pieces that begin a word."""
    return [" " + piece.removeprefix(SPACE) if spec.tokeniser and piece.startswith(SPACE) else piece for piece in pieces]


def cut(text: str, tokeniser: str) -> tuple[list[int], list[int]]:
    """The numbers of a running text's pieces, and where in the text each begins."""
    encoding = _opened(tokeniser).encode(text, add_special_tokens=False)
    return encoding.ids, [start for start, _ in encoding.offsets]


@lru_cache(4)
def characters(tokeniser: str) -> tuple[int, ...]:
    """How many characters each piece stands for: its bytes but those that go on with a character of UTF-8."""
    opened = _opened(tokeniser)
    names = (opened.id_to_token(number) for number in range(len(SPECIAL), opened.get_vocab_size()))
    return (*(0 for _ in SPECIAL), *(sum(ord(sign) not in _GOING_ON for sign in name) for name in names))


def text(numbers: Iterable[int], spec: DataSpec) -> str:
    """What numbers stand for, up to the end sign: pieces put together again, or, of data without a tokeniser, words with
    spaces between them."""
    kept = []
    for number in numbers:
        if number == END:
            break
        if number not in (PADDING, START):
            kept.append(number)
    if spec.tokeniser:
        return _opened(spec.tokeniser).decode(kept).strip()
    return " ".join(spec.vocabulary[number] for number in kept)
