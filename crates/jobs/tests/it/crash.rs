//! Processes that are killed at any moment lose no job, leave none behind, and leave nothing half done.

use std::time::Duration;

use proptest::prelude::*;
use sea_orm::sea_query::{Expr, Query};
use tasktracker_database::Id;
use tasktracker_jobs::{NewJob, Options, Outcome};

use crate::world::{Node, Store, does, eventually, options};

/// What a job leaves: a row, in a transaction of its own.
fn working(node: &Node) {
    let db = node.db.clone();
    node.on(
        "k",
        does(move |job| {
            let db = db.clone();
            async move {
                let mut txn = db.begin();
                let insert = Query::insert()
                    .into_table("schedule_fires")
                    .columns(["name", "slot_time", "job_id"])
                    .values_panic([
                        Expr::val(job.id.to_string()),
                        // Far from what is too old to be kept.
                        Expr::val(i64::MAX - i64::from(job.attempt)),
                        Expr::val(Id(job.id)),
                    ])
                    .take();
                txn.insert(insert);
                txn.commit().await?;
                Ok(Outcome::Done)
            }
        }),
    );
}

/// Lives of processes, in milliseconds; the last one is allowed to finish.
async fn survives(store: Store, lives: Vec<u64>, grouped: bool) {
    let jobs = 60;
    {
        let node = store.node().await;
        let mut txn = node.db.begin();
        for number in 0..jobs {
            let job = NewJob::new("k", &number).max_attempts(1000).unique(format!("u{number}"));
            let job = if grouped { job.group(format!("g{}", number % 7)) } else { job };
            node.jobs.enqueue(&mut txn, job);
        }
        txn.commit().await.unwrap();
    }
    for life in lives {
        let at = store.clone();
        let crashed = tokio::task::spawn_blocking(move || {
            let process = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            process.block_on(async {
                let node = begun(&at).await;
                tokio::time::sleep(Duration::from_millis(life)).await;
                node.killed();
            });
            process.shutdown_timeout(Duration::from_secs(5));
        });
        crashed.await.unwrap();
        store.clock.advance(Duration::from_secs(120));
    }
    let last = begun(&store).await;
    eventually("all are done", async || {
        // Leases and pauses run out.
        store.clock.advance(Duration::from_secs(5));
        last.count("succeeded").await == jobs
    })
    .await;
    let rows = last.rows().await;
    assert_eq!(rows.len(), jobs);
    let effects = last
        .numbers(
            &Query::select()
                .expr(Expr::cust("count(distinct name)"))
                .from("schedule_fires")
                .take(),
        )
        .await;
    assert_eq!(effects, [i64::try_from(jobs).unwrap()]);
    assert!(rows.iter().all(|row| row.live_key.is_none()));
    last.stop().await;
}

async fn begun(store: &Store) -> Node {
    let quick = Options {
        lease: Duration::from_millis(300),
        ..options()
    };
    let node = store.node_on(store.open().await, quick);
    working(&node);
    node.jobs.start();
    node
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 4, ..ProptestConfig::default() })]

    #[test]
    fn on_sqlite(lives in prop::collection::vec(0..60_u64, 1..4), grouped: bool) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async { survives(Store::sqlite().await, lives, grouped).await });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() {
    for (lives, grouped) in [(vec![5, 20], false), (vec![40, 3, 15], true)] {
        if let Some(store) = Store::postgres().await {
            survives(store, lives, grouped).await;
        }
    }
}
