"""What each step of the schema makes, in SQL."""

FIRST_SCHEMA = """
create table images (
    id integer primary key,
    sha256 text not null unique,
    path text not null,
    width integer not null,
    height integer not null,
    size_bytes integer not null,
    parent_id integer references images (id),
    added_at text not null
);
create index images_by_parent on images (parent_id);

create table labels (
    id integer primary key,
    image_id integer not null references images (id),
    name text,
    source text not null,
    at text not null,
    undoes integer references labels (id)
);
create index labels_by_image on labels (image_id, id);

create table versions (
    id integer primary key,
    name text not null unique,
    hash text not null,
    parent_id integer references versions (id),
    treatment text not null,
    source text not null,
    split_rule text not null,
    created_at text not null
);

create table members (
    version_id integer not null references versions (id) on delete cascade,
    image_id integer not null references images (id),
    label text not null,
    split text not null check (split in ('train', 'validation', 'test')),
    file_name text not null,
    box_left integer,
    box_top integer,
    box_right integer,
    box_bottom integer,
    primary key (version_id, image_id)
);
create index members_by_label on members (version_id, split, label);
create index members_by_image on members (image_id);

create table runs (
    id integer primary key,
    name text not null unique,
    config text not null,
    version_id integer references versions (id),
    parent_id integer references runs (id),
    parent_epoch integer,
    seed integer not null,
    folder text not null,
    device text,
    environment text not null,
    best_epoch integer,
    created_at text not null,
    started_at text,
    ended_at text
);

create table jobs (
    id integer primary key,
    kind text not null check (kind in ('train', 'evaluate', 'background', 'import')),
    title text not null,
    status text not null check (
        status in ('queued', 'running', 'done', 'failed', 'stopped')
    ),
    settings text not null,
    progress text not null,
    run_id integer references runs (id) on delete cascade,
    position real not null,
    stop_requested integer not null default 0,
    pid integer,
    pid_started real,
    heartbeat_at text,
    exit_code integer,
    reason text,
    log_path text,
    created_at text not null,
    started_at text,
    ended_at text
);
create index jobs_by_status on jobs (status, position);
create index jobs_by_run on jobs (run_id, id);

create table metrics (
    run_id integer not null references runs (id) on delete cascade,
    epoch integer not null,
    name text not null,
    value real not null,
    primary key (run_id, epoch, name)
);

create table checkpoints (
    run_id integer not null references runs (id) on delete cascade,
    epoch integer not null,
    path text not null,
    size_bytes integer not null,
    primary key (run_id, epoch)
);

create table evaluations (
    id integer primary key,
    run_id integer not null references runs (id) on delete cascade,
    epoch integer not null,
    version_id integer not null references versions (id),
    split text not null,
    image_count integer not null,
    metrics text not null,
    classes text not null,
    created_at text not null
);
create index evaluations_by_run on evaluations (run_id, id);

create table predictions (
    evaluation_id integer not null references evaluations (id) on delete cascade,
    image_id integer not null references images (id),
    label text not null,
    predicted text not null,
    probability real not null,
    true_probability real not null,
    loss real not null,
    is_correct integer not null,
    top text not null,
    primary key (evaluation_id, image_id)
);
create index predictions_by_pair on predictions (evaluation_id, label, predicted);

create table skipped (
    id integer primary key,
    job_id integer references jobs (id) on delete cascade,
    version_id integer references versions (id) on delete cascade,
    evaluation_id integer references evaluations (id) on delete cascade,
    path text not null,
    reason text not null
);

create view current_labels as
    select image_id, name, source, at, id as label_id
    from labels
    where id in (select max(id) from labels group by image_id)
"""

# SQLite cannot drop a check, so the table is made anew: kinds of job are Python's to
# know. Foreign keys are off while steps run, or dropping it would empty `skipped`.
TRAINING = """
create table new_jobs (
    id integer primary key,
    kind text not null,
    title text not null,
    status text not null check (
        status in ('queued', 'running', 'done', 'failed', 'stopped')
    ),
    settings text not null,
    progress text not null,
    result text not null default '{}',
    run_id integer references runs (id) on delete cascade,
    position real not null,
    stop_requested integer not null default 0,
    pid integer,
    pid_started real,
    heartbeat_at text,
    exit_code integer,
    reason text,
    log_path text,
    created_at text not null,
    started_at text,
    ended_at text
);
insert into new_jobs (id, kind, title, status, settings, progress, run_id, position,
        stop_requested, pid, pid_started, heartbeat_at, exit_code, reason, log_path,
        created_at, started_at, ended_at)
    select id, kind, title, status, settings, progress, run_id, position,
        stop_requested, pid, pid_started, heartbeat_at, exit_code, reason, log_path,
        created_at, started_at, ended_at from jobs;
drop table jobs;
alter table new_jobs rename to jobs;
create index jobs_by_status on jobs (status, position);
create index jobs_by_run on jobs (run_id, id);

create table steps (
    run_id integer not null references runs (id) on delete cascade,
    step integer not null,
    epoch integer not null,
    loss real not null,
    learning_rate real not null,
    primary key (run_id, step)
);

create table notes (
    id integer primary key,
    run_id integer not null references runs (id) on delete cascade,
    at text not null,
    text text not null
);
create index notes_by_run on notes (run_id, id);

create table preferences (
    name text primary key,
    value text not null
)
"""

# The shares stay empty where no box is known, and in evaluations of before.
PICTURES = """
alter table labels add column is_dropped integer not null default 0;
drop view current_labels;
create view current_labels as
    select image_id, name, is_dropped, source, at, id as label_id
    from labels
    where id in (select max(id) from labels group by image_id);

alter table predictions add column attention_share real;
alter table predictions add column box_share real
"""

# The index answers “the best of a metric, and when” by one look a run, without reading
# the epochs between.
COMPARING = """
alter table runs add column note text not null default '';
alter table runs add column is_starred integer not null default 0;
alter table runs add column is_archived integer not null default 0;

create table tags (
    run_id integer not null references runs (id) on delete cascade,
    name text not null,
    primary key (run_id, name)
);
create index tags_by_name on tags (name);

create index metrics_by_value on metrics (name, run_id, value, epoch);
create index runs_by_parent on runs (parent_id)
"""

# A look belongs to an image, so versions that share images share looks; which rules it
# was measured by tells one that is out of date. A move belongs to a version, for others
# may split the same images otherwise on purpose; without a split it says “as frozen”.
HEALTH = """
create table looks (
    image_id integer primary key references images (id),
    rules integer not null,
    brightness real not null,
    shade real not null,
    contrast real not null,
    sharpness real not null,
    colour real not null,
    orientation integer not null,
    hashes blob not null,
    small blob not null
);

create table checkups (
    version_id integer primary key references versions (id) on delete cascade,
    rules integer not null,
    findings text not null,
    at text not null
);

create table moves (
    id integer primary key,
    version_id integer not null references versions (id) on delete cascade,
    image_id integer not null references images (id),
    split text check (split in ('train', 'validation', 'test')),
    source text not null,
    at text not null,
    undoes integer references moves (id) on delete cascade,
    batch integer references batches (id)
);
create index moves_by_image on moves (version_id, image_id, id);
create index moves_by_batch on moves (batch)
"""

# What is done at once to many images is taken back at once. A box is an event as a
# label is; one without edges says that there is none.
LABELLING = """
create table batches (
    id integer primary key,
    what text not null,
    source text not null,
    at text not null
);
alter table labels add column batch integer references batches (id);
create index labels_by_batch on labels (batch) where batch is not null;
create index labels_by_undone on labels (undoes) where undoes is not null;

create table boxes (
    id integer primary key,
    image_id integer not null references images (id),
    box_left integer,
    box_top integer,
    box_right integer,
    box_bottom integer,
    source text not null,
    at text not null,
    undoes integer references boxes (id)
);
create index boxes_by_image on boxes (image_id, id);

create table reviews (
    image_id integer primary key references images (id),
    verdict text not null check (verdict in ('accepted', 'fixed', 'kept')),
    at text not null
)
"""

# What removers found, and what people decided about it: events, as labels are.
BACKGROUND = """
create table removals (
    version_id integer not null references versions (id) on delete cascade,
    image_id integer not null references images (id),
    photograph_id integer not null references images (id),
    box_left integer,
    box_top integer,
    box_right integer,
    box_bottom integer,
    covered real not null,
    touches_border integer not null,
    score real,
    vehicles integer,
    primary key (version_id, image_id)
);

create table decisions (
    id integer primary key,
    version_id integer not null references versions (id) on delete cascade,
    image_id integer not null references images (id),
    treatment text,
    source text not null,
    at text not null,
    undoes integer references decisions (id) on delete cascade
);
create index decisions_by_version on decisions (version_id, image_id, id)
"""

# A version never changes, so its images are counted once. The index is in the order of
# a preview, which turns to any page without reading what lies before.
PREVIEW = """
alter table versions add column tally text not null default '[]';
update versions set tally = (
    select json_group_array(json_array(label, split, n)) from (
        select label, split, count(*) as n from members
        where version_id = versions.id group by label, split order by label, split
    )
);

create index members_in_order on members (
    version_id, split, label, file_name, image_id
);
drop index members_by_label;
create index labels_by_source on labels (source)
"""
