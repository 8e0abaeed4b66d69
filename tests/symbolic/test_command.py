"""`python -m symbolic`: the table, its JSON, and what is refused."""

import csv
import io
import json
import re

import pytest
from rich.console import Console
from typer.testing import CliRunner

from symbolic import __main__ as command_line
from symbolic import derive, verify
from symbolic.presets import single_unit
from symbolic.theorems import THEOREMS


def run(*arguments):
    """Exit code and plain output."""
    done = CliRunner(env={"COLUMNS": "100"}).invoke(command_line.app, [str(a) for a in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.output
    return done.exit_code, re.sub(r"\x1b\[[0-9;]*m", "", done.output)


@pytest.fixture(autouse=True)
def plain(tmp_path, monkeypatch):
    """No colours, a fixed width."""
    monkeypatch.chdir(tmp_path)
    console = Console(width=100, force_terminal=False, highlight=False)
    monkeypatch.setattr(command_line, "console", console)


@pytest.fixture(scope="module")
def proved():
    return tuple(verify(single_unit()))


@pytest.fixture
def stored(proved, monkeypatch):
    """The verdicts are not proved again for every command."""
    monkeypatch.setattr("symbolic.verify", lambda model: proved)


@pytest.mark.usefixtures("stored")
def test_the_table_names_every_theorem_with_its_verdict_and_time(proved):
    code, output = run("--preset", "single_unit")
    assert code == 0
    rows = re.findall(r"^│ (\S[^│]*?) +│[^│]*│ (\w+) +│ +([\d.]+) │", output, flags=re.MULTILINE)
    assert [(name, verdict) for name, verdict, _ in rows] == [(v.theorem, "PROVED") for v in proved]
    assert "assumes" in output
    assert {name for name, _, _ in rows} < set(THEOREMS)


@pytest.mark.usefixtures("stored")
def test_json_is_read_back_and_checked_again(tmp_path, proved):
    code, output = run("--preset", "single_unit", "--json")
    assert code == 0
    content = json.loads(output)
    assert content["model"]["hidden"] == 1
    assert [v["statement"] for v in content["verdicts"]] == [v.statement for v in proved]
    file = tmp_path / "verdicts.json"
    file.write_text(output, encoding="utf-8")
    code, output = run("check", file)
    assert code == 0
    assert output.count("accepts") == len(proved)


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("field", ["statement", "certificate"])
def test_damaged_files_are_refused(tmp_path, field):
    content = json.loads(run("--preset", "single_unit", "--json")[1])
    content["verdicts"][2][field] = content["verdicts"][2][field].replace("v", "w")
    (tmp_path / "damaged.json").write_text(json.dumps(content))
    code, output = run("check", tmp_path / "damaged.json")
    assert code == 1
    assert output.count("refuses") == 1


@pytest.mark.usefixtures("stored")
def test_certificates_of_another_model_or_theorem_are_refused(tmp_path, proved):
    content = json.loads(run("--preset", "single_unit", "--json")[1])
    about_it = sum("model" in json.loads(v.certificate) for v in proved)
    content["model"]["bias"] = True
    (tmp_path / "other.json").write_text(json.dumps(content))
    code, output = run("check", tmp_path / "other.json")
    assert (code, output.count("refuses")) == (1, about_it)
    content["model"]["bias"] = False
    content["verdicts"][0]["theorem"] = content["verdicts"][1]["theorem"]
    (tmp_path / "other.json").write_text(json.dumps(content))
    code, output = run("check", tmp_path / "other.json")
    assert (code, output.count("refuses")) == (1, 1)


@pytest.mark.parametrize("text", ["", "[]", '{"verdicts": [{}]}', '{"verdicts": [1]}'])
def test_files_without_verdicts_are_refused(tmp_path, text):
    (tmp_path / "other.json").write_text(text)
    code, output = run("check", "other.json")
    assert code == 2
    assert output.startswith("error: other.json holds no verdicts")


def test_a_missing_file_is_named():
    code, output = run("check", "absent.json")
    assert code == 2
    assert "absent.json" in output


def test_the_derivation_is_printed():
    code, output = run("derive", "--preset", "single_unit")
    assert code == 0
    assert "df/dw_1 = v_1*x*(1 - t_1**2)" in output
    assert run("derive", "--hidden", "9")[1].count("\n") < 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--preset", "double"), "unknown preset 'double'; choose from"),
        (("--activation", "relu"), "unknown activation 'relu'"),
        (("derive", "--activation", "u u"), "unexpected|expected an operator"),
        (("--hidden", "0"), "hidden must be a whole number"),
    ],
)
def test_bad_input_is_one_clear_message(arguments, message):
    code, output = run(*arguments)
    assert code == 2
    assert re.match(f"error: .*({message})", output)


@pytest.mark.usefixtures("stored")
def test_the_exit_code_says_whether_all_is_proved(proved, monkeypatch):
    from dataclasses import replace

    open_one = replace(proved[0], verdict="UNDECIDED", reason="h was not reduced to zero")
    monkeypatch.setattr("symbolic.verify", lambda model: (open_one, *proved[1:]))
    code, output = run("--preset", "single_unit")
    assert code == 1
    assert "UNDECIDED" in output
    assert "was not reduced" in output


@pytest.mark.usefixtures("stored")
def test_every_command_prints_csv(proved, tmp_path):
    code, output = run("--preset", "single_unit", "--csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(output)))
    assert [row["statement"] for row in rows] == [v.statement for v in proved]
    (tmp_path / "verdicts.json").write_text(run("--preset", "single_unit", "--json")[1])
    rows = list(csv.DictReader(io.StringIO(run("check", "verdicts.json", "--csv")[1])))
    assert [row["checker"] for row in rows] == ["accepts"] * len(proved)
    assert len(json.loads(run("check", "verdicts.json", "--json")[1])["verdicts"]) == len(proved)
    rows = list(csv.DictReader(io.StringIO(run("derive", "--preset", "single_unit", "--csv")[1])))
    derivation = derive(single_unit())
    assert {"name": "df/dw_1", "formula": str(derivation.network_gradient[0])} in rows
    assert json.loads(run("derive", "--preset", "single_unit", "--json")[1])["derivation"] == rows
    assert run("--csv", "--json")[0] == 2
