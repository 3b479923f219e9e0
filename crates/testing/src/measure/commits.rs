//! The limit of writing: the rows of one CreateTask by prepared statements in a loop, one durable commit each, on the same disk.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

const SCHEMA: &str = "
    pragma journal_mode = wal; pragma synchronous = full;
    create table projects (id text primary key, key text, last_number integer, last_rank integer, activity_seq integer);
    create table tasks (id text primary key, project_id text, number integer, title text, title_fold text, description text, status_id text,
        status_category integer, priority integer, task_type integer, assignee_ids text, creator_id text, parent_id text, due_date text,
        due_local text, due_zone text, due_instant integer, due_day text, start_date text, estimate_points real, start_time integer,
        complete_time integer, comment_count integer, attachment_count integer, rank text, create_time integer, update_time integer,
        delete_time integer, deleted_with text, version integer);
    create unique index a on tasks (project_id, number); create unique index b on tasks (project_id, rank);
    create index c on tasks (project_id, create_time, id); create index d on tasks (project_id, update_time, id);
    create index e on tasks (project_id, due_instant, id); create index f on tasks (creator_id, id); create index g on tasks (parent_id);
    create index h on tasks (deleted_with);
    create table task_followers (user_id text, task_id text, primary key (user_id, task_id)); create index i on task_followers (task_id);
    create table activity (project_id text, seq integer, id text, task_id text, comment_id text, actor text, create_time integer, kind integer,
        changes text, version integer, primary key (project_id, seq)); create index j on activity (task_id, seq);
    create table outbox (id integer primary key autoincrement, topic text, event_key text, event_id text, occur_time integer, payload blob);
    insert into projects values ('p', 'WEB', 0, 0, 0);";

/// Commits per second.
pub fn per_second(folder: &Path, span: Duration) -> anyhow::Result<f64> {
    let connection = Connection::open(folder.join("limit.db"))?;
    connection.execute_batch(SCHEMA)?;
    let mut begin = connection.prepare("begin immediate")?;
    let mut count = connection.prepare(
        "update projects set last_number = last_number + 1, last_rank = last_rank + 1, activity_seq = activity_seq + 1 where id = 'p' returning last_number",
    )?;
    let mut task = connection.prepare(
        "insert into tasks values (?1, 'p', ?2, 'A task of ordinary length', 'a task of ordinary length', '', 's', 3, 1, 1, '[]', 'u', null, null,
        null, null, null, null, null, null, null, null, 0, 0, ?3, ?4, ?4, null, null, 1)",
    )?;
    let mut follower = connection.prepare("insert into task_followers values ('01890a5d-ac96-774b-bcce-b302099a8057', ?1)")?;
    let mut entry = connection.prepare("insert into activity values ('p', ?2, ?1, ?1, null, 'u', ?3, 1, '[]', 1)")?;
    let mut event = connection.prepare(
        "insert into outbox (topic, event_key, event_id, occur_time, payload) values ('tasktracker.core.task.v1', ?1, ?1, ?2, ?3)",
    )?;
    let payload = vec![7_u8; 420];
    let mut commit = connection.prepare("commit")?;
    let (started, mut done) = (Instant::now(), 0_u32);
    while started.elapsed() < span {
        begin.execute([])?;
        let number: i64 = count.query_row([], |row| row.get(0))?;
        let id = format!("01890a5d-ac96-774b-bcce-{number:012x}");
        task.execute(params![id, number, format!("h{number:010}"), number])?;
        follower.execute(params![id])?;
        entry.execute(params![id, number, number])?;
        event.execute(params![id, number, payload])?;
        commit.execute([])?;
        done += 1;
    }
    Ok(f64::from(done) / started.elapsed().as_secs_f64())
}
