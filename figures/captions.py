"""What stands beside every picture: what it shows, of which model, on which data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase

import xarray as xr

from continuation.storage import write_text
from continuation.wording import counted
from figures.settings import Budget
from symbolic import PRESETS, Model

SUFFIX = "md"
"""Captions are Markdown."""


@dataclass(frozen=True)
class Caption:
    """What a reader must know of a picture.

    Attributes
    ----------
    panels : sequence of str
        What each panel shows, in the order of their letters.
    models : sequence of str
        Presets, or what the model is in words.
    samples, noise, data_sets : str
        Sizes n, levels σ and number of the data sets, as a reader takes them.
    notes : sequence of str
        Sentences on what else the picture shows, or leaves out.
    """

    panels: Sequence[str]
    models: Sequence[str]
    samples: str
    noise: str
    data_sets: str
    notes: Sequence[str] = ()


def caption_text(name: str, title: str, caption: Caption, settings: str) -> str:
    """A caption as it is written.

    Parameters
    ----------
    name, title : str
        Of the figure.
    caption : Caption
    settings : str
        Those of the run, as its data store them (JSON).
    """
    letters = zip(ascii_lowercase, caption.panels, strict=False)
    panels = "; ".join(f"(**{letter}**) {text}" for letter, text in letters)
    facts = {
        "model": "; ".join(map(_model_text, caption.models)),
        "data": f"n = {caption.samples}; σ = {caption.noise}; {caption.data_sets}",
        "made by": f"`{_command(name, json.loads(settings))}`",
    }
    lines = [f"**{title[0].upper()}{title[1:]}.** {panels}."]
    lines += [f"{note[0].upper()}{note[1:]}." for note in caption.notes]
    return "\n".join(["\n".join(lines), "", *(f"- {k}: {v}" for k, v in facts.items()), ""])


def write_caption(name: str, title: str, caption: Caption, data: xr.Dataset, output: Path) -> Path:
    """Write the caption of a figure beside its pictures; returns the path."""
    text = caption_text(name, title, caption, str(data.attrs.get("settings", "{}")))
    return write_text(output / f"{name}.{SUFFIX}", text)


def titles(presets: Iterable[str]) -> list[str]:
    """Names of presets in pictures."""
    return [PRESETS[name].title for name in presets]


def levels(values: Iterable[float]) -> str:
    """Numbers, or the range of more than four of them."""
    known = sorted({float(value) for value in values})
    if len(known) > 4:
        return f"{known[0]:g} to {known[-1]:g}"
    return ", ".join(f"{value:g}" for value in known)


def data_sets(number: int) -> str:
    """How many data sets a picture rests on."""
    return counted(number, "data set")


def _model_text(name: str) -> str:
    """A preset spelled out; other texts as they are."""
    return f"{PRESETS[name].title}: {spelled(PRESETS[name]())}" if name in PRESETS else name


def spelled(model: Model) -> str:
    """Network, teacher and law of the inputs."""
    text = f"f(x; θ) = {model.expression}"
    if model.teacher is None:
        return text
    end = f"{model.input_scale:g}"
    law = f"N(0, {end}²)" if model.input_law == "normal" else f"U(-√3·{end}, √3·{end})"
    return f"{text}, T(x) = {model.teacher}, x ~ {law}"


def _command(name: str, settings: dict[str, object]) -> str:
    """The command that makes the figure again."""
    words = [f"python -m figures --only {name}"]
    for key, value in settings.items():
        option = "--" + key.replace("_", "-")
        if key == "budget":
            words += [f"--{value}"] * (value != Budget.USUAL)
        elif isinstance(value, list):
            words += [f"{option} {one}" for one in value]
        elif value not in (None, False):
            words.append(f"{option} {value}")
    return " ".join(words)
