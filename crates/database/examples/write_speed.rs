//! How many transactions a second SQLite takes from 16 callers, each "create task": counter, task, activity, outbox, idempotency.
//! For comparison the same statements one at a time over one connection, a commit each. Run it with `--release`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, Query, UpdateStatement};
use sea_orm::{ConnectionTrait, DatabaseConnection, TransactionTrait};
use tasktracker_database::{Database, Row, Settings, idempotency, schema};
use tasktracker_server::{Lifecycle, terminal::say};

/// Any error will do.
type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

const CALLERS: usize = 16;
const TIME: Duration = Duration::from_secs(5);

fn tables(backend: tasktracker_database::Backend) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    let table = |name: &'static str, texts: &[&'static str], integers: &[&'static str]| {
        let mut table = sea_orm::sea_query::Table::create();
        table.table(name).col(schema::id(backend, "id").primary_key());
        for column in texts {
            table.col(schema::text(backend, *column));
        }
        for column in integers {
            table.col(schema::integer(*column));
        }
        table
    };
    vec![
        table("projects", &["key"], &["last_number", "activity_seq"]),
        table("tasks", &["project_id", "title", "rank"], &["number", "create_time"]),
        table("activity", &["project_id", "before", "after"], &["seq"]),
        table("outbox", &["aggregate", "payload"], &["create_time"]),
        idempotency::table(backend),
    ]
}

fn counter() -> UpdateStatement {
    let next = |column: &'static str| Expr::col(column).add(1);
    Query::update()
        .value("last_number", next("last_number"))
        .value("activity_seq", next("activity_seq"))
        .take()
}

fn insert<const N: usize>(table: &'static str, columns: [&'static str; N], values: [Expr; N]) -> InsertStatement {
    Query::insert().into_table(table).columns(columns).values_panic(values).take()
}

fn inserts(id: &str, project: &str, number: Expr, seq: Expr) -> Vec<InsertStatement> {
    let text = |value: &str| Expr::val(value);
    let payload = "x".repeat(300);
    vec![
        insert(
            "tasks",
            ["id", "project_id", "title", "rank", "number", "create_time"],
            [
                text(id),
                text(project),
                text("a title of usual length"),
                text("n"),
                number,
                Expr::val(1_i64),
            ],
        ),
        insert(
            "activity",
            ["id", "project_id", "before", "after", "seq"],
            [text(id), text(project), text(""), text(&payload), seq],
        ),
        insert(
            "outbox",
            ["id", "aggregate", "payload", "create_time"],
            [text(id), text(id), text(&payload), Expr::val(1_i64)],
        ),
        insert(
            "idempotency",
            ["caller", "rpc", "request_id", "fingerprint", "resource_id", "create_time"],
            [
                text("ann"),
                text("CreateTask"),
                text(id),
                Expr::val(vec![7_u8; 32]),
                text(id),
                Expr::val(1_i64),
            ],
        ),
    ]
}

async fn grouped(db: &Database, id: &str, project: &str) -> Outcome {
    let mut txn = db.begin();
    let made = txn.guarded_update_returning(Row::of("projects", "id", project), counter(), ["last_number", "activity_seq"]);
    for statement in inserts(id, project, made.value("last_number"), made.value("activity_seq")) {
        txn.insert(statement);
    }
    Ok(txn.commit().await.map(drop)?)
}

async fn raw(connection: &DatabaseConnection, id: &str, project: &str) -> Outcome {
    let open = connection.begin().await?;
    open.execute(&*counter().table("projects").and_where(Expr::col("id").eq(project)))
        .await?;
    for statement in inserts(id, project, Expr::val(1), Expr::val(1)) {
        open.execute(&statement).await?;
    }
    Ok(open.commit().await?)
}

/// Runs the work from so many callers for a while: transactions a second, and the slowest in a hundred.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
async fn measure<F: Future<Output = Outcome> + Send + 'static>(
    name: &str,
    callers: usize,
    work: impl Fn(String) -> F + Clone + Send + 'static,
) {
    let until = Instant::now() + TIME;
    let callers = (0..callers).map(|caller| {
        let work = work.clone();
        async move {
            let mut times = Vec::new();
            for round in 0.. {
                let begun = Instant::now();
                if begun > until {
                    break;
                }
                work(format!("{caller}-{round}")).await.expect("nothing is in the way");
                times.push(begun.elapsed());
            }
            times
        }
    });
    let mut times: Vec<Duration> = callers
        .collect::<tokio::task::JoinSet<_>>()
        .join_all()
        .await
        .into_iter()
        .flatten()
        .collect();
    times.sort_unstable();
    let (rate, at) = (times.len() as f64 / TIME.as_secs_f64(), |part: usize| {
        times[times.len() * part / 100]
    });
    say(format!("{name}: {rate:.0}/s, median {:?}, 99% {:?}", at(50), at(99)));
}

async fn prepared(settings: &Settings, owner: &str) -> Result<Database, Box<dyn std::error::Error + Send + Sync>> {
    let db = Database::open(settings, owner, &Lifecycle::new()).await?;
    let connection = connection(settings, owner).await?;
    for table in tables(db.backend()) {
        connection.execute(&table).await?;
    }
    for index in [
        schema::unique("tasks", &["project_id", "number"]),
        schema::index("tasks", &["project_id", "rank"]),
    ] {
        connection.execute(&index).await?;
    }
    connection
        .execute_unprepared("INSERT INTO projects (id, key, last_number, activity_seq) VALUES ('p', 'P', 0, 0)")
        .await?;
    connection.close().await?;
    Ok(db)
}

async fn connection(settings: &Settings, owner: &str) -> Result<DatabaseConnection, sea_orm::DbErr> {
    let file = settings.data_dir.join(format!("{owner}.db"));
    let mut options = sea_orm::ConnectOptions::new(format!("sqlite:{}", file.display()));
    options.max_connections(1).test_before_acquire(false).sqlx_logging(false);
    let connection = sea_orm::Database::connect(options).await?;
    connection.execute_unprepared("PRAGMA synchronous = full").await?;
    Ok(connection)
}

#[tokio::main]
async fn main() -> Outcome {
    let directory = tempfile::tempdir_in(std::env::current_dir()?)?;
    let settings = Settings::sqlite(directory.path());

    let db = Arc::new(prepared(&settings, "grouped").await?);
    for callers in [CALLERS, 4, 1, 64] {
        let (before, shared) = (db.counts(), Arc::clone(&db));
        measure(&format!("grouped commits, {callers} callers"), callers, move |id| {
            let db = Arc::clone(&shared);
            async move { grouped(&db, &format!("{callers}-{id}"), "p").await }
        })
        .await;
        say(format!("  {:?}", db.counts() - before));
    }

    let _kept = prepared(&settings, "raw").await?;
    let raw_connection = connection(&settings, "raw").await?;
    raw_connection.execute_unprepared("DROP INDEX tasks_project_id_number_key").await?;
    measure("one await a statement, one commit each, 16 callers", CALLERS, move |id| {
        let connection = raw_connection.clone();
        async move { raw(&connection, &id, "p").await }
    })
    .await;
    Ok(())
}
