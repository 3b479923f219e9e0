//! The stream of changes: followed, resumed, and after a gap everything is forgotten.

use std::time::Duration;

use tasktracker_identity::changes::Change;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Lifecycle;
use tonic::Code;
use uuid::Uuid;

use crate::auth::{Mood, Word, change, session_ended, sign_of_life};
use crate::world::*;

const SESSION: Uuid = Uuid::from_u128(0x5e55);

fn follow(world: &World, words: &[&[Word]]) -> Lifecycle {
    world.auth.state().words = words.iter().map(|words| words.to_vec()).collect();
    let lifecycle = Lifecycle::new();
    world.changes.follow(world.as_service(), &lifecycle);
    lifecycle
}

/// Waits for what happens in the background; the paused clock makes it quick.
async fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..10_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never");
}

#[tokio::test(start_paused = true)]
async fn changes_are_heard_and_after_a_break_the_stream_goes_on_where_it_was() {
    let world = World::new();
    let mut heard = world.changes.subscribe();
    let first = [Word::Change(sign_of_life(5)), Word::Change(change(6, Some(ADA), None)), Word::End];
    let second = [
        Word::Change(session_ended(7, SESSION)),
        Word::Refuse(Code::Unavailable, ErrorReason::ShuttingDown),
    ];
    let lifecycle = follow(&world, &[&first, &second, &[]]);
    world.changes.ready().await;
    until(|| world.auth.state().opened.len() >= 3).await;
    assert_eq!(world.auth.state().opened[..3], [0, 6, 7]);
    assert_eq!(
        heard.recv().await.unwrap(),
        Change::Access {
            user_id: Some(ADA),
            project_id: None
        }
    );
    assert_eq!(heard.recv().await.unwrap(), Change::SessionEnded { session_id: SESSION });
    assert_eq!(world.changes.least_revision(ADA, Some(WEB)), 6);
    lifecycle.stop();
    lifecycle.finished().await.unwrap();
}

/// I4: what was missed cannot be known, so nothing that was known is believed.
#[tokio::test(start_paused = true)]
async fn a_gap_makes_everything_be_forgotten() {
    let world = World::new();
    let old = world.auth.grant(ADA, Some(WEB), &[VIEW]);
    assert!(world.sees(ADA, WEB).await);
    assert_eq!(world.list(ADA).await, [WEB]);
    let mut heard = world.changes.subscribe();
    world.auth.grant(ADA, Some(WEB), &[]);
    let gap = [
        Word::Change(sign_of_life(old)),
        Word::Refuse(Code::OutOfRange, ErrorReason::ResumeTokenExpired),
    ];
    let lifecycle = follow(&world, &[&gap, &[Word::Change(sign_of_life(old + 50))]]);
    assert_eq!(heard.recv().await.unwrap(), Change::Flushed);
    assert!(!world.sees(ADA, WEB).await);
    assert!(world.list(ADA).await.is_empty());
    until(|| world.auth.state().opened.len() >= 2).await;
    assert_eq!(
        world.auth.state().opened[..2],
        [0, 0],
        "from now on, not from the revision that is gone"
    );
    assert!(!world.sees(ADA, WEB).await);
    lifecycle.stop();
    lifecycle.finished().await.unwrap();
}

/// Between the gap and Auth's next word nothing can be kept, but Auth can be asked.
#[tokio::test(start_paused = true)]
async fn after_a_gap_answers_are_used_and_kept_again() {
    let world = World::new();
    let revision = world.auth.grant(ADA, Some(WEB), &[VIEW]);
    let gap = [Word::Refuse(Code::OutOfRange, ErrorReason::ResumeTokenExpired)];
    let mut heard = world.changes.subscribe();
    let lifecycle = follow(&world, &[&gap, &[Word::Change(sign_of_life(revision))]]);
    assert_eq!(heard.recv().await.unwrap(), Change::Flushed);
    assert!(world.sees(ADA, WEB).await);
    world.changes.ready().await;
    assert!(world.sees(ADA, WEB).await);
    let asked = world.auth.asked();
    assert!(world.sees(ADA, WEB).await);
    assert_eq!(world.auth.asked(), asked, "kept again");
    lifecycle.stop();
    lifecycle.finished().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_is_opened_again() {
    let world = World::new();
    let lifecycle = follow(&world, &[&[Word::Change(sign_of_life(5))], &[]]);
    until(|| world.auth.state().opened.len() >= 2).await;
    assert_eq!(world.auth.state().opened[..2], [0, 5]);
    lifecycle.stop();
    lifecycle.finished().await.unwrap();
}

/// An Auth that takes the call and never answers it must not keep a service deaf for ever.
#[tokio::test(start_paused = true)]
async fn a_stream_that_never_opens_is_given_up() {
    let world = World::new();
    world.auth.state().opening_mood = Mood::Silent;
    let lifecycle = follow(&world, &[&[Word::Change(session_ended(5, SESSION))]]);
    until(|| world.changes.has_ended(SESSION)).await;
    lifecycle.stop();
    lifecycle.finished().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_absent_auth_is_asked_again_but_not_in_a_storm() {
    let world = World::new();
    world.auth.state().credential_mood = Mood::Says(Code::Unavailable);
    let lifecycle = follow(&world, &[&[Word::Change(session_ended(5, SESSION))]]);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let tries = world.auth.state().tokens;
    assert!((20..60).contains(&tries), "{tries} tries in a minute");
    world.auth.state().credential_mood = Mood::Well;
    until(|| world.changes.has_ended(SESSION)).await;
    lifecycle.stop();
    lifecycle.finished().await.unwrap();
}
