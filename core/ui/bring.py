"""Bring your own data: a file uploaded or a path named, checked at once, looked at, and added to the catalogue."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
import torch

from core.datasets import own
from core.datasets.base import Data
from core.datasets.brought.base import Choice
from core.datasets.dividing import Finding
from core.errors import UserError
from core.inside import data as look
from core.plots.writing import visible
from core.ui import address, page, wall

TYPES = ["zip", "csv", "tsv", "txt", "data", "json"]
WALL = {"images": 20, "sounds": 6, "sentences": 8, "pairs": 8, "questions": 3, "captioned": 12}  # examples of the preview
ROWS, COLUMNS = 8, 12  # of a table's preview
CHARACTERS = 2000  # of a text's preview
CHOICES = ("path", "as", *own.Source.model_fields, "out", "name", "title")  # what the address may hold of it
TOLD_SECONDS = 0.2  # how often progress is drawn

PICTURES = """flowers.zip
├─ rose/
│  ├─ 1.jpg
│  └─ 2.jpg
└─ tulip/
   └─ 1.jpg"""
DIVIDED = """flowers.zip
├─ train/
│  ├─ rose/…
│  └─ tulip/…
└─ test/
   ├─ rose/…
   └─ tulip/…"""
TABLE = """length,width,colour,species
5.1,3.5,white,daisy
6.2,2.9,red,poppy
4.7,3.2,white,daisy"""
TEXT = """First Citizen:
Before we proceed any
further, hear me speak."""
SENTENCES = """review,opinion
"Warm, and funny.",good
"I left, early.",bad
A small wonder.,good"""
SPOKEN = """commands.zip
├─ transcripts.tsv
│    file     text
│    1.wav    turn left
└─ 1.wav …"""
SOUNDS = """birds.zip
├─ robin/
│  ├─ 1.wav
│  └─ 2.flac
└─ wren/
   └─ 1.ogg"""
ASKED = """{"data": [{"paragraphs": [{
 "context": "It lies by a river.",
 "qas": [{
  "question": "Where is it?",
  "answers": [{"text": "a river",
   "answer_start": 11}]}]}]}]}"""
NOISY = """photographs.zip
├─ clean/
│  ├─ 1.png
│  └─ 2.png
└─ noisy/
   ├─ 1.png
   └─ 2.png"""
CAPTIONED = """garden.zip
├─ captions.txt
│    1.jpg,A red rose.
│    1.jpg,A rose, in bloom.
└─ 1.jpg …"""
PAIRS = """english      french
Good night.  Bonne nuit.
A red dog.   Un chien roux."""


@st.cache_resource(max_entries=4, ttl=900, show_spinner=False)
def _place(key: str) -> list[Any]:
    """Where one thing is kept that took long: empty until it is there."""
    return []


def kept(key: str, make: Callable[[own.Progress], Any]) -> Any:
    """What `make` gave for this key before, or gives now, under a bar that shows how far it is."""
    place = _place(key)
    if not place:
        bar, told = st.progress(0.0, "Reading …"), 0.0

        def progress(done: int, total: int) -> None:
            nonlocal told
            if time.monotonic() - told > TOLD_SECONDS:
                told = time.monotonic()
                bar.progress(done / max(total, 1), f"Reading and checking: {100 * done / max(total, 1):.0f} %")

        try:
            place.append(make(progress))
        finally:
            bar.empty()
    return place[0]


def changed() -> None:
    """Everything that pages remember of data sets is forgotten: a name may have another content now."""
    st.cache_data.clear()
    st.cache_resource.clear()


def forget(*others: str) -> None:
    """The choices that belonged to the file before."""
    for key in (*(choice for choice in CHOICES if choice != "path"), *others):
        st.query_params.pop(key, None)
        st.session_state.pop(key, None)


def name_path() -> None:
    forget()
    st.query_params["path"] = st.session_state["typed"].strip()
    if not st.query_params["path"]:
        del st.query_params["path"]


def show() -> None:
    st.page_link("pages/data.py", label="All data sets", icon=":material/arrow_back:")
    page.opening("Bring your own", "Pictures, sounds, a table, texts, translations or questions. It is checked "
                                   "first, and then trains, compares and opens like any other data set.")
    try:
        path = _where()
        if path is None:
            _examples()
            return
        read_as = st.query_params.get("as", "")
        proposal = kept(f"proposal {path} {read_as}", lambda progress: own.propose(path, read_as))
        source = _settings(proposal)
        examined = kept(source.model_dump_json(), lambda progress: own.examine(source, progress))
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        with st.container(horizontal=True):
            st.button("Check again", icon=":material/refresh:", on_click=_place.clear)
            if "as" in st.query_params:
                st.button("Read it as proposed", icon=":material/undo:", on_click=st.query_params.pop, args=("as", None))
        return
    left, right = st.columns([9, 5], gap="large")
    with left:
        _findings(examined)
        _preview(examined.data)
    with right, st.container(border=True, key="adding"):
        _adding(path, examined)
        _counts(examined.data)


def _where() -> Path | None:
    """The upload, or the path that was typed; the address holds either."""
    left, right = st.columns(2, gap="large")
    with left:
        file = st.file_uploader(
            "Upload a zip, a table, a text or a JSON file", type=TYPES, key="bring_file", on_change=forget, args=("path",),
            help="It is copied to this server. Name the path of what is larger than 1 GB.",
        )
        if file is not None and "path" not in st.query_params:
            with st.spinner("Copying it …"):
                st.query_params["path"] = str(own.upload(file.name, file, file.file_id))
    path = Path(st.query_params["path"]).expanduser() if "path" in st.query_params else None
    with right:
        st.session_state["typed"] = "" if path is None or own.is_upload(path) else str(path)
        st.text_input("Or name a folder or a file on this computer", key="typed", on_change=name_path,
                      placeholder="/home/me/flowers", icon=":material/folder_open:",
                      help="It stays where it is. The computer is the one that runs Glassbox.")
        if path is not None and own.is_upload(path):
            st.caption(f":material/upload_file: Uploaded: {path.name}")
    return path


def _examples() -> None:
    """What may be brought, before anything is."""
    shown = (
        ("Pictures in class folders", PICTURES, "A folder or a zip. Glassbox divides them: of each class a tenth is the "
         "test, a tenth the validation."),
        ("Divided by you", DIVIDED, "With train/ and test/ the test stays yours. A validation/ is taken if there is one."),
        ("A table", TABLE, "A CSV file. One column is the class; numbers and columns of few words are the features."),
        ("A text", TEXT, "A .txt file, for language models. Its first 90 % are trained on, the next 5 % are the validation, "
         "the last the test."),
        ("Texts and their classes", SENTENCES, "A CSV or TSV file with a column of texts and one of classes. A column split "
         "may say train, validation or test."),
        ("Sounds and what is said", SPOKEN, "A folder or a zip of WAV, FLAC or OGG files of up to ten seconds, and a table "
         "with a column of files and one of transcripts."),
        ("Sounds in class folders", SOUNDS, "As pictures are. Any rate, mono or stereo: they are brought to 8 kHz, mono."),
        ("Sentences and translations", PAIRS, "A TSV or CSV file of two columns, or a zip of two text files whose lines "
         "belong together."),
        ("Questions about passages", ASKED, "A JSON file in SQuAD's format: each answer stands in its passage, from the "
         "character that answer_start counts."),
        ("Pictures with captions", CAPTIONED, "A folder or a zip, and in it a file with “captions” in its name: in each "
         "line a picture's name, a comma and a caption. A picture may have several."),
        ("Noisy and clean pictures", NOISY, "Two folders, or a zip of them, whose pictures of the same name belong "
         "together. They are cut into squares; a denoiser learns from them."),
    )
    for row in (shown[:3], shown[3:6], shown[6:9], shown[9:]):
        for column, (title, example, sentence) in zip(st.columns(3), row, strict=False):  # the last row may be short
            with column, st.container(border=True, height="stretch"):
                st.markdown(f"**{title}**")
                st.code(example, language=None)
                st.markdown(f":gray[{sentence}]")


def _settings(proposal: own.Proposal) -> own.Source:
    """How the files are read: as proposed, unless the person chose otherwise."""
    given = proposal.source
    chosen: dict[str, Any] = {"leave_out": tuple(key for key in st.query_params.get("out", "").split(",") if key)}
    with st.container(horizontal=True, vertical_alignment="bottom", key="reading"):
        if len(proposal.forms) > 1:
            address.select("It is read as", "as", list(proposal.forms), given.kind, width=280,
                           format_func=proposal.forms.get)
        for choice in proposal.choices:
            chosen[choice.field] = _chosen(choice, getattr(given, choice.field))
    return given.model_copy(update=chosen)


def _chosen(choice: Choice, proposed: Any) -> Any:
    """What the person chose, or else what is proposed."""
    field = choice.field
    if choice.options:
        return address.select(choice.label, field, choice.options, width=280, help=choice.help)
    same = {"key": field, "on_change": address.keep, "args": (field,), "help": choice.help}
    if choice.high:
        st.session_state[field] = address.whole(field, proposed, choice.low, choice.high)
        return st.number_input(choice.label, choice.low, choice.high, width=160, **same)
    st.session_state[field] = address.choice(field, ["True", "False"], str(proposed)) == "True"
    return st.toggle(choice.label, **same)


def _findings(examined: own.Examined) -> None:
    """What was found, and the offers as switches."""
    out = examined.source.leave_out
    if not examined.findings:
        st.markdown(":green[:material/check_circle:] Nothing is wrong with it.")
    for found in examined.findings:
        with st.container(border=bool(found.offer), key=f"found_{found.key}"):
            st.markdown(f"{_sign(found, out)} {page.plain(found.sentence)}")
            if found.offer:
                st.session_state[f"out_{found.key}"] = found.key in out
                st.toggle(found.offer, key=f"out_{found.key}", on_change=_leave_out, args=(found.key, out))


def _sign(found: Finding, out: tuple[str, ...]) -> str:
    if found.key in out:
        return ":green[:material/check_circle:]"
    if found.must:
        return ":red[:material/error:]"
    return ":orange[:material/warning:]" if found.offer else ":gray[:material/info:]"



def _leave_out(key: str, out: tuple[str, ...]) -> None:
    st.query_params["out"] = ",".join(sorted(set(out) ^ {key}))


def _preview(data: Data) -> None:
    st.subheader("What a model will see", anchor=False)
    if data.spec.kind == "text":
        st.code(look.beginning(data, CHARACTERS), language=None, height=420, wrap_lines=True)
        return
    if data.spec.kind in WALL:
        wall.show(data.spec, look.samples(data, WALL[data.spec.kind], 0), page.dark())
        return
    chosen = torch.linspace(0, len(data.train) - 1, min(ROWS, len(data.train))).long()
    rows = data.train.inputs[chosen, :COLUMNS].T.tolist()
    labels = [data.spec.classes[target] for target in data.train.targets[chosen].tolist()]
    st.dataframe({"class": labels} | dict(zip(data.spec.features[:COLUMNS], rows, strict=True)), hide_index=True)
    if (more := len(data.spec.features) - COLUMNS) > 0:
        st.caption(f"and {more:,} more columns")


def _counts(data: Data) -> None:
    """How many examples there are, and of each class, or how often each character comes."""
    balance, text = look.overview(data).balance, data.spec.kind == "text"
    windows = f" windows of {data.spec.shape[0]} characters" if text else ""
    st.markdown(" · ".join(f"**{size:,}** {split}" for split, size in data.spec.sizes.items()) + windows)
    if not balance:
        return
    names = {"character": visible(data.spec.vocabulary)} if text else {"class": data.spec.classes}
    st.dataframe(names | {split: counts.tolist() for split, counts in balance.items()}, hide_index=True,
                 height="content" if len(data.spec.classes or data.spec.vocabulary) < 10 else 350, key="counts")


def _adding(path: Path, examined: own.Examined) -> None:
    title = path.stem.replace("-", " ").replace("_", " ").capitalize()
    for key, suggested in (("title", title), ("name", own.suggest(path))):
        st.session_state.setdefault(key, st.query_params.get(key, suggested))
    st.text_input("Title", key="title", max_chars=60, on_change=address.keep, args=("title",))
    st.text_input("Name", key="name", max_chars=40, on_change=address.keep, args=("name",),
                  help="What the address and the command line call it: small letters, digits and hyphens.")
    for found in examined.broken:
        st.markdown(f":red[:material/error:] First: {found.offer[0].lower()}{found.offer[1:]}, or mend it and check again.")
    with st.container(horizontal=True):
        if st.button("Add", type="primary", icon=":material/add:", disabled=bool(examined.broken), key="add"):
            try:
                own.add(st.session_state["name"], st.session_state["title"], examined)
            except UserError as error:
                st.error(str(error), icon=":material/error:")
            else:
                changed()
                st.switch_page("pages/data.py", query_params={"dataset": st.session_state["name"]})
        st.button("Check again", icon=":material/refresh:", on_click=_place.clear,
                  help="Reads the files anew, after you have changed them.")


@st.dialog("Remove this data set?", icon=":material/delete:")
def confirm_removal(name: str, title: str, path: Path) -> None:
    files = "The copy that was uploaded is deleted." if own.is_upload(path) else f"Your files stay where they are: {path}."
    st.markdown(f"**{title}** leaves the catalogue. Its runs stay, and can still be read. {page.plain(files)}")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it"):
            st.rerun()
        if st.button("Remove", type="primary", key="really_remove"):
            try:
                own.remove(name)
            except UserError as error:
                st.error(str(error), icon=":material/error:")
            else:
                changed()
                st.switch_page("pages/data.py")
