"""The case file as a person reads it."""

import pytest

from app.reports.case import make_case
from app.reports.markdown import plain, render
from tests.unit.reports.records import ACTIONS, ID, RECORD, book, campaign, case


def test_it_says_what_a_reader_asks_for() -> None:
    text = render(case())
    assert text.startswith(f"# Campaign {ID} (confirmed)\n")
    for line in (
        "| 2024-10-04 00:00:00Z | C.first_seen ",
        "| agentic    | 60.0%",
        "1. They share the load. (C.evidence[0])",
        "- C, the campaign's record: reflux.campaigns.v1:1:77",
        "reflux.enforcements.v1:3:101-106 (6)",
    ):
        assert line in text, line
    assert "| payment ffffffffffffffff | 40 " in text
    assert "release, later" in text


def test_nobody_can_take_a_share_for_one_of_the_whole_campaign() -> None:
    text = render(case())
    for label in (
        "| interactions since each account was found ",
        "| interactions prevented, at most ",
        "| share of the interactions since each account was found, at most ",
    ):
        assert label in text, label


@pytest.mark.parametrize(
    ("rarity", "shown"), [(1 - 1 / 1.4, "1.4"), (0.5, "2.0"), (0.95, "20"), (0.9999, "10,000")]
)
def test_one_account_in_a_few_is_told_with_a_tenth(rarity: float, shown: str) -> None:
    link = {
        "kind": "payment",
        "hash": "f" * 16,
        "members": 40,
        "population": 44,
        "rarity": rarity,
    }
    assert f"| 44                 | {shown} " in render(case(links=[link]))


def test_evidence_with_numbers_has_them_explained_once() -> None:
    text = render(
        case(
            evidence=[
                "A (linkage: 8.0 nats at a deviation of 5.3).",
                "B (load: 2.0 nats at a deviation of 3.1).",
            ]
        )
    )
    assert text.count("standard\ndeviations beyond honest groups of like size") == 1
    assert "standard\ndeviations" not in render(case())


def test_tables_line_up_in_a_terminal() -> None:
    rows = [line for line in render(case()).split("\n") if line.startswith("|")]
    blocks: list[set[int]] = [set()]
    for line in render(case()).split("\n"):
        if line.startswith("|"):
            blocks[-1].add(len(line))
        elif blocks[-1]:
            blocks.append(set())
    assert len(rows) > 30
    assert all(len(widths) <= 1 for widths in blocks)


def test_what_is_not_known_is_said() -> None:
    text = render(make_case(campaign(tasks={}, links=[], models=[], evidence=[]), RECORD, book()))
    assert text.count("Nothing is known.") == 6
    assert "A, the actions about its accounts: none" in text


def test_names_of_tasks_stay_readable() -> None:
    assert plain("tool_use, _this_ and a_") == "tool_use, \\_this\\_ and a\\_"


def test_texts_of_others_are_text_and_nothing_else() -> None:
    nasty = "a\x1b[31mb\n# c | d `e` <script>\u202e"
    assert plain(nasty) == "a \\[31mb \\# c \\| d \\`e\\` \\<script\\> "
    text = render(make_case(campaign(evidence=[nasty], models=[nasty]), RECORD, book(*ACTIONS)))
    assert "\x1b" not in text
    assert "\n# c" not in text
    assert "<script>" not in text
