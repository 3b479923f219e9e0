//! `x-authz-min-revision` (E16, E23): whoever changed something, and says so, is answered on data at least that new.

use tasktracker_proto::auth::v1::consistency::Requirement;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::error::Code;

use crate::world::*;

#[tokio::test]
async fn an_older_answer_is_not_used() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW]);
    assert!(world.sees(ADA, WEB).await);
    assert_eq!(world.list(ADA).await, [WEB]);
    // No news of the change has come yet: the demand alone must do.
    let revision = world.auth.grant(ADA, Some(WEB), &[]);
    let demanding = call_from(ADA, revision.to_string().as_bytes());
    assert!(!world.access.in_project(&demanding, WEB).await.unwrap().has(VIEW));
    assert!(world.access.accessible(&demanding, VIEW).await.unwrap().project_ids.is_empty());
    let consistency = world.auth.state().asked.last().unwrap().consistency.unwrap();
    assert_eq!(consistency.requirement, Some(Requirement::AtLeastRevision(revision)));
    let consistency = world.auth.state().listed.last().unwrap().consistency.unwrap();
    assert_eq!(consistency.requirement, Some(Requirement::AtLeastRevision(revision)));
}

#[tokio::test]
async fn a_thousand_revocations_are_seen_a_thousand_times() {
    let world = World::new();
    for _ in 0..1_000 {
        world.auth.grant(ADA, Some(WEB), &[VIEW]);
        world.wait(10_000);
        assert!(world.sees(ADA, WEB).await);
        let revision = world.auth.grant(ADA, Some(WEB), &[]);
        let demanding = call_from(ADA, revision.to_string().as_bytes());
        assert!(!world.access.in_project(&demanding, WEB).await.unwrap().has(VIEW));
    }
}

#[tokio::test]
async fn an_answer_new_enough_is_used() {
    let world = World::new();
    let revision = world.auth.grant(ADA, Some(WEB), &[VIEW]);
    for text in [revision.to_string(), "1".to_owned(), "0".to_owned()] {
        let granted = world.access.in_project(&call_from(ADA, text.as_bytes()), WEB).await.unwrap();
        assert!(granted.has(VIEW));
        assert_eq!(granted.revision, revision);
    }
    assert_eq!(world.auth.asked(), 1);
}

#[tokio::test]
async fn what_is_no_revision_is_refused_before_anything_is_asked() {
    let world = World::new();
    let texts: [&[u8]; 10] = [
        b"abc",
        b"",
        b"-1",
        b"1.5",
        b"0x10",
        b" 7",
        b"9223372036854775808",
        b"1e3",
        b"\xd9\xa3",
        b"99999999999999999999999999999999",
    ];
    for text in texts {
        let demanding = call_from(ADA, text);
        for refused in [
            world.access.in_project(&demanding, WEB).await.map(drop),
            world.access.in_project_now(&demanding, WEB).await.map(drop),
            world.access.in_system(&demanding).await.map(drop),
            world.access.accessible(&demanding, VIEW).await.map(drop),
        ] {
            let refused = refused.expect_err("refused");
            assert_eq!(
                (refused.code(), refused.reason()),
                (Code::InvalidArgument, ErrorReason::InvalidFields),
                "{text:?}"
            );
        }
    }
    assert_eq!(world.auth.asked() + world.auth.state().listed.len(), 0);
}

#[tokio::test]
async fn a_revision_of_the_future_is_refused_and_spoils_nothing() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW]);
    assert!(world.sees(ADA, WEB).await);
    for text in ["1000000", "9223372036854775807"] {
        let demanding = call_from(ADA, text.as_bytes());
        for refused in [
            world.access.in_project(&demanding, WEB).await.map(drop),
            world.access.in_system(&demanding).await.map(drop),
            world.access.accessible(&demanding, VIEW).await.map(drop),
        ] {
            let refused = refused.expect_err("refused");
            assert_eq!(
                (refused.code(), refused.reason()),
                (Code::FailedPrecondition, ErrorReason::RevisionUnknown)
            );
        }
    }
    let asked = world.auth.asked();
    assert!(world.sees(ADA, WEB).await);
    assert_eq!(world.auth.asked(), asked, "the answer in the cache is still good");
}
