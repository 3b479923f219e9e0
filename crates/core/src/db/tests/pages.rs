//! Pages join up to the whole list in every order, and both databases have the same one.

use sea_orm::{ActiveModelTrait, IntoActiveModel};
use serde_json::Value;
use tasktracker_database::{Id, Reader, Time, keyset};
use uuid::Uuid;

use super::filters::{PEOPLE, PROJECT, sample_tasks};
use super::store::Store;
use crate::db::entities::activity;
use crate::db::task_lists::{self, Page, Relation};
use crate::db::task_rows::TaskRow;
use crate::db::{activity_pages, filters, project_filter, project_pages, task_order};
use crate::domain::filter::Filter;
use crate::domain::order::{self, Ordering, Sort};
use crate::domain::project_list::PROJECTS_ORDER;
use crate::domain::task_list::{MY_TASKS_ORDER, PROJECT_TASKS_ORDER, TaskSort};

fn everything() -> sea_orm::Condition {
    filters::condition(&Filter::<()>::everything(), &|(), _| filters::never())
}

async fn page(reader: &Reader, mine: bool, order: &[Sort<TaskSort>], last: Option<&TaskRow>, limit: u64) -> Vec<TaskRow> {
    let keys = task_order::keys(order);
    let after = last.map(|row| {
        // As a page token carries them.
        let values: Vec<Value> = serde_json::from_str(&Value::from(task_order::values(order, row)).to_string()).unwrap();
        keyset::after(&keys, &values).unwrap()
    });
    let page = Page {
        filter: everything(),
        keys,
        after,
        limit,
    };
    if mine {
        let relations = [Relation::Assigned, Relation::Created, Relation::Watched];
        return task_lists::list_of_person(reader, PEOPLE[0], &relations, &[PROJECT], page)
            .await
            .unwrap();
    }
    task_lists::list_of_project(reader, PROJECT, PEOPLE[0], true, page)
        .await
        .unwrap()
        .unwrap()
        .rows
}

fn numbers(rows: &[TaskRow]) -> Vec<i32> {
    rows.iter().map(|row| row.number).collect()
}

/// Every field by itself in both directions, and pairs of fields that are often equal.
fn orders(ordering: &Ordering<TaskSort>) -> Vec<String> {
    let single = ordering
        .fields
        .iter()
        .flat_map(|field| [field.name.to_owned(), format!("{} desc", field.name)]);
    single
        .chain(["due, priority desc", "priority, due desc", "due desc, create_time, title desc"].map(str::to_owned))
        .collect()
}

#[tokio::test]
async fn tasks() {
    let (mut tasks, stores) = (sample_tasks(), Store::both().await);
    for (index, task) in tasks.iter_mut().enumerate() {
        // Many are equal, and the longest differ behind what decides their place.
        task.title_fold = [task.title_fold.clone(), format!("{}{index}", "ü".repeat(490)), "same".to_owned()][index % 3].clone();
        task.title.clone_from(&task.title_fold);
    }
    for store in &stores {
        store.project(PROJECT, "WEB").await;
        store.tasks(&tasks).await;
    }
    for (mine, ordering) in [(false, &PROJECT_TASKS_ORDER), (true, &MY_TASKS_ORDER)] {
        for order_by in orders(ordering) {
            let order = order::parse(&order_by, ordering).unwrap();
            let mut wholes = Vec::new();
            for store in &stores {
                let reader = store.db.reader();
                let whole = page(reader, mine, &order, None, 1000).await;
                for size in [7, 50] {
                    let mut met: Vec<TaskRow> = Vec::new();
                    loop {
                        let next = page(reader, mine, &order, met.last(), size).await;
                        if next.is_empty() {
                            break;
                        }
                        met.extend(next);
                    }
                    assert_eq!(numbers(&met), numbers(&whole), "{order_by} by {size}");
                }
                wholes.push(numbers(&whole));
            }
            assert!(wholes[0].len() > 50 && wholes.iter().all(|whole| *whole == wholes[0]), "{order_by}");
        }
    }
}

#[tokio::test]
async fn projects_and_activity() {
    for store in Store::both().await {
        let reader = store.db.reader();
        let ids: Vec<Uuid> = (1..=5).map(Uuid::from_u128).collect();
        for (id, key) in ids.iter().zip(["B", "D", "A", "E", "C"]) {
            store.project(*id, key).await;
        }
        for (order_by, expected) in [
            ("name", ["A", "B", "C", "D"]),
            ("key desc", ["D", "C", "B", "A"]),
            ("create_time desc", ["C", "A", "D", "B"]),
        ] {
            let order = order::parse(order_by, &PROJECTS_ORDER).unwrap();
            let keys = project_filter::keys(&order);
            let mut met: Vec<crate::db::entities::project::Model> = Vec::new();
            loop {
                let after = met
                    .last()
                    .map(|last| keyset::after(&keys, &project_filter::values(&order, last)).unwrap());
                let page = project_pages::Page {
                    filter: everything(),
                    keys: keys.clone(),
                    after,
                    limit: 3,
                    with_archived: false,
                };
                let visible: Vec<Uuid> = [0, 1, 2, 4].map(|index| ids[index]).to_vec();
                let next = project_pages::list(reader, &visible, &ids, page).await.unwrap();
                if next.is_empty() {
                    break;
                }
                met.extend(next);
            }
            assert_eq!(met.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), expected, "{order_by}");
        }

        let mut txn = store.db.begin();
        txn.insert_rows((1..=9).map(|seq| {
            let row = activity::Model {
                project_id: Id(PROJECT),
                seq,
                id: Id(Uuid::from_u128(u128::from(seq.unsigned_abs()))),
                task_id: Some(Id(ids[usize::from(seq % 2 == 0)])),
                comment_id: None,
                actor: "svc:core".to_owned(),
                create_time: Time(seq),
                kind: 2,
                changes: r#"[{"field": "estimate_points", "before": null, "after": 0.1}]"#.to_owned(),
                version: seq,
            };
            row.into_active_model().reset_all()
        }));
        txn.commit().await.unwrap();
        let list = async |after: Option<i64>| {
            let after = after.map(|seq| keyset::after(&activity_pages::keys(), &[seq.into()]).unwrap());
            activity_pages::list_of_task(reader, ids[0], after, 2).await.unwrap()
        };
        let first = list(None).await;
        assert_eq!(first.iter().map(|row| row.seq).collect::<Vec<_>>(), [9, 7]);
        assert_eq!(
            (first[0].changes[0].before.clone(), first[0].changes[0].after.clone()),
            (Value::Null, 0.1.into())
        );
        assert_eq!(list(Some(7)).await.iter().map(|row| row.seq).collect::<Vec<_>>(), [5, 3]);
        assert_eq!(list(Some(1)).await.len(), 0);
    }
}
