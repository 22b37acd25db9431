"""The schema, as steps that are only ever appended."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite_utils

    Connected = sqlite3.Connection | sqlite_utils.Database

_SET = "sleeper"
_STEPS: list[Callable[[Connected], None]] = []
# As sqlite-utils makes it: the next step is applied by it, and it must know what was.
_RECORD = """
    create table "_sqlite_migrations" (
       "id" integer primary key,
       "migration_set" text,
       "name" text,
       "applied_at" text
    );
    create unique index "idx__sqlite_migrations_migration_set_name"
        on "_sqlite_migrations" ("migration_set", "name");
"""

_USES = """
        -- one row per name and content: `places` is JSON, [symbol, kind, lines] for each symbol
        -- of the content around it, counted from its first, and null outside all of them
        create table uses (
            name text not null,
            blob_id integer not null,          -- no cascade: it would scan once for each content
            places text not null,
            primary key (name, blob_id)
        ) without rowid;
        -- one row per name, enclosing symbol and kind: the lines are a space-separated list
        create view refs as
            select u.blob_id, u.name, coalesce(
                       (select min(s.id) from symbols s where s.blob_id = u.blob_id)
                       + json_extract(p.value, '$[0]'), 0
                   ) as symbol_id,             -- 0: outside every symbol
                   json_extract(p.value, '$[1]') as kind, json_extract(p.value, '$[2]') as lines
            from uses u, json_each(u.places) p;
"""
_THOUGHTS_PATH = "thoughts_path on thoughts (subject_path, kind)"


@_STEPS.append
def m001_trees_and_contents(db: Connected) -> None:
    """Work trees, the files in them, and one row per content however many files share it."""
    _run(
        db,
        """
        create table meta (key text primary key, value text not null) without rowid;
        create table trees (
            id integer primary key,
            root text not null unique,         -- as domain.path_from_bytes holds it
            git_dir text not null,
            head text not null default '',     -- commit last reconciled
            reconciled_at real not null default 0
        );
        create table blobs (
            id integer primary key,
            hash text not null,                -- content hash: 32 hex digits of sha-256
            grammar text not null,             -- 'python 0.25.0 q2', or 'text q2'
            language text not null,
            lines integer not null,
            size integer not null,
            node_hash integer not null,
            module_hash integer not null,
            has_error integer not null default 0,
            skip text not null default '',     -- a SkipReason found only by reading
            unique (hash, grammar)
        );
        create table files (
            tree_id integer not null references trees(id) on delete cascade,
            path text not null,
            blob_id integer not null references blobs(id),
            size integer not null,
            mtime_ns integer not null,
            ctime_ns integer not null,
            inode integer not null,
            dirty_at real not null default 0,  -- when the content last changed under us
            primary key (tree_id, path)
        ) without rowid;
        create index files_blob on files (blob_id);
        create table skipped (
            tree_id integer not null references trees(id) on delete cascade,
            path text not null,
            reason text not null,
            primary key (tree_id, path)
        ) without rowid;
        """,
    )


@_STEPS.append
def m002_syntax(db: Connected) -> None:
    """Symbols, references and imports of a content, and the chunks the search reads."""
    _run(
        db,
        f"""
        create table symbols (
            id integer primary key,
            blob_id integer not null references blobs(id) on delete cascade,
            name text not null,
            qualified text not null,
            kind text not null,
            start_line integer not null,
            end_line integer not null,
            node_hash integer not null,
            parent_id integer,
            signature text not null,
            doc text not null
        );
        create index symbols_blob on symbols (blob_id);
        create index symbols_name on symbols (name);
        create index symbols_node on symbols (node_hash);
        {_USES}
        create table imports (
            blob_id integer not null references blobs(id) on delete cascade,
            line integer not null,
            module text not null,
            names text not null,               -- space-separated
            primary key (blob_id, line, module)
        ) without rowid;
        create index imports_module on imports (module);
        create table chunks (
            id integer primary key,            -- also the rowid in chunk_words
            blob_id integer not null references blobs(id) on delete cascade,
            symbol_id integer,
            start_line integer not null,
            end_line integer not null
        );
        create index chunks_blob on chunks (blob_id);
        create virtual table chunk_words using fts5(
            names, doc, body, content='', tokenize="porter unicode61 remove_diacritics 2"
        );
        -- a path belongs to a tree, its content does not: its words stand alone
        create virtual table path_words using fts5(
            words, tree unindexed, path unindexed, tokenize="porter unicode61 remove_diacritics 2"
        );
        -- how many chunks and paths hold a word: what a question's words are weighed by
        create virtual table chunk_vocab using fts5vocab(chunk_words, row);
        create virtual table path_vocab using fts5vocab(path_words, row);
        """,
    )


@_STEPS.append
def m003_history(db: Connected) -> None:
    """Commits and the paths they touched; of those of one second, the newest has the highest id."""
    _run(
        db,
        """
        create table commits (
            id integer primary key,
            oid text not null unique,
            time integer not null,
            author text not null,
            subject text not null,
            body text not null,
            is_merge integer not null default 0,
            is_fix integer not null default 0,
            files integer not null default 0
        );
        create index commits_time on commits (time);
        create table history_paths (
            id integer primary key,
            path text not null unique,
            successor text,                    -- the path it was renamed to, if it was
            churn real not null default 0      -- decayed; of the newest name of a file
        );
        create table commit_paths (
            commit_id integer not null references commits(id) on delete cascade,
            path_id integer not null references history_paths(id),
            primary key (commit_id, path_id)
        ) without rowid;
        create index commit_paths_path on commit_paths (path_id);
        -- of the `touches` commits that changed the path, `together` changed the other as well
        create table co_changes (
            path text not null,
            other text not null,
            together integer not null,
            touches integer not null,
            primary key (path, other)
        ) without rowid;
        create virtual table commit_words using fts5(
            subject, body, content='', tokenize="porter unicode61 remove_diacritics 2"
        );
        """,
    )


@_STEPS.append
def m004_notes(db: Connected) -> None:
    """Model calls, thoughts, notes as append-only versions, and their evidence."""
    _run(
        db,
        f"""
        create table calls (
            id integer primary key,
            at real not null,                  -- unix seconds, wall clock
            day text not null,                 -- 'YYYY-MM-DD', local time, for the caps
            purpose text not null,             -- 'think' or 'ask'
            model text not null,
            host text not null default '',
            state text not null,
            reserved_usd real not null,
            reserved_tokens integer not null,
            usd real not null default 0,
            tokens_sent integer not null default 0,
            tokens_received integer not null default 0,
            tokens_cached integer not null default 0,
            charged integer not null default 1,     -- 0: failed before anything was sent
            max_tokens integer not null,
            prompt_hash text not null,
            bytes integer not null,
            ranges text not null,              -- JSON: [[path, start, end], ...]
            redactions integer not null,
            model_returned text not null default '',
            error_kind text not null default '',
            error text not null default '',
            seconds real not null default 0
        );
        create index calls_day on calls (day);
        create table thoughts (
            id integer primary key,
            call_id integer references calls(id),   -- null: set aside, never sent
            tree_id integer,
            subject_path text not null,
            subject_symbol text not null,
            subject_hash text not null,
            content_hash text not null default '',  -- of the subject's file, as it was shown
            kind text not null,
            prompt_version text not null,
            state text not null,
            "commit" text not null default '',
            request text not null,             -- JSON: what was sent, after redaction
            reply text not null default '',    -- verbatim, after redaction
            receipt text not null default '',  -- JSON: usage, model and finish of the reply
            drafts integer not null default 0,
            grounded integer not null default 0,
            error_kind text not null default '',
            error text not null default '',
            at real not null
        );
        create index thoughts_subject on thoughts (subject_hash, kind, prompt_version);
        create index {_THOUGHTS_PATH};
        create table notes (
            row integer primary key,           -- also the rowid in note_words
            id text not null,
            tree_id integer not null default 0,     -- 0: content-addressed, true in any tree
            version integer not null,
            kind text not null,
            title text not null,
            body text not null,
            confidence real not null,
            origin text not null,
            subject_path text not null,
            subject_symbol text not null,
            "commit" text not null,
            created_at real not null,
            hypothesis integer not null default 0,
            state text not null default 'active',   -- active, superseded, retired, dismissed
            why text not null default '',           -- a person's reason for the state
            thought_id integer references thoughts(id),
            inputs text not null default '',        -- hash of what a survey note was counted from
            unique (id, tree_id, version)
        );
        create index notes_state on notes (state, kind);
        create index notes_subject on notes (subject_path);
        create table evidence (
            note_row integer not null references notes(row) on delete cascade,
            position integer not null,
            path text not null,
            start_line integer not null,
            end_line integer not null,
            quote text not null,
            anchor text not null,
            hash text not null,
            symbol text not null,
            anchor_line integer not null default 0, -- where the anchored node began then
            primary key (note_row, position)
        ) without rowid;
        create index evidence_path on evidence (path);
        create index evidence_hash on evidence (hash);
        create index blobs_module on blobs (module_hash);
        create virtual table note_words using fts5(
            title, body, content='', tokenize="porter unicode61 remove_diacritics 2"
        );
        create table questions (
            id integer primary key,
            at real not null,
            text text not null,
            paths text not null,               -- JSON: files shown
            notes text not null                -- JSON: note ids shown
        );
        """,
    )


@_STEPS.append
def m005_links(db: Connected) -> None:
    """Which file of a tree names which other, as far as its imports tell."""
    _run(
        db,
        """
        create table links (
            tree_id integer not null references trees(id) on delete cascade,
            path text not null,
            line integer not null,             -- 0-based; of the import
            target text not null,
            primary key (tree_id, path, line, target)
        ) without rowid;
        create index links_target on links (tree_id, target);
        """,
    )


@_STEPS.append
def m006_bugs_and_what_was_said(db: Connected) -> None:
    """What calls other than thoughts sent and got, and what became of likely bugs."""
    _run(
        db,
        """
        alter table calls add column request text not null default '';  -- a thought keeps its own
        alter table calls add column reply text not null default '';
        create index thoughts_call on thoughts (call_id);
        -- a likely bug is new until it is here, or its note is dismissed, or its code changed
        create table bugs (
            note_id text primary key,
            state text not null,               -- confirmed
            decided_by text not null,          -- 'person' or 'checks'
            why text not null default '',
            at real not null
        ) without rowid;
        create table bug_checks (
            id integer primary key,
            note_id text not null,
            step text not null,                -- 'again' or 'refute'
            version text not null,             -- of its prompt
            call_id integer not null references calls(id),
            path text not null,
            state text not null,               -- reserved, applied, failed, unknown
            verdict text not null default '',  -- agrees, differs; stands, refuted, unclear
            reason text not null default '',
            at real not null
        );
        create index bug_checks_note on bug_checks (note_id, step);
        create index bug_checks_path on bug_checks (path);
        """,
    )


@_STEPS.append
def m007_statements(db: Connected) -> None:
    """Statements outside all symbols, so that evidence in them need not hang on the whole file."""
    _run(
        db,
        """
        create table statements (
            blob_id integer primary key,       -- no cascade, as for uses
            places text not null               -- 'hash:line[:lines] ...', as domain.statements
        );
        """,
    )


@_STEPS.append
def m008_leaner_history(db: Connected) -> None:
    """Ids as bytes and paths as numbers; what was read before is read again."""
    _run(
        db,
        """
        drop table commit_paths;
        drop table co_changes;
        drop table commits;
        create table commits (
            id integer primary key,
            oid blob not null,
            time integer not null,
            author text not null,
            subject text not null,
            body text not null,
            is_merge integer not null default 0,
            is_fix integer not null default 0,
            files integer not null default 0
        );
        create index commits_time on commits (time);
        create table commit_paths (
            commit_id integer not null references commits(id) on delete cascade,
            path_id integer not null references history_paths(id),
            primary key (commit_id, path_id)
        ) without rowid;
        create index commit_paths_path on commit_paths (path_id);
        -- of the `touches` commits that changed the path, `together` changed the other as well
        create table co_changes (
            path_id integer not null references history_paths(id),
            other_id integer not null references history_paths(id),
            together integer not null,
            touches integer not null,
            primary key (path_id, other_id)
        ) without rowid;
        delete from history_paths;
        insert into commit_words (commit_words) values ('delete-all');
        delete from meta where key in ('history_heads', 'history_limit');
        """,
    )


@_STEPS.append
def m009_checks_by_finding(db: Connected) -> None:
    """A look is paid for by the finding it is about: its definition has a cap of its own."""
    _run(
        db,
        """
        alter table bug_checks add column symbol text not null default '';
        """,
    )


@_STEPS.append
def m010_answers_of_questions(db: Connected) -> None:
    """How a question was answered, and by which call: what is spared can only be counted so."""
    _run(
        db,
        """
        alter table questions add column answered text not null default '';  -- model, kept, index
        alter table questions add column call_id integer references calls(id);
        """,
    )


@_STEPS.append
def m011_tier(db: Connected) -> None:
    """The service that a provider said it gave: its price is what a call has cost."""
    _run(
        db,
        """
        alter table calls add column tier text not null default '';
        """,
    )


@_STEPS.append
def m012_places(db: Connected) -> None:
    """How many places had what a note cites: where one of several is gone, none has moved."""
    _run(
        db,
        """
        alter table evidence add column places integer not null default 1;
        """,
    )


# What was never written down: nothing was reserved, though the model is not on one's own machine.
UNPRICED_BEFORE = """
update calls set priced = 0 where reserved_usd = 0 and substr(model, 1, instr(model, '/')) not in
    ('ollama/', 'ollama_chat/', 'lm_studio/', 'llamafile/', 'docker_model_runner/');
"""


@_STEPS.append
def m013_what_is_known(db: Connected) -> None:
    """Whether the price of a call was known, and what the provider's count of tokens was worth."""
    _run(
        db,
        f"""
        alter table calls add column priced integer not null default 1;
        alter table calls add column usage text not null default '';  -- '', missing, clamped
        {UNPRICED_BEFORE}
        """,
    )


@_STEPS.append
def m014_uses_for_refs(db: Connected) -> None:
    """Stores of the first days have rows in `refs`, which every reader takes for a view of `uses`.

    What they hold is read anew, as with every other grammar.
    """
    is_table = "select 1 from sqlite_schema where name = 'refs' and type = 'table'"
    if db.execute(is_table).fetchone() is None:
        return
    _run(
        db,
        f"""
        drop table refs;
        {_USES}
        create index if not exists {_THOUGHTS_PATH};
        """,
    )


def migrate(connection: sqlite3.Connection, *, version: int) -> None:
    """Bring the schema up to date, all or nothing; `version` lets later openings skip this module.

    Whoever comes at the same time waits for it, and finds it done.
    """
    connection.execute("begin immediate")
    try:
        is_new = connection.execute("select 1 from sqlite_schema").fetchone() is None
        (_create if is_new else _upgrade)(connection)
        connection.execute(f"pragma user_version = {version}")
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _upgrade(connection: sqlite3.Connection) -> None:
    import sqlite_utils  # 0.1 s, which a first index need not wait for
    from sqlite_utils.migrations import Migrations

    steps = Migrations(_SET)
    for step in _STEPS:
        steps()(step)
    steps.apply(sqlite_utils.Database(connection, execute_plugins=False))


def _create(connection: sqlite3.Connection) -> None:
    """Every step with the record of it, where there is nothing to lose."""
    now = str(datetime.now(UTC))
    _run(connection, _RECORD)
    for step in _STEPS:
        step(connection)
        connection.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at) values (?, ?, ?)",
            (_SET, step.__name__, now),
        )


def _run(db: Connected, script: str) -> None:
    # Not executescript: it commits first, and a half-applied step would stay.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""
