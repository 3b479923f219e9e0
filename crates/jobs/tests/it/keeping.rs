//! How long rows are kept.

use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use tasktracker_jobs::Options;

use crate::world::{Diary, Store, eventually, job, options};

const DAY: u64 = 24 * 60 * 60;

#[tokio::test]
async fn finished_jobs_go_after_a_week_and_failed_ones_after_a_month() {
    for store in Store::both().await {
        let quick = Options {
            lease: Duration::from_millis(60),
            ..options()
        };
        let node = store.node_on(store.open().await, quick);
        node.on("k", Diary::default().handler());
        let mut ids = Vec::new();
        for state in ["succeeded", "failed", "canceled"] {
            let id = node.enqueue(job("other")).await;
            let update = Query::update()
                .table("jobs")
                .value("state", state)
                .value("finish_time", node.now())
                .and_where(Expr::col("id").eq(tasktracker_database::Id(id)))
                .take();
            node.meddle(update).await;
            ids.push(id);
        }
        // Enqueued long ago, but not finished.
        let waiting = node.enqueue(job("other")).await;
        let left = async || node.rows().await.into_iter().map(|row| row.id.0).collect::<Vec<_>>();
        node.jobs.start();
        node.wait(7 * DAY - 3601);
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(left().await, [ids[0], ids[1], ids[2], waiting]);
        node.wait(3601 + 3601);
        eventually("a week is over", async || left().await == [ids[1], waiting]).await;
        node.wait(23 * DAY + 3601);
        eventually("a month is over", async || left().await == [waiting]).await;
    }
}
