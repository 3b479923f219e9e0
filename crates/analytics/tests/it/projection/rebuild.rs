//! Counting anew on a real store, while numbers are read.

use std::sync::Arc;

use tasktracker_analytics::domain::days::Asked;
use tasktracker_analytics::numbers::Numbers;
use tasktracker_analytics::store::{DocumentStore, Fields, SharedStore, SqlStore, all_in};
use tasktracker_database::{Database, Settings};
use tasktracker_server::Lifecycle;

use super::history::{self, Deed, DueKind, History};
use super::projection;
use crate::store::sql::postgres;

fn busy() -> History {
    let mut deeds = Vec::new();
    for n in 0..40_usize {
        deeds.push((
            500,
            Deed::Create {
                project: n as u128 % 2,
                creator: n as u128 % 3,
                category: 2,
            },
        ));
        deeds.push((
            500,
            Deed::Assign {
                task: n,
                people: [n as u128 % 3].into(),
            },
        ));
        deeds.push((
            500,
            Deed::Due {
                task: n,
                due: DueKind::Time {
                    minutes: n as i64 * 37,
                    zone: n % 5,
                },
            },
        ));
        deeds.push((
            500,
            Deed::Status {
                task: n / 2,
                category: 1 + n as i32 % 6,
                second: false,
            },
        ));
    }
    deeds.push((500, Deed::Zone { project: 0, zone: 1 }));
    History::of(&deeds)
}

async fn documents(store: &dyn DocumentStore, generation: &str) -> Vec<(String, Fields)> {
    let range = (format!("{generation}|"), format!("{generation}}}"));
    let all = all_in(store, &range).await.unwrap();
    all.into_iter()
        .map(|document| (document.id[generation.len()..].to_owned(), document.fields))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_makes_the_same_documents_while_numbers_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open(&Settings::sqlite(folder.path()), "analytics", &Lifecycle::new())
        .await
        .unwrap();
    tasktracker_analytics::migrate(&db).await.unwrap();
    check(db).await;
    if let Some(db) = postgres().await {
        check(db).await;
    }
}

async fn check(db: Database) {
    recounted(Arc::new(SqlStore::new(db))).await;
}

/// Counts a history, counts it anew on this empty store while numbers are read, and goes on.
pub async fn recounted(store: SharedStore) {
    let projection = projection(store.clone());
    let history = busy();
    for batch in history.events.chunks(7) {
        projection.count(batch).await.unwrap();
    }
    let live = documents(&*store, "g1").await;
    assert!(live.len() > 60, "{}", live.len());

    let numbers = Numbers::new(store.clone());
    let asked = Asked::read("2026-03-01", "2026-05-31").unwrap();
    let read = async || {
        let project = numbers.of_project(history::project_id(0), asked, history.end).await.unwrap();
        let user = numbers
            .of_user(
                history::user_id(1),
                &[history::project_id(0), history::project_id(1)],
                asked,
                history.end,
            )
            .await
            .unwrap();
        (project, user)
    };
    let before = read().await;
    let rebuilding = async {
        for generation in 2..=4 {
            let rebuilt = projection.rebuild().await.unwrap();
            assert_eq!((rebuilt.generation, rebuilt.events), (generation, history.events.len() as u64));
        }
    };
    let reading = async {
        for _ in 0..200 {
            assert_eq!(read().await, before);
        }
    };
    tokio::join!(rebuilding, reading);
    assert_eq!(documents(&*store, "g4").await, live);
    assert_eq!(documents(&*store, "g3").await, []);

    // And it goes on from there.
    projection.count(&history.events[..5]).await.unwrap();
    assert_eq!(documents(&*store, "g4").await, live);
}
