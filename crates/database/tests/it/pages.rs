//! Walking pages by cursor meets every row once, in order, whatever the keys; tokens open only where they were made for.

use proptest::prelude::*;
use sea_orm::sea_query::{Expr, Query, Table};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::Value;
use tasktracker_database::cursor::{BadToken, Context, Sealer};
use tasktracker_database::dialect::Kind;
use tasktracker_database::keyset::{self, Key};
use tasktracker_database::{Backend, schema};

use crate::store::{Store, both};

#[derive(Debug, Clone)]
struct Row {
    rank: String,
    due: Option<i64>,
    name: Option<String>,
    done: bool,
}

/// Few values, so that many are equal.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        "[abZ]{1,2}",
        proptest::option::of(-2_i64..3),
        proptest::option::of("[aÄ']{0,1}"),
        any::<bool>(),
    );
    proptest::collection::vec(row.prop_map(|(rank, due, name, done)| Row { rank, due, name, done }), 0..40)
}

#[derive(Debug, Clone, Copy)]
struct Part {
    column: usize,
    descending: bool,
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let part = (0_usize..4, any::<bool>()).prop_map(|(column, descending)| Part { column, descending });
    proptest::collection::vec(part, 0..4)
}

const COLUMNS: [(&str, Kind, bool); 5] = [
    ("rank", Kind::Text, false),
    ("due", Kind::Integer, true),
    ("name", Kind::Text, true),
    ("done", Kind::Boolean, false),
    ("id", Kind::Integer, false),
];

fn keys(parts: &[Part]) -> Vec<Key> {
    parts
        .iter()
        .map(|part| {
            let (name, kind, nullable) = COLUMNS[part.column];
            let key = if part.descending {
                Key::descending(Expr::col(name), kind)
            } else {
                Key::ascending(Expr::col(name), kind)
            };
            if nullable { key.nullable() } else { key }
        })
        .collect()
}

fn cell(rows: &[Row], id: usize, column: usize) -> Value {
    let row = &rows[id];
    let cells: [Value; 5] = [
        row.rank.clone().into(),
        row.due.into(),
        row.name.clone().into(),
        row.done.into(),
        id.into(),
    ];
    cells[column].clone()
}

/// The order in memory.
fn sorted(rows: &[Row], parts: &[Part]) -> Vec<usize> {
    let mut ids: Vec<usize> = (0..rows.len()).collect();
    ids.sort_by(|a, b| {
        let part = |part: &Part| {
            let (a, b) = (cell(rows, *a, part.column), cell(rows, *b, part.column));
            let order = match (&a, &b) {
                (Value::Null, Value::Null) => return std::cmp::Ordering::Equal,
                (Value::Null, _) => return std::cmp::Ordering::Greater,
                (_, Value::Null) => return std::cmp::Ordering::Less,
                (Value::String(a), Value::String(b)) => a.as_bytes().cmp(b.as_bytes()),
                (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
                _ => a.as_i64().cmp(&b.as_i64()),
            };
            if part.descending { order.reverse() } else { order }
        };
        parts.iter().map(part).fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    ids
}

async fn table(connection: &DatabaseConnection, rows: &[Row]) {
    let backend = connection.get_database_backend();
    connection.execute_unprepared("DROP TABLE IF EXISTS paged").await.unwrap();
    let create = Table::create()
        .table("paged")
        .col(schema::integer("id").primary_key())
        .col(schema::text(backend, "rank"))
        .col(schema::integer_null("due"))
        .col(schema::text_null(backend, "name"))
        .col(schema::boolean("done"))
        .take();
    connection.execute(&create).await.unwrap();
    for (id, row) in rows.iter().enumerate() {
        let mut insert = Query::insert();
        insert
            .into_table("paged")
            .columns(["id", "rank", "due", "name", "done"])
            .values_panic([
                (id as i64).into(),
                row.rank.as_str().into(),
                row.due.into(),
                row.name.clone().into(),
                row.done.into(),
            ]);
        connection.execute(&insert).await.unwrap();
    }
}

async fn walk(connection: &DatabaseConnection, rows: &[Row], parts: &[Part], size: u64) -> Vec<usize> {
    let (sealer, context) = (Sealer::new(b"secret", "test"), Context::new("rpc", "ann"));
    let keys = keys(parts);
    let (mut met, mut token) = (Vec::new(), String::new());
    loop {
        let mut query = Query::select();
        query.column("id").from("paged").limit(size);
        if let Some(values) = sealer.open(&context, &token).unwrap() {
            query.cond_where(keyset::after(&keys, &values).unwrap());
        }
        keyset::order(&mut query, &keys);
        let page = connection.query_all(&query).await.unwrap();
        let Some(last) = page.last() else { return met };
        let last: i64 = last.try_get("", "id").unwrap();
        met.extend(page.iter().map(|row| row.try_get::<i64>("", "id").unwrap() as usize));
        assert!(met.len() <= rows.len(), "some row came twice");
        let values: Vec<Value> = parts.iter().map(|part| cell(rows, last as usize, part.column)).collect();
        token = sealer.seal(&context, &values);
    }
}

fn walking(connection: &DatabaseConnection, runtime: &tokio::runtime::Runtime, cases: u32) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let unique_last = (parts(), any::<bool>()).prop_map(|(mut parts, descending)| {
        parts.push(Part { column: 4, descending });
        parts
    });
    proptest!(config, |(rows in rows(), parts in unique_last, size in 1_u64..6)| {
        let met = runtime.block_on(async {
            table(connection, &rows).await;
            walk(connection, &rows, &parts, size).await
        });
        prop_assert_eq!(met, sorted(&rows, &parts));
    });
}

#[test]
fn pages_meet_every_row_once_in_order() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let memory = runtime.block_on(async {
        let mut options = sea_orm::ConnectOptions::new("sqlite::memory:");
        options.max_connections(1).sqlx_logging(false);
        sea_orm::Database::connect(options).await.unwrap()
    });
    walking(&memory, &runtime, 128);
    if let Some(store) = runtime.block_on(crate::store::postgres()) {
        let connection = runtime
            .block_on(sea_orm::Database::connect(store.settings.url.clone().unwrap()))
            .unwrap();
        walking(&connection, &runtime, 24);
    }
}

#[tokio::test]
async fn values_that_do_not_fit_the_keys_are_refused() {
    let keys = [
        Key::ascending(Expr::col("rank"), Kind::Text),
        Key::ascending(Expr::col("id"), Kind::Integer),
    ];
    for values in ["[]", "[\"a\"]", "[1,1]", "[null,1]", "[\"a\",1.5]", "[\"a\",\"1\"]", "[\"a\",1,1]"] {
        let values: Vec<Value> = serde_json::from_str(values).unwrap();
        assert!(keyset::after(&keys, &values).is_err(), "{values:?}");
    }
    for Store { db, .. } in both().await {
        let mut query = Query::select();
        query
            .column("id")
            .from("projects")
            .cond_where(keyset::after(&[Key::descending(Expr::col("key"), Kind::Text).nullable()], &[Value::Null]).unwrap());
        assert!(db.reader().query_all(&query).await.unwrap().is_empty());
        assert!(matches!(db.backend(), Backend::Sqlite | Backend::Postgres));
    }
}

#[test]
fn tokens_open_only_where_they_were_made_for() {
    let sealer = Sealer::new(b"secret", "core");
    let context = || Context::new("ListTasks", "ann").with("filter", "a").with("order", "b");
    let values = vec![Value::from("rank"), Value::Null, Value::from(7)];
    let token = sealer.seal(&context(), &values);
    assert!(!token.contains("rank"));
    assert_eq!(sealer.open(&context(), &token), Ok(Some(values.clone())));
    assert_eq!(Sealer::new(b"secret", "core").open(&context(), &token), Ok(Some(values)));
    assert_eq!(sealer.open(&context(), ""), Ok(None));
    let foreign = [
        Context::new("ListTasks", "bob").with("filter", "a").with("order", "b"),
        Context::new("ListProjects", "ann").with("filter", "a").with("order", "b"),
        Context::new("ListTasks", "ann").with("filter", "ab").with("order", ""),
        Context::new("ListTasks", "ann").with("filter", "a"),
    ];
    for context in foreign {
        assert_eq!(sealer.open(&context, &token), Err(BadToken));
    }
    for sealer in [Sealer::new(b"other", "core"), Sealer::new(b"secret", "auth")] {
        assert_eq!(sealer.open(&context(), &token), Err(BadToken));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]
    #[test]
    fn damaged_tokens_are_refused(at in any::<prop::sample::Index>(), byte in any::<u8>(), text in "\\PC{0,80}") {
        let (sealer, context) = (Sealer::new(b"secret", "core"), Context::new("rpc", "ann"));
        let token = sealer.seal(&context, &[Value::from("a"), Value::from(1)]);
        let mut bytes = token.clone().into_bytes();
        let at = at.index(bytes.len());
        let letter = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="[usize::from(byte) % 65];
        prop_assume!(bytes[at] != letter);
        bytes[at] = letter;
        prop_assert_eq!(sealer.open(&context, &String::from_utf8(bytes).unwrap()), Err(BadToken));
        prop_assert_eq!(sealer.open(&context, &token[..at.max(1)]), Err(BadToken));
        if !text.is_empty() {
            prop_assert_eq!(sealer.open(&context, &text), Err(BadToken));
        }
    }
}
