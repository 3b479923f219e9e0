//! Auth away (E19, E20): UNAVAILABLE, never a yes, never a no, and nothing of it is remembered.

use std::time::Duration;

use tasktracker_identity::Access;
use tasktracker_identity::service::Credential;
use tasktracker_server::error::Code;
use tasktracker_server::{Lifecycle, Upstream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tonic::Code::{
    Aborted, Cancelled, DataLoss, DeadlineExceeded, FailedPrecondition, Internal, InvalidArgument, NotFound, OutOfRange, PermissionDenied,
    ResourceExhausted, Unauthenticated, Unavailable, Unimplemented, Unknown,
};

use crate::auth::Mood;
use crate::world::*;

#[tokio::test]
async fn a_cold_question_is_unavailable_and_nothing_of_it_is_kept() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW]);
    world.auth.state().mood = Mood::Says(Unavailable);
    unavailable(world.ask(ADA, WEB).await);
    unavailable(world.access.in_project_now(&call(ADA), WEB).await);
    unavailable(world.access.in_system(&call(ADA)).await);
    unavailable(world.access.accessible(&call(ADA), VIEW).await);
    unavailable(world.access.others_with(WEB, &[ADA], VIEW).await);
    world.auth.state().mood = Mood::Well;
    assert!(world.sees(ADA, WEB).await, "the failure was no answer");
    assert_eq!(world.list(ADA).await, [WEB]);
}

#[tokio::test]
async fn a_warm_answer_holds_its_five_seconds_and_not_longer() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW]);
    assert!(world.sees(ADA, WEB).await);
    assert_eq!(world.list(ADA).await, [WEB]);
    world.auth.state().mood = Mood::Says(Unavailable);
    world.wait(5_000);
    assert!(world.sees(ADA, WEB).await);
    assert_eq!(world.list(ADA).await, [WEB]);
    // What cannot be undone is not decided by it.
    unavailable(world.access.in_project_now(&call(ADA), WEB).await);
    world.wait(1);
    unavailable(world.ask(ADA, WEB).await);
    unavailable(world.access.accessible(&call(ADA), VIEW).await);
    world.wait(600_000);
    unavailable(world.ask(ADA, WEB).await);
}

#[tokio::test]
async fn a_change_is_believed_though_auth_went_away_after_telling_it() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW]);
    assert!(world.sees(ADA, WEB).await);
    world.auth.state().mood = Mood::Says(Unavailable);
    world.changes.apply(&crate::auth::change(3, Some(ADA), Some(WEB)));
    unavailable(world.ask(ADA, WEB).await);
}

/// Whatever Auth answers but an answer: the caller is neither let in nor told that they may not.
#[tokio::test]
async fn no_refusal_of_auth_becomes_one_of_the_caller() {
    let outages = [Unavailable, DeadlineExceeded, Cancelled, ResourceExhausted, Unauthenticated];
    let defects = [
        Internal,
        Unknown,
        PermissionDenied,
        NotFound,
        InvalidArgument,
        FailedPrecondition,
        OutOfRange,
        Aborted,
        Unimplemented,
        DataLoss,
    ];
    for code in outages.into_iter().chain(defects) {
        let world = World::new();
        world.auth.grant(ADA, Some(WEB), &[VIEW]);
        world.auth.state().mood = Mood::Says(code);
        let expected = if outages.contains(&code) {
            Code::Unavailable
        } else {
            Code::Internal
        };
        let refused = world.ask(ADA, WEB).await.expect_err("no answer");
        assert_eq!(refused.code(), expected, "{code:?}");
        let refused = world.access.accessible(&call(ADA), VIEW).await.expect_err("no answer");
        assert_eq!(refused.code(), expected, "{code:?}");
        let refused = world.access.others_with(WEB, &[ADA], VIEW).await.expect_err("no answer");
        assert_eq!(refused.code(), expected, "{code:?}");
        world.auth.state().mood = Mood::Well;
        assert!(world.sees(ADA, WEB).await, "{code:?}");
    }
}

/// E20: an Auth that takes calls and says nothing costs two seconds, not the caller's whole patience.
#[tokio::test(start_paused = true)]
async fn a_silent_auth_is_given_up_after_two_seconds() {
    let world = World::new();
    world.credential.header().await.unwrap();
    world.auth.state().mood = Mood::Silent;
    let began = tokio::time::Instant::now();
    let outcomes = futures_util::future::join_all((0..50).map(|_| world.ask(ADA, WEB))).await;
    outcomes.into_iter().for_each(unavailable);
    assert!(began.elapsed() < Duration::from_millis(2_100), "{:?}", began.elapsed());
}

/// The same where the service has no token yet: those who wait for it do not wait one after the other.
#[tokio::test(start_paused = true)]
async fn a_silent_auth_holds_nobody_up_who_waits_for_a_token() {
    let world = World::new();
    world.auth.state().credential_mood = Mood::Silent;
    let began = tokio::time::Instant::now();
    let outcomes = futures_util::future::join_all((0..50).map(|_| world.ask(ADA, WEB))).await;
    outcomes.into_iter().for_each(unavailable);
    assert!(began.elapsed() < Duration::from_millis(4_100), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_service_that_auth_does_not_know_is_unavailable_not_forbidden() {
    let world = World::new();
    for code in [Unauthenticated, Unavailable, DeadlineExceeded] {
        world.auth.state().credential_mood = Mood::Says(code);
        unavailable(world.ask(ADA, WEB).await);
    }
    assert_eq!(world.auth.asked(), 0);
}

/// An Auth in another process that dies: nobody listens, or the connection breaks before, or in the middle of, an answer.
#[tokio::test]
async fn a_broken_connection_to_auth_is_unavailable() {
    let lifecycle = Lifecycle::new();
    for bytes_first in [
        None,
        Some(b"".as_slice()),
        Some(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"),
        Some(&[0, 0, 0, 4, 0, 0, 0, 0, 0]),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        match bytes_first {
            None => drop(listener),
            Some(bytes) => lifecycle.spawn("a dying auth", async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    let mut first = [0; 64];
                    let _ = stream.read(&mut first).await;
                    let _ = stream.write_all(bytes).await;
                }
            }),
        }
        let world = World::new();
        let remote = Upstream::remote(format!("http://{address}").parse().unwrap());
        let credential = Credential::new(remote.clone(), "core", &secret(), world.clock.clone());
        let access = Access::new(credential.calling(remote.clone()), world.changes.clone(), world.clock.clone());
        unavailable(access.in_project(&call(ADA), WEB).await);
        // The same with a token in hand.
        let access = Access::new(world.credential.calling(remote), world.changes.clone(), world.clock.clone());
        unavailable(access.in_project(&call(ADA), WEB).await);
    }
    lifecycle.stop();
}
