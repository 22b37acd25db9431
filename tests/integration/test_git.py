"""The questions we ask git, asked of real repositories in every state they come in."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest

from repo_sleeper import git
from repo_sleeper.errors import GitError, NotARepositoryError, SetupError
from repo_sleeper.git import plumbing
from tests.conftest import GitRepo


def here(repo: GitRepo) -> git.Repository:
    return git.discover(repo.root)


# --- where we are -----------------------------------------------------------------------------


def test_a_repository_is_found_from_a_folder_deep_inside(repo: GitRepo) -> None:
    file = repo.write("a/b/c.py", "x = 1\n")

    found = git.discover(file.parent)

    assert found == git.Repository(repo.root, repo.root / ".git", repo.root / ".git")
    assert found.state_dir == repo.root / ".git" / "sleeper"


def test_a_linked_worktree_shares_the_data_of_the_main_one(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit("one", a_py="x = 1\n")
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"))

    found = git.discover(tmp_path / "linked")

    assert found.root == tmp_path / "linked"
    assert found.git_dir == repo.root / ".git" / "worktrees" / "linked"
    assert found.state_dir == here(repo).state_dir
    assert git.branch(found) == "linked"


def test_a_submodule_is_a_repository_of_its_own(repo: GitRepo, tmp_path: Path) -> None:
    inner = GitRepo(tmp_path / "inner")
    inner.commit("inner", a_py="x = 1\n")
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.root))

    found = git.discover(repo.root / "inner")

    assert found.root == repo.root / "inner"
    assert found.state_dir == repo.root / ".git/modules/inner/sleeper"
    assert [file.path for file in git.tracked(found)] == ["a.py"]


def test_git_data_kept_elsewhere_counts_once_it_names_the_work_tree(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "work")
    shutil.move(repo.root / ".git", tmp_path / "data.git")
    (repo.root / ".git").write_text(f"gitdir: {tmp_path / 'data.git'}\n")
    with pytest.raises(NotARepositoryError, match="does not name"):
        git.discover(repo.root)

    repo.git("config", "core.worktree", str(repo.root))

    assert git.discover(repo.root).git_dir == tmp_path / "data.git"


def test_a_symbolic_link_called_git_must_be_acknowledged_too(tmp_path: Path) -> None:
    victim = GitRepo(tmp_path / "victim")
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / ".git").symlink_to(victim.root / ".git")

    with pytest.raises(NotARepositoryError, match="does not name"):
        git.discover(tmp_path / "evil")


def test_a_folder_cannot_borrow_the_history_of_another_repository(tmp_path: Path) -> None:
    victim = GitRepo(tmp_path / "victim")
    evil = GitRepo(tmp_path / "evil")
    (evil.root / ".git" / "commondir").write_text(f"{victim.root}/.git\n")

    with pytest.raises(NotARepositoryError, match="borrows"):
        git.discover(evil.root)


def test_a_worktree_that_the_main_one_does_not_know_is_refused(tmp_path: Path) -> None:
    victim = GitRepo(tmp_path / "victim")
    data = tmp_path / "evil" / "worktrees" / "w"
    data.mkdir(parents=True)
    for name, text in (
        ("HEAD", "ref: refs/heads/main\n"),
        ("commondir", f"{victim.root}/.git\n"),
        ("gitdir", f"{tmp_path}/evil/.git\n"),
    ):
        (data / name).write_text(text)
    (tmp_path / "evil" / ".git").write_text(f"gitdir: {data}\n")

    with pytest.raises(NotARepositoryError, match="does not name"):
        git.discover(tmp_path / "evil")


@pytest.mark.parametrize("text", ["", "gitdir: ", "nonsense\n", "gitdir: a\0b\n"])
def test_a_git_file_that_says_nothing_is_explained(tmp_path: Path, text: str) -> None:
    (tmp_path / ".git").write_text(text)

    with pytest.raises(NotARepositoryError, match="does not say where") as caught:
        git.discover(tmp_path)

    assert caught.value.hint


def test_a_git_file_that_points_nowhere_is_explained(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")

    with pytest.raises(NotARepositoryError, match="not there"):
        git.discover(tmp_path)


def test_outside_of_any_repository_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotARepositoryError, match="not inside a git repository") as caught:
        git.discover(tmp_path)

    assert "git init" in caught.value.hint
    assert caught.value.exit_code == 3


def test_a_bare_repository_has_nothing_to_read(tmp_path: Path) -> None:
    GitRepo(tmp_path / "bare").git("init", "--quiet", "--bare", str(tmp_path / "bare.git"))

    with pytest.raises(NotARepositoryError, match="bare"):
        git.discover(tmp_path / "bare.git" / "objects")


def test_inside_git_s_own_data_is_no_place_to_start(repo: GitRepo) -> None:
    with pytest.raises(NotARepositoryError, match="git's own data"):
        git.discover(repo.root / ".git" / "hooks")


def test_a_folder_that_only_bears_the_name_is_passed_over(repo: GitRepo) -> None:
    (repo.root / "sub" / ".git").mkdir(parents=True)

    assert git.discover(repo.root / "sub").root == repo.root


def test_another_user_s_repository_is_refused_unless_the_person_calls_it_safe(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 54_321)
    with pytest.raises(NotARepositoryError, match="another user") as caught:
        git.discover(repo.root)
    assert "safe.directory" in caught.value.hint

    repo.git("config", "--global", "--add", "safe.directory", str(repo.root))

    assert git.discover(repo.root).root == repo.root


def test_a_repository_does_not_call_itself_safe(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.git("config", "safe.directory", "*")
    monkeypatch.setattr(os, "geteuid", lambda: 54_321)

    with pytest.raises(NotARepositoryError, match="another user"):
        git.discover(repo.root)


# --- head and branch --------------------------------------------------------------------------


def test_without_commits_there_is_a_branch_and_no_head(repo: GitRepo) -> None:
    assert git.head(here(repo)) == ""
    assert git.branch(here(repo)) == "main"
    assert list(git.commits(here(repo), limit=5)) == []


def test_a_detached_head_has_no_branch(repo: GitRepo) -> None:
    first = repo.commit("one", a_py="1\n")
    repo.commit("two", a_py="2\n")
    repo.git("checkout", "--quiet", "HEAD~1")

    assert git.head(here(repo)) == first
    assert git.branch(here(repo)) == ""


def test_repositories_with_longer_ids_work(tmp_path: Path) -> None:
    root = tmp_path / "long"
    GitRepo(tmp_path / "any").git("init", "--quiet", "--object-format=sha256", str(root))
    repo = GitRepo(root)
    first = repo.commit("one", a_py="1\n")
    repo.commit("two", a_py="2\n")

    assert len(git.head(here(repo))) == 64
    assert [commit.subject for commit in git.commits(here(repo), limit=9)] == ["two", "one"]
    assert git.is_ancestor(here(repo), first, git.head(here(repo)))


# --- files ------------------------------------------------------------------------------------


def test_tracked_and_untracked_files_keep_any_name(repo: GitRepo) -> None:
    names = ["plain.py", "-rf", "a\nb", ":(glob)x", "späße", "caf\udce9"]
    for name in names[:3]:
        (repo.root / name).write_text("x\n")
    repo.git("add", "--all")
    for name in names[3:]:
        (repo.root / name).write_text("x\n")

    tracked = [file.path for file in git.tracked(here(repo))]

    assert tracked == ["-rf", "a\nb", "plain.py"]
    assert git.listing(here(repo)).untracked == [":(glob)x", "caf\U0010ffe9", "späße"]


def test_ignored_files_and_inner_repositories_are_not_untracked(
    repo: GitRepo, private_home: Path
) -> None:
    (private_home / "config" / "git").mkdir(parents=True)
    (private_home / "config" / "git" / "ignore").write_text("*.personal\n")
    repo.write(".gitignore", "*.log\n")
    for name in ("a.log", "b.personal", "c.py"):
        repo.write(name, "x\n")
    GitRepo(repo.root / "inner").commit("inner", d_py="x\n")

    assert git.listing(here(repo)).untracked == [".gitignore", "c.py"]


def test_the_person_s_own_ignore_file_may_be_anywhere(repo: GitRepo, private_home: Path) -> None:
    (private_home / "mine").write_text("*.personal\n")
    repo.git("config", "--global", "core.excludesFile", "~/mine")
    repo.write("b.personal", "x\n")

    assert git.listing(here(repo)).untracked == []


def test_a_conflict_is_one_file(repo: GitRepo) -> None:
    repo.commit("base", a_py="0\n")
    repo.git("checkout", "--quiet", "-b", "other")
    repo.commit("theirs", a_py="2\n")
    repo.git("checkout", "--quiet", "main")
    repo.commit("ours", a_py="1\n")
    with pytest.raises(Exception, match="merge"):
        repo.git("merge", "other")

    assert [file.path for file in git.tracked(here(repo))] == ["a.py"]
    assert git.tracked(here(repo))[0].oid == repo.git("rev-parse", "main:a.py").strip()
    assert git.operation_in_progress(here(repo)) == "merge"


def test_files_left_out_by_a_sparse_checkout_are_marked(repo: GitRepo) -> None:
    repo.commit("one", a__x_py="1\n", b__y_py="2\n")
    repo.git("sparse-checkout", "set", "a")

    skipped = {file.path: file.skip_worktree for file in git.tracked(here(repo))}

    assert skipped == {"a/x.py": False, "b/y.py": True}


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("rebase-merge", "rebase"),
        ("rebase-apply", "rebase"),
        ("CHERRY_PICK_HEAD", "cherry-pick"),
        ("REVERT_HEAD", "revert"),
        ("BISECT_LOG", "bisect"),
    ],
)
def test_an_operation_in_progress_is_seen(repo: GitRepo, name: str, operation: str) -> None:
    assert git.operation_in_progress(here(repo)) == ""

    (repo.root / ".git" / name).write_text("")

    assert git.operation_in_progress(here(repo)) == operation


def test_where_refs_are_in_a_table_git_is_asked_for_the_operation(repo: GitRepo) -> None:
    first = repo.commit("one", a_py="1\n")
    (repo.root / ".git" / "reftable").mkdir()
    assert git.operation_in_progress(here(repo)) == ""

    repo.git("update-ref", "CHERRY_PICK_HEAD", first)

    assert git.operation_in_progress(here(repo)) == "cherry-pick"


# --- history ----------------------------------------------------------------------------------


def test_commits_come_newest_first_with_paths_and_renames(repo: GitRepo) -> None:
    body = "".join(f"line {number}\n" for number in range(30))
    repo.commit("one\n\nWhy it is so.\n", a_py=body, b_py="b\n")
    repo.git("mv", "a.py", "c.py")
    repo.commit("two", c_py=body + "more\n")

    two, one = git.commits(here(repo), limit=10)

    assert (two.subject, two.paths, two.renames) == ("two", ("c.py",), (("a.py", "c.py"),))
    assert (one.subject, one.body, one.paths) == ("one", "Why it is so.", ("a.py", "b.py"))
    assert "ada" not in one.author
    assert one.author == two.author


def test_only_commits_after_a_known_one_and_only_so_many(repo: GitRepo) -> None:
    oids = [repo.commit(str(number), a_py=f"{number}\n") for number in range(5)]

    assert [c.subject for c in git.commits(here(repo), limit=9, after=oids[2])] == ["4", "3"]
    assert [c.subject for c in git.commits(here(repo), limit=2)] == ["4", "3"]


def test_a_merge_is_marked_and_brings_no_paths(repo: GitRepo) -> None:
    repo.commit("base", a_py="0\n")
    repo.git("checkout", "--quiet", "-b", "other")
    repo.commit("theirs", b_py="2\n")
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--no-ff", "--message", "merge", "other")

    merge, theirs, base = git.commits(here(repo), limit=9)

    assert (merge.is_merge, merge.paths) == (True, ())
    assert (theirs.is_merge, base.is_merge) == (False, False)


def test_the_edge_of_a_shallow_clone_did_not_add_every_file(repo: GitRepo, tmp_path: Path) -> None:
    for number in range(3):
        repo.commit(str(number), a_py=f"{number}\n", b_py="b\n")
    repo.git("clone", "--quiet", "--depth=2", f"file://{repo.root}", str(tmp_path / "shallow"))

    told = list(git.commits(git.discover(tmp_path / "shallow"), limit=9))

    assert [(commit.subject, commit.paths) for commit in told] == [("2", ("a.py",)), ("1", ())]


def test_a_clone_without_trees_knows_what_was_said_and_not_what_was_touched(
    repo: GitRepo, tmp_path: Path
) -> None:
    for number in range(3):
        repo.commit(f"fix {number}", lib__a_py=f"{number}\n")
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    repo.git("clone", "--quiet", "--filter=tree:0", f"file://{repo.root}", str(clone))
    (repo.root / ".git").rename(tmp_path / "unreachable")
    there = git.discover(clone)

    told = list(git.commits(there, limit=9))

    assert [(one.subject, one.paths) for one in told] == [(f"fix {n}", ()) for n in (2, 1, 0)]
    assert git.is_treeless(there)
    with pytest.raises(GitError, match="git ls-tree failed: fatal: "):
        plumbing.ask(there, "ls-tree", "-r", "-z", told[-1].oid)


def test_a_message_in_no_encoding_at_all_is_replaced_not_refused(repo: GitRepo) -> None:
    tree = repo.git("write-tree").strip()
    raw = f"tree {tree}\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\n".encode()
    (repo.root / "raw").write_bytes(raw + b"caf\xe9 \x01\x1b[31m\n\nbody\n")
    oid = repo.git("hash-object", "-t", "commit", "-w", "raw").strip()
    repo.git("update-ref", "HEAD", oid)

    (commit,) = git.commits(here(repo), limit=1)

    assert commit.subject == "caf\ufffd \x01\x1b[31m"


def test_more_commits_than_one_page_are_all_told(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("repo_sleeper.git.log._PAGE", 2)
    for number in range(5):
        repo.commit(str(number), a_py=f"{number}\n")

    assert [c.subject for c in git.commits(here(repo), limit=9)] == ["4", "3", "2", "1", "0"]


def test_ancestors_and_changed_paths(repo: GitRepo) -> None:
    first = repo.commit("one", a_py="1\n", b_py="1\n")
    second = repo.commit("two", b_py="2\n", c_py="2\n")

    assert git.is_ancestor(here(repo), first, second)
    assert not git.is_ancestor(here(repo), second, first)
    assert not git.is_ancestor(here(repo), "1" * 40, second)
    assert git.changed_paths(here(repo), first, second) == ["b.py", "c.py"]


@pytest.mark.parametrize("oid", ["--output=x", "HEAD", "main", "", "1" * 39, "1" * 40 + "\n"])
def test_only_a_full_id_reaches_git(repo: GitRepo, oid: str) -> None:
    second = repo.commit("one", a_py="1\n")

    with pytest.raises(GitError, match="not a commit id"):
        git.changed_paths(here(repo), oid, second)


# --- settings ---------------------------------------------------------------------------------


def test_settings_are_read_as_git_sees_them(repo: GitRepo) -> None:
    repo.git("config", "--global", "sleeper.test", "person")
    assert git.config_value(here(repo), "sleeper.test") == "person"

    git.set_config(here(repo), "sleeper.test", "repository")
    assert git.config_value(here(repo), "sleeper.test") == "repository"

    git.drop_config(here(repo), "sleeper")
    assert git.config_value(here(repo), "sleeper.test") == "person"


def test_hooks_are_where_git_looks_for_them(repo: GitRepo) -> None:
    assert git.hooks_path(here(repo))[1] == repo.root / ".git" / "hooks"

    repo.git("config", "core.hooksPath", ".husky/_")
    assert git.hooks_path(here(repo))[1] == repo.root / ".husky" / "_"

    repo.git("config", "core.hooksPath", "~/hooks")
    assert git.hooks_path(here(repo))[1] == Path.home() / "hooks"


def test_the_version_of_git_is_known() -> None:
    assert git.git_version() >= (2, 32, 0)


# --- when git fails ---------------------------------------------------------------------------


def test_without_git_there_is_a_clear_word_and_a_hint(
    repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = here(repo)
    monkeypatch.setenv("PATH", f"relative:{tmp_path}")

    with pytest.raises(SetupError, match="git was not found") as caught:
        git.head(found)

    assert caught.value.exit_code == 4
    assert "install git" in caught.value.hint


def test_a_git_that_cannot_start_is_an_error_of_that_call(
    repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = here(repo)
    (tmp_path / "git").write_bytes(b"\x7fELF nonsense")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(GitError, match="could not be started"):
        git.head(found)


def test_a_git_that_is_killed_is_an_error_of_that_call(
    repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = here(repo)
    (tmp_path / "git").write_text("#!/bin/sh\nkill -SEGV $$\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(GitError, match="signal 11"):
        git.head(found)


def test_damaged_data_is_an_error_of_that_call_in_one_line(repo: GitRepo) -> None:
    repo.commit("one", a_py="1\n")
    found = here(repo)
    (repo.root / ".git" / "index").write_bytes(b"DIRC")

    with pytest.raises(GitError, match="git ls-files failed") as caught:
        git.tracked(found)

    assert "\n" not in str(caught.value)
    assert git.head(found)


def test_silence_is_reported_with_the_exit_code(
    repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = here(repo)
    (tmp_path / "git").write_text("#!/bin/sh\nexit 9\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(GitError, match="exit code 9"):
        git.head(found)


@pytest.fixture
def hanging(repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> git.Repository:
    """A repository whose git starts a child, writes down its number, and never answers."""
    found = here(repo)._replace(limit_s=0.2)
    (tmp_path / "git").write_text(
        '#!/bin/sh\ncase "$*" in *" config "*) exit 1 ;; esac\n'
        f"(sleep 30) & echo $! >{tmp_path}/child\nwait\n"
    )
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return found


def test_a_hanging_git_is_stopped_with_everything_it_started(
    hanging: git.Repository, tmp_path: Path
) -> None:
    with pytest.raises(GitError, match=r"did not answer within 0\.2 s"):
        git.tracked(hanging)

    assert _ends(int((tmp_path / "child").read_text()))


def test_a_git_that_did_not_answer_is_given_less_time_until_it_does(
    hanging: git.Repository, tmp_path: Path
) -> None:
    patient = hanging._replace(limit_s=30.0)
    with pytest.raises(GitError, match=r"within 0\.2 s"):
        git.tracked(hanging)
    with pytest.raises(GitError, match="within 1 s"):
        git.tracked(patient)

    (tmp_path / "git").write_text('#!/bin/sh\nexec /usr/bin/git "$@"\n')
    assert git.tracked(patient) == []
    (tmp_path / "git").write_text("#!/bin/sh\nsleep 1.2\n")
    assert git.tracked(patient) == []


def test_an_impatient_person_leaves_no_git_behind(hanging: git.Repository, tmp_path: Path) -> None:
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()

    with pytest.raises(KeyboardInterrupt):
        git.tracked(hanging._replace(limit_s=30.0))

    timer.join()
    assert _ends(int((tmp_path / "child").read_text()))


def _ends(pid: int) -> bool:
    for _ in range(300):
        if not _is_running(pid):
            return True
        time.sleep(0.01)
    return False


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_a_work_tree_that_is_gone_is_not_blamed_on_git(repo: GitRepo, tmp_path: Path) -> None:
    found = here(repo)
    repo.root.rename(tmp_path / "away")

    with pytest.raises(GitError, match="is not there any more"):
        git.head(found)


def test_what_was_asked_ahead_answers_once(repo: GitRepo) -> None:
    repo.commit("one", a_py="1\n")
    found = here(repo)

    git.ask_ahead(found)
    assert git.listing(found).tracked == ["a.py"]
    assert git.head(found) == repo.git("rev-parse", "HEAD").strip()
    repo.write("b.py", "2\n")

    assert git.listing(found).untracked == ["b.py"]


def test_a_listing_that_is_begun_may_be_left_unread(repo: GitRepo) -> None:
    repo.commit("start", a_py="")
    found = git.discover(repo.root)

    with git.begun_listing(repo=found):
        pass
    with git.begun_listing(found) as answer:
        assert answer().tracked == ["a.py"]
        reader, writer = os.pipe()  # it takes the numbers of the ends that were closed

    os.write(writer, b"x")
    assert os.read(reader, 1) == b"x"
    os.close(reader)
    os.close(writer)


def test_what_was_asked_ahead_and_never_read_is_ended(
    hanging: git.Repository, tmp_path: Path
) -> None:
    git.ask_ahead(hanging)
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text().strip():
        time.sleep(0.01)

    plumbing._end_what_nobody_read()

    assert _ends(int((tmp_path / "child").read_text()))


@pytest.mark.parametrize("kept", [40, 60])
def test_an_index_cut_short_is_not_taken_for_a_list_of_files(repo: GitRepo, kept: int) -> None:
    repo.commit("one", a_py="1\n", b_py="2\n", c_py="3\n")
    file = repo.root / ".git" / "index"
    file.write_bytes(file.read_bytes()[:kept])

    with pytest.raises(GitError, match="git's index is damaged"):
        git.listing(here(repo))
