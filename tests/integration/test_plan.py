from __future__ import annotations

import json

import pytest

from repo_sleeper.cli import plan_view
from repo_sleeper.daemon.rounds import Work
from repo_sleeper.daemon.upcoming import Upcoming
from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.domain.thoughts import Candidate, Subject
from repo_sleeper.sleep.agenda import plan


def test_the_plan_is_printed_in_order_with_each_factor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    items = plan(
        [
            Candidate(subject=Subject("calm.py", "1"), kind=NoteKind.ARCHITECTURE, size=300),
            Candidate(
                subject=Subject("hot.py", "2"), kind=NoteKind.ARCHITECTURE, size=300, dirty_at=1.0
            ),
        ]
    )

    plan_view.show(Work(items), Upcoming("hot.py"), shown=1, json=False)
    told = capsys.readouterr()
    plan_view.show(Work(items), Upcoming("hot.py"), shown=2, json=True)
    found = json.loads(capsys.readouterr().out)

    assert "hot.py" in told.out
    assert "calm.py" not in told.out
    assert "touched" in told.out
    assert told.err.startswith("1 of 2; * is being worked on")
    assert [one["subject"] for one in found["plan"]] == ["hot.py", "calm.py"]
    assert found["total"] == 2
    assert found["plan"][0]["factors"]["touched"] == 1.0
