//! Writes happen together or not at all; values made by the database reach later writes and the reply.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ConnectionTrait, FromQueryResult};
use tasktracker_database::CommitError;

use crate::store::{Store, both, insert_project, insert_task, next_number, set_version};

#[derive(Debug, PartialEq, FromQueryResult)]
struct Task {
    number: i64,
    title: Option<String>,
}

fn all_tasks() -> SelectStatement {
    Query::select()
        .columns(["number", "title"])
        .from("tasks")
        .order_by("id", sea_orm::Order::Asc)
        .take()
}

async fn tasks(store: &Store) -> Vec<Task> {
    let rows = store.db.reader().query_all(&all_tasks()).await.unwrap();
    rows.iter().map(|row| Task::from_query_result(row, "").unwrap()).collect()
}

fn task(number: i64, title: &str) -> Task {
    Task {
        number,
        title: Some(title.to_owned()),
    }
}

#[tokio::test]
async fn values_made_by_the_database_reach_later_writes_and_the_reply() {
    for store in both().await {
        store.project("p").await;
        store.project("q").await;
        let mut txn = store.db.begin();
        let project = next_number(&mut txn, "p");
        let other = next_number(&mut txn, "q");
        insert_task(&mut txn, "p", project.value("last_number"), "first");
        insert_task(&mut txn, "p", project.value("activity_seq").add(40), "second");
        insert_task(
            &mut txn,
            "q",
            other.value("last_number"),
            Expr::cust_with_expr(concat(&store), other.value("last_number")),
        );
        let rows = txn.commit().await.unwrap();
        assert_eq!(rows.get::<i64>(&project, "last_number").unwrap(), 1);
        assert_eq!(rows.get::<i64>(&project, "activity_seq").unwrap(), 2);
        assert_eq!(rows.get::<i64>(&other, "activity_seq").unwrap(), 2);
        assert!(rows.get::<i64>(&other, "version").is_err());
        assert_eq!(tasks(&store).await, [task(1, "first"), task(42, "second"), task(1, "Q-1")]);
    }
}

/// A placeholder of the dialect.
fn concat(store: &Store) -> &'static str {
    match store.db.backend() {
        tasktracker_database::Backend::Postgres => "'Q-' || $1",
        _ => "'Q-' || ?",
    }
}

#[tokio::test]
async fn a_missed_guard_leaves_nothing() {
    for store in both().await {
        store.project("p").await;
        for missing in [true, false] {
            let mut txn = store.db.begin();
            insert_task(&mut txn, "p", 1, "before");
            if missing {
                // The number would be NULL in the insert: the guard is what must be answered.
                let project = next_number(&mut txn, "absent");
                insert_task(&mut txn, "p", project.value("last_number"), "after");
            } else {
                txn.guarded_update(set_version("p", 7, 8));
            }
            insert_project(&mut txn, "new", "new");
            assert!(matches!(txn.commit().await, Err(CommitError::GuardMissed)));
        }
        let mut txn = store.db.begin();
        txn.guarded_delete(Query::delete().from_table("projects").and_where(Expr::col("version").eq(9)).take());
        assert!(matches!(txn.commit().await, Err(CommitError::GuardMissed)));
        // More than one row is a miss too.
        store.project("q").await;
        let mut txn = store.db.begin();
        txn.guarded_update(Query::update().table("projects").value("version", 3).take());
        assert!(matches!(txn.commit().await, Err(CommitError::GuardMissed)));
        let projects = Query::select()
            .expr(Expr::cust("count(*)"))
            .from("projects")
            .and_where(Expr::col("version").eq(1))
            .take();
        assert_eq!((store.tasks().await, store.number(&projects).await), (0, 2));

        let mut txn = store.db.begin();
        txn.guarded_update(set_version("p", 1, 2));
        txn.guarded_delete(Query::delete().from_table("projects").and_where(Expr::col("id").eq("q")).take());
        txn.commit().await.unwrap();
    }
}

#[tokio::test]
async fn writes_run_in_the_order_they_were_added() {
    for store in both().await {
        store.project("p").await;
        let mut txn = store.db.begin();
        for number in 1..=9 {
            insert_task(&mut txn, "p", number, number.to_string());
        }
        txn.commit().await.unwrap();
        let numbers: Vec<i64> = tasks(&store).await.iter().map(|task| task.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
}

#[tokio::test]
async fn reads_see_the_writes_before_them_and_later_writes_see_references() {
    for store in both().await {
        store.project("p").await;
        let mut txn = store.db.begin();
        let project = next_number(&mut txn, "p");
        insert_task(&mut txn, "p", project.value("last_number"), "first");
        let seen: Vec<Task> = txn.find_all(&all_tasks()).await.unwrap();
        assert_eq!(seen, [task(1, "first")]);
        assert_eq!(store.tasks().await, 0, "not committed yet");
        insert_task(&mut txn, "p", project.value("activity_seq"), "second");
        let seen: Option<Task> = txn.find_one(&all_tasks()).await.unwrap();
        assert_eq!(seen, Some(task(1, "first")));
        insert_task(&mut txn, "p", project.value("activity_seq").add(1), "third");
        let rows = txn.commit().await.unwrap();
        assert_eq!(rows.get::<i64>(&project, "last_number").unwrap(), 1);
        assert_eq!(tasks(&store).await, [task(1, "first"), task(2, "second"), task(3, "third")]);
    }
}

#[tokio::test]
async fn an_error_in_an_interactive_transaction_ends_it() {
    for store in both().await {
        store.project("p").await;
        let mut txn = store.db.begin();
        insert_task(&mut txn, "p", 1, "first");
        txn.query_one(&all_tasks()).await.unwrap();
        txn.guarded_update(set_version("p", 7, 8));
        assert!(matches!(txn.query_one(&all_tasks()).await, Err(CommitError::GuardMissed)));
        assert!(txn.query_one(&all_tasks()).await.is_err());
        insert_task(&mut txn, "p", 2, "never");
        assert!(txn.commit().await.is_err());

        let mut txn = store.db.begin();
        insert_task(&mut txn, "p", 1, "first");
        txn.query_one(&all_tasks()).await.unwrap();
        txn.guarded_update(set_version("p", 7, 8));
        assert!(matches!(txn.commit().await, Err(CommitError::GuardMissed)));
        assert_eq!(store.tasks().await, 0);
    }
}

#[tokio::test]
async fn sequential_writes_see_each_other() {
    for store in both().await {
        store.project("p").await;
        let mut txn = store.db.begin().sequential();
        let first = next_number(&mut txn, "p");
        txn.guarded_update(set_version("p", 1, 2));
        insert_task(&mut txn, "p", first.value("last_number"), "first");
        let mut copy = Query::insert();
        let select = Query::select()
            .column("project_id")
            .expr(Expr::col("number").add(1))
            .column("title")
            .from("tasks")
            .take();
        copy.into_table("tasks")
            .columns(["project_id", "number", "title"])
            .select_from(select)
            .unwrap();
        txn.insert(copy);
        let rows = txn.commit().await.unwrap();
        assert_eq!(rows.get::<i64>(&first, "last_number").unwrap(), 1);
        assert_eq!(tasks(&store).await, [task(1, "first"), task(2, "first")]);

        let mut txn = store.db.begin().sequential();
        insert_task(&mut txn, "p", 9, "never");
        txn.guarded_update(set_version("p", 1, 2));
        assert!(matches!(txn.commit().await, Err(CommitError::GuardMissed)));
        assert_eq!(store.tasks().await, 2);
    }
}

#[tokio::test]
async fn an_empty_transaction_sends_nothing_and_writes_send_one_command() {
    for store in both().await {
        store.project("p").await;
        let before = store.db.counts();
        store.db.begin().commit().await.unwrap();
        assert_eq!(store.db.counts() - before, Default::default());

        let mut txn = store.db.begin();
        let project = next_number(&mut txn, "p");
        for more in 0..4 {
            insert_task(&mut txn, "p", project.value("last_number").add(more), "x");
        }
        let before = store.db.counts();
        txn.commit().await.unwrap();
        let sent = store.db.counts() - before;
        let commands = if store.db.backend() == tasktracker_database::Backend::Postgres {
            1
        } else {
            2
        };
        assert_eq!((sent.commands, sent.commits, sent.transactions, sent.reads), (commands, 1, 1, 0));
    }
}

#[tokio::test]
async fn a_number_that_no_column_holds_is_refused() {
    for store in both().await {
        let mut txn = store.db.begin();
        insert_task(&mut txn, "p", u64::MAX, "x");
        assert!(matches!(txn.commit().await, Err(CommitError::Storage(_))));
        let mut txn = store.db.begin();
        insert_task(&mut txn, "p", u64::MAX, "x");
        assert!(txn.query_one(&all_tasks()).await.is_err());
        let mut txn = store.db.begin();
        let large = Query::select().expr(Expr::val(u64::MAX)).take();
        assert!(matches!(txn.query_one(&large).await, Err(CommitError::Storage(_))));
        let mut txn = store.db.begin();
        insert_task(&mut txn, "p", i64::MAX as u64, "x");
        txn.commit().await.unwrap();
    }
}
