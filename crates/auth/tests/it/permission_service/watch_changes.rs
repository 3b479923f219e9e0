//! WatchChanges: every change, in order, without a gap, also for who was away.

use std::time::Duration;

use tasktracker_proto::auth::v1::watch_changes_response::Change;
use tasktracker_proto::auth::v1::{SignOutRequest, WatchChangesRequest, WatchChangesResponse};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;
use tonic::{Status, Streaming};

use crate::world::{Person, World, invalid, refused};

async fn watch(world: &World, after_revision: i64) -> Result<Streaming<WatchChangesResponse>, Status> {
    Ok(world
        .permissions()
        .watch_changes(WatchChangesRequest { after_revision })
        .await?
        .into_inner())
}

async fn next(stream: &mut Streaming<WatchChangesResponse>) -> WatchChangesResponse {
    tokio::time::timeout(Duration::from_secs(3), stream.message())
        .await
        .expect("in time")
        .unwrap()
        .expect("goes on")
}

/// Who and where, or nothing for a sign of life.
fn access(message: &WatchChangesResponse) -> Option<(String, String)> {
    match message.change.clone()? {
        Change::AccessChanged(changed) => Some((changed.user_id, changed.project_id)),
        Change::SessionEnded(ended) => Some((ended.user_id, ended.session_id)),
    }
}

#[tokio::test]
async fn who_starts_now_hears_the_present_revision_and_then_every_change() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[]).await;
    let mut stream = watch(&world, 0).await.unwrap();
    let first = next(&mut stream).await;
    assert_eq!((first.revision, first.change), (world.count("access_changes").await + 1, None));

    let member = world.add(&owner, &project, &tim, "viewer").await.unwrap();
    world.set_role(&owner, &member, "commenter").await.unwrap();
    world.sessions().sign_out(tim.asks(SignOutRequest {})).await.unwrap();
    let wanted = [
        (tim.id.clone(), project.clone()),
        (tim.id.clone(), project),
        (tim.id.clone(), tim.session_id.clone()),
    ];
    for (step, wanted) in (1..).zip(wanted) {
        let message = next(&mut stream).await;
        assert_eq!(message.revision, first.revision + step);
        assert_eq!(access(&message), Some(wanted));
    }
}

#[tokio::test]
async fn who_was_away_misses_nothing_and_may_stop_anywhere() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let people = [world.member("A").await, world.member("B").await, world.member("C").await];
    let mut stream = watch(&world, 0).await.unwrap();
    let start = next(&mut stream).await.revision;
    drop(stream);
    let project = world
        .project(&owner, &[(&people[0], "viewer"), (&people[1], "viewer"), (&people[2], "viewer")])
        .await;

    // One message a connection, resumed from what was received.
    let mut heard = Vec::new();
    let mut last = start;
    while heard.len() < 4 {
        let mut stream = watch(&world, last).await.unwrap();
        let message = next(&mut stream).await;
        assert!(message.revision == last + 1, "no gap, and nothing skipped by a sign of life");
        last = message.revision;
        heard.extend(access(&message));
    }
    let wanted: Vec<(String, String)> = [&owner, &people[0], &people[1], &people[2]]
        .iter()
        .map(|person: &&Person| (person.id.clone(), project.clone()))
        .collect();
    assert_eq!(heard, wanted);
    let mut stream = watch(&world, last).await.unwrap();
    let caught_up = next(&mut stream).await;
    assert_eq!((caught_up.revision, caught_up.change), (last, None));
}

#[tokio::test]
async fn what_is_no_longer_kept_or_never_was_is_told() {
    let world = World::empty().await;
    let owner = world.owner().await;
    world.project(&owner, &[]).await;
    let present = world.count("access_changes").await + 1;
    refused(watch(&world, present + 1).await, Code::OutOfRange, ErrorReason::ResumeTokenExpired);
    invalid(watch(&world, -1).await, "after_revision");
    assert!(watch(&world, present).await.is_ok());
    assert!(watch(&world, 1).await.is_ok());

    let mut txn = world.db.begin();
    let forget = sea_orm::sea_query::Query::delete()
        .from_table("access_changes")
        .and_where(sea_orm::sea_query::ExprTrait::lt(
            sea_orm::sea_query::Expr::col("revision"),
            present,
        ))
        .take();
    txn.delete(forget);
    txn.commit().await.unwrap();
    refused(watch(&world, 1).await, Code::OutOfRange, ErrorReason::ResumeTokenExpired);
    assert!(watch(&world, present - 1).await.is_ok());
}

#[tokio::test]
async fn a_stopping_process_ends_its_streams() {
    let world = World::empty().await;
    let mut stream = watch(&world, 0).await.unwrap();
    next(&mut stream).await;
    world.lifecycle.stop();
    let ended = tokio::time::timeout(Duration::from_secs(2), stream.message()).await.unwrap();
    refused(ended, Code::Unavailable, ErrorReason::ShuttingDown);
}
