"""Templates: a user's folder goes first, user text is never one, and none can run away or reach out."""

import time
from pathlib import Path

import pytest

from hierdiff.errors import FileError
from hierdiff.prompts import Templates


def own(folder: Path, source: str | bytes) -> Templates:
    (folder / "own.j2").write_bytes(source if isinstance(source, bytes) else source.encode())
    return Templates(folder)


def test_a_users_template_goes_before_ours_and_the_others_stay(tmp_path: Path) -> None:
    templates = own(
        tmp_path, "{% for one in [1, 2] %}{{ goal ~ '/' ~ one }}{% if not loop.last %}, {% endif %}{% endfor %}"
    )
    assert templates.render("own", goal="{{ 7 * 7 }}") == "{{ 7 * 7 }}/1, {{ 7 * 7 }}/2"
    assert templates.render("respan", section="A").startswith('Continue the section "A"')


def test_a_template_may_use_another_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "part.j2").write_text("{% macro said(a) %}<{{ a ~ '!' }}>{% endmacro %}")
    assert own(tmp_path, "{% from 'part.j2' import said %}{{ said(goal) }}").render("own", goal="x") == "<x!>"


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ goal.__class__.__init__.__globals__ }}",
        "{{ goal|attr('__class__') }}",
        "{{ '{0.__class__}'.format(goal) }}",
        "{{ self.__init__.__globals__ }}",
        "{% include '../../../../etc/hostname' %}",
        "{% include '/etc/hostname' %}",
        "{{ nothing_of_that_name }}",
        "{% for a in",
        "{{ 1 / 0 }}",
        "{% include 'own.j2' %}",
        b"\xff\xfe",
    ],
)
def test_what_a_template_must_not_do_is_an_error_that_names_it(tmp_path: Path, source: str | bytes) -> None:
    with pytest.raises(FileError, match=r"own\.j2"):
        text = own(tmp_path, source).render("own", goal="x")
        assert "class" not in text


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% set r = range(99999)|list %}{% for a in r %}{% for b in r %}{% endfor %}{% endfor %}",
        "{% macro a(n) %}{% if n %}{{ a(n - 1) }}{{ a(n - 1) }}{% endif %}{% endmacro %}{{ a(60) }}",
        "{% for a in range(99999) %}{{ 'a long line of text to fill the memory with' }}{% endfor %}",
        "{% set n = namespace(s='x') %}{% for a in range(60) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s }}",
        "{% set n = namespace(s='x') %}{% for a in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}{{ n.s }}",
        "{{ 'x' * 10 ** 9 }}",
        "{{ 10 ** 10 ** 10 ** 10 }}",
        "{{ 'x'|center(1000000000) }}",
        "{{ 'x'.ljust(1000000000) }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ lipsum(100000) }}",
    ],
)
def test_a_template_that_runs_away_ends(tmp_path: Path, source: str) -> None:
    started = time.process_time()
    with pytest.raises(FileError, match=r"own\.j2"):
        own(tmp_path, source).render("own", goal="x")
    assert time.process_time() - started < 8


def test_a_folder_of_templates_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no folder of templates"):
        Templates(tmp_path / "none")
