//! Lists stay quick when there is much: how SQLite goes about them.

use sea_orm::sea_query::{SelectStatement, SqliteQueryBuilder};
use sea_orm::{ConnectionTrait, Statement};
use tasktracker_database::{Database, Id, keyset};
use uuid::Uuid;

use super::store::{Store, task};
use crate::db::task_lists::{self, Page, Relation};
use crate::db::{filters, task_order, tasks};
use crate::domain::filter::Filter;
use crate::domain::order::{self, Ordering};
use crate::domain::task_list::{MY_TASKS_ORDER, PROJECT_TASKS_ORDER, TaskSort};

const PROJECTS: [Uuid; 3] = [Uuid::from_u128(0x11), Uuid::from_u128(0x12), Uuid::from_u128(0x13)];
const ADA: Uuid = Uuid::from_u128(0x21);
const TIM: Uuid = Uuid::from_u128(0x22);

/// Three projects with 10,000 tasks; every hundredth one is Ada's.
async fn crowded() -> Store {
    let store = Store::sqlite().await;
    for (index, project_id) in PROJECTS.into_iter().enumerate() {
        store.project(project_id, &format!("P{index}")).await;
    }
    let tasks: Vec<_> = (0..10_000)
        .map(|number| {
            let assignee = if number % 100 == 0 { ADA } else { TIM };
            let mut task = task(PROJECTS[usize::try_from(number).unwrap() % 3], number);
            task.assignee_ids = format!("[\"{assignee}\"]");
            task.creator_id = Id(assignee);
            task
        })
        .collect();
    store.tasks(&tasks).await;
    store
}

fn page(order_by: &str, ordering: &Ordering<TaskSort>, after: Option<&[serde_json::Value]>) -> Page {
    let keys = task_order::keys(&order::parse(order_by, ordering).unwrap());
    let after = after.map(|values| keyset::after(&keys, values).unwrap());
    Page {
        filter: filters::condition(&Filter::<()>::everything(), &|(), _| filters::never()),
        keys,
        after,
        limit: 51,
    }
}

async fn plan(db: &Database, select: &SelectStatement) -> String {
    let (sql, values) = select.build(SqliteQueryBuilder);
    let explain = Statement::from_sql_and_values(db.backend(), format!("EXPLAIN QUERY PLAN {sql}"), values);
    let steps = db.reader().query_all_raw(explain).await.unwrap();
    steps
        .iter()
        .map(|step| step.try_get::<String>("", "detail").unwrap())
        .collect::<Vec<_>>()
        .join("\n")
}

#[tokio::test]
async fn a_project_is_listed_along_an_index() {
    let Store { db, .. } = &crowded().await;
    let of_project = |page| task_lists::of_project(db.backend(), PROJECTS[0], ADA, false, page);
    for order_by in ["", "rank desc", "number", "create_time", "update_time desc"] {
        for token in [false, true] {
            let after = match order_by {
                "" | "rank desc" => vec![serde_json::json!("h0000000500")],
                "number" => vec![serde_json::json!(500)],
                _ => vec![serde_json::json!(500), serde_json::json!(ADA)],
            };
            let plan = plan(db, &of_project(page(order_by, &PROJECT_TASKS_ORDER, token.then_some(&after[..])))).await;
            assert!(
                !plan.contains("TEMP B-TREE") && !plan.contains("SCAN tasks"),
                "{order_by:?}:\n{plan}"
            );
            assert_eq!(
                plan.contains("(project_id=? AND "),
                token,
                "pages begin where the last one ended, {order_by:?}:\n{plan}"
            );
        }
    }
}

#[tokio::test]
async fn a_persons_list_begins_with_the_persons_rows() {
    let store = crowded().await;
    let db = &store.db;
    use Relation::{Assigned, Created, Watched};
    for relations in [&[Assigned] as &[Relation], &[Created], &[Watched], &[Assigned, Created, Watched]] {
        for order_by in ["", "create_time desc", "priority, title"] {
            let select = task_lists::of_person(db.backend(), ADA, relations, &PROJECTS, page(order_by, &MY_TASKS_ORDER, None));
            let plan = plan(db, &select).await;
            assert!(!plan.contains("SCAN tasks"), "{relations:?} {order_by:?}:\n{plan}");
            assert!(
                plan.contains("SEARCH tasks USING INDEX sqlite_autoindex_tasks_1 (id=?)"),
                "{relations:?} {order_by:?}:\n{plan}"
            );
        }
    }
    let found = task_lists::list_of_person(db.reader(), ADA, &[Assigned], &PROJECTS[..2], page("", &MY_TASKS_ORDER, None))
        .await
        .unwrap();
    let mine: Vec<i32> = (0..10_000).step_by(100).filter(|number| number % 3 < 2).take(51).collect();
    assert_eq!(
        found.iter().map(|row| row.number).collect::<Vec<_>>(),
        mine,
        "of the projects that are seen, the oldest first"
    );
    let elsewhere = task_lists::list_of_person(db.reader(), ADA, &[Assigned], &[], page("", &MY_TASKS_ORDER, None))
        .await
        .unwrap();
    assert_eq!(elsewhere.len(), 0);
    assert_eq!(tasks::list_by_ids(db.reader(), &[found[0].id]).await.unwrap().len(), 1);
}
