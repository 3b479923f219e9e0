//! Jobs come with their transaction, once, at their time.

use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use tasktracker_jobs::NewJob;

use crate::world::{Diary, Gate, Store, a_while, done, eventually, job};

#[tokio::test]
async fn a_job_exists_only_with_its_transaction() {
    for store in Store::both().await {
        let node = store.node().await;
        let diary = Diary::default();
        node.on("k", diary.handler());
        node.jobs.start();

        let mut dropped = node.db.begin();
        node.jobs.enqueue(&mut dropped, job("k"));
        drop(dropped);

        let mut failed = node.db.begin();
        node.jobs.enqueue(&mut failed, job("k"));
        let nothing = Query::update()
            .table("schedules")
            .value("paused", true)
            .and_where(Expr::col("name").eq("none"))
            .take();
        failed.guarded_update(nothing);
        failed.commit().await.unwrap_err();

        let kept = node.enqueue(job("k")).await;
        node.until(kept, "succeeded").await;
        a_while().await;
        assert_eq!(diary.ids(), [kept]);
        assert_eq!(node.rows().await.len(), 1);
    }
}

#[tokio::test]
async fn each_job_is_done_once() {
    for store in Store::both().await {
        let node = store.node().await;
        let diary = Diary::default();
        node.on("k", diary.handler());
        node.jobs.start();
        let mut ids = Vec::new();
        for _ in 0..10 {
            let mut txn = node.db.begin();
            for number in 0..20 {
                ids.push(node.jobs.enqueue(&mut txn, NewJob::new("k", &number)));
            }
            txn.commit().await.unwrap();
            node.jobs.wake();
        }
        node.until_count("succeeded", 200).await;
        let mut done = diary.ids();
        done.sort_unstable();
        assert_eq!(done, ids);
        let row = &node.rows().await[0];
        assert_eq!((row.attempt, row.finish_time), (1, Some(node.now())));
    }
}

#[tokio::test]
async fn no_two_unfinished_jobs_share_a_key() {
    for store in Store::both().await {
        let node = store.node().await;
        let gate = Gate::closed();
        node.on("k", gate.handler(done));

        // Twice in one transaction, and in many at once.
        let mut txn = node.db.begin();
        let first = node.jobs.enqueue(&mut txn, job("k").unique("a"));
        node.jobs.enqueue(&mut txn, job("k").unique("a"));
        node.jobs.enqueue(&mut txn, job("k").unique("b"));
        txn.commit().await.unwrap();
        let more = (0..8).map(|_| node.enqueue(job("k").unique("a")));
        futures_util::future::join_all(more).await;
        assert_eq!(node.rows().await.len(), 2);

        // While it runs, too.
        node.jobs.start();
        gate.until_begun(2).await;
        node.enqueue(job("k").unique("a")).await;
        assert_eq!(node.rows().await.len(), 2);

        // Once it is done, its key is free; without a key there is no limit.
        gate.open(2);
        node.until(first, "succeeded").await;
        node.until_count("succeeded", 2).await;
        let second = node.enqueue(job("k").unique("a")).await;
        node.enqueue(job("k")).await;
        node.enqueue(job("k")).await;
        gate.open(3);
        node.until(second, "succeeded").await;
        node.until_count("succeeded", 5).await;
    }
}

#[tokio::test]
async fn a_job_waits_for_its_time() {
    for store in Store::both().await {
        let node = store.node().await;
        let diary = Diary::default();
        node.on("k", diary.handler());
        node.jobs.start();
        let late = node.enqueue(job("k").at("2026-05-01T13:00:00Z".parse().unwrap())).await;
        let soon = node.enqueue(job("k").after(Duration::from_secs(60))).await;
        let past = node.enqueue(job("k").at("2020-01-01T00:00:00Z".parse().unwrap())).await;
        node.until(past, "succeeded").await;
        node.wait(59);
        a_while().await;
        assert_eq!(diary.ids(), [past]);
        node.wait(1);
        node.until(soon, "succeeded").await;
        node.wait(60 * 60);
        node.until(late, "succeeded").await;
        assert_eq!(diary.ids(), [past, soon, late]);
    }
}

#[tokio::test]
async fn a_job_is_found_without_being_told_of() {
    for store in Store::both().await {
        let (node, other) = (store.node().await, store.node().await);
        let diary = Diary::default();
        node.on("k", diary.handler());
        node.jobs.start();
        a_while().await;
        other.enqueue(job("k")).await;
        eventually("it is done", async || diary.len() == 1).await;
    }
}

#[tokio::test]
async fn a_kind_that_nobody_does_here_waits() {
    for store in Store::both().await {
        let node = store.node().await;
        let diary = Diary::default();
        node.on("k", diary.handler());
        node.jobs.start();
        let unknown = node.enqueue(job("of the next release").priority(10)).await;
        let known = node.enqueue(job("k")).await;
        node.until(known, "succeeded").await;
        assert_eq!(node.row(unknown).await.state, "ready");
        node.on("of the next release", diary.handler());
        node.until(unknown, "succeeded").await;
    }
}

#[tokio::test]
async fn many_waiting_jobs_are_no_burden() {
    let store = Store::sqlite().await;
    let node = store.node().await;
    let tomorrow = "2026-05-02T12:00:00Z".parse().unwrap();
    for _ in 0..20 {
        let mut txn = node.db.begin();
        for number in 0..1000 {
            node.jobs
                .enqueue(&mut txn, NewJob::new("k", &number).at(tomorrow).priority(number % 3));
        }
        txn.commit().await.unwrap();
    }
    let diary = Diary::default();
    node.on("k", diary.handler());
    node.jobs.start();
    a_while().await;
    // A look is one search in an index.
    let before = node.db.counts();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let after = node.db.counts();
    assert!(after.reads - before.reads <= 60, "{before:?} {after:?}");
    assert_eq!(after.transactions, before.transactions, "nothing is written");
    let urgent = node.enqueue(NewJob::new("k", &0)).await;
    node.until(urgent, "succeeded").await;
}
