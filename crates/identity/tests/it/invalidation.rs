//! A change that Auth tells of is believed at once, and touches nobody else.

use uuid::Uuid;

use crate::auth::{change, session_ended, sign_of_life};
use crate::world::*;

/// Everybody sees everything, and that is in the cache.
async fn warm() -> World {
    let world = World::new();
    for user in [ADA, BOB] {
        for project in [WEB, OPS] {
            world.auth.grant(user, Some(project), &[VIEW]);
        }
    }
    look_at_all(&world).await;
    world.auth.state().asked.clear();
    world
}

async fn look_at_all(world: &World) {
    for user in [ADA, BOB] {
        for project in [WEB, OPS] {
            world.sees(user, project).await;
        }
        world.access.in_system(&call(user)).await.unwrap();
    }
}

/// Whom Auth is asked about again.
fn asked_again(world: &World) -> Vec<(&'static str, &'static str)> {
    let name = |id: &str| match id.parse::<Uuid>() {
        Ok(id) if id == ADA => "ada",
        Ok(id) if id == BOB => "bob",
        Ok(id) if id == WEB => "web",
        Ok(id) if id == OPS => "ops",
        _ => "system",
    };
    world
        .auth
        .state()
        .asked
        .iter()
        .map(|question| (name(&question.user_id), name(&question.project_id)))
        .collect()
}

#[tokio::test]
async fn a_change_of_one_person_in_one_project() {
    let world = warm().await;
    let revision = world.auth.grant(ADA, Some(WEB), &[]);
    world.changes.apply(&change(revision, Some(ADA), Some(WEB)));
    assert!(!world.sees(ADA, WEB).await, "at once, not after five seconds");
    look_at_all(&world).await;
    assert_eq!(asked_again(&world), [("ada", "web")]);
}

#[tokio::test]
async fn a_change_of_one_person_everywhere() {
    let world = warm().await;
    world.changes.apply(&change(world.auth.grant(ADA, Some(WEB), &[]), Some(ADA), None));
    look_at_all(&world).await;
    assert_eq!(asked_again(&world), [("ada", "web"), ("ada", "ops"), ("ada", "system")]);
}

#[tokio::test]
async fn a_change_of_one_project_for_everybody() {
    let world = warm().await;
    world.changes.apply(&change(world.auth.grant(ADA, Some(WEB), &[]), None, Some(WEB)));
    look_at_all(&world).await;
    assert_eq!(asked_again(&world), [("ada", "web"), ("bob", "web")]);
}

#[tokio::test]
async fn a_change_of_everything() {
    let world = warm().await;
    world.changes.apply(&change(world.auth.grant(ADA, Some(WEB), &[]), None, None));
    look_at_all(&world).await;
    assert_eq!(asked_again(&world).len(), 6);
}

#[tokio::test]
async fn ids_that_are_none_make_more_be_forgotten_not_less() {
    let world = warm().await;
    let mut message = change(world.auth.grant(ADA, Some(WEB), &[]), Some(ADA), Some(WEB));
    if let Some(tasktracker_proto::auth::v1::watch_changes_response::Change::AccessChanged(changed)) = &mut message.change {
        changed.user_id = "team:7".to_owned();
        changed.project_id = "?".to_owned();
    }
    world.changes.apply(&message);
    look_at_all(&world).await;
    assert_eq!(asked_again(&world).len(), 6);
}

#[tokio::test]
async fn signs_of_life_and_ended_sessions_cost_no_question() {
    let world = warm().await;
    world.changes.apply(&sign_of_life(900));
    world.changes.apply(&session_ended(901, Uuid::from_u128(1)));
    look_at_all(&world).await;
    assert!(asked_again(&world).is_empty());
}

#[tokio::test]
async fn an_answer_as_new_as_the_change_is_used() {
    let world = warm().await;
    let revision = world.auth.grant(ADA, Some(WEB), &[VIEW, EDIT]);
    world.access.in_project_now(&call(ADA), WEB).await.unwrap();
    // News of the change that the answer knows already.
    world.changes.apply(&change(revision, Some(ADA), Some(WEB)));
    world.auth.state().asked.clear();
    assert!(world.sees(ADA, WEB).await);
    assert!(asked_again(&world).is_empty());
}

#[tokio::test]
async fn lists_of_projects_forget_whatever_may_change_them() {
    for (whose, wheres) in [(Some(ADA), Some(OPS)), (Some(ADA), None), (None, Some(OPS)), (None, None)] {
        let world = warm().await;
        assert_eq!(world.list(ADA).await, [WEB, OPS]);
        let revision = world.auth.grant(ADA, Some(OPS), &[]);
        world.changes.apply(&change(revision, whose, wheres));
        assert_eq!(world.list(ADA).await, [WEB], "{whose:?} {wheres:?}");
    }
    let world = warm().await;
    world.list(ADA).await;
    world
        .changes
        .apply(&change(world.auth.grant(BOB, Some(OPS), &[]), Some(BOB), Some(OPS)));
    world.list(ADA).await;
    assert_eq!(world.auth.state().listed.len(), 1, "what happens to others is theirs");
}

#[tokio::test]
async fn whoever_listens_hears_of_it() {
    use tasktracker_identity::changes::Change;
    let world = World::new();
    let mut heard = world.changes.subscribe();
    let session_id = Uuid::from_u128(9);
    world.changes.apply(&change(2, Some(ADA), None));
    world.changes.apply(&sign_of_life(3));
    world.changes.apply(&session_ended(4, session_id));
    assert_eq!(
        heard.try_recv().unwrap(),
        Change::Access {
            user_id: Some(ADA),
            project_id: None
        }
    );
    assert_eq!(heard.try_recv().unwrap(), Change::SessionEnded { session_id });
    assert!(heard.try_recv().is_err());
    assert!(world.changes.has_ended(session_id));
    assert!(!world.changes.has_ended(Uuid::from_u128(10)));
}

/// A token lives 5 minutes and 30 seconds of leeway: so long its session must be known as ended.
#[tokio::test]
async fn an_ended_session_is_remembered_longer_than_its_tokens_live() {
    let world = World::new();
    let session = Uuid::from_u128(9);
    world.changes.apply(&session_ended(2, session));
    world.wait(331_000);
    world.changes.apply(&sign_of_life(3));
    assert!(world.changes.has_ended(session));
    world.wait(600_000);
    world.changes.apply(&sign_of_life(4));
    assert!(!world.changes.has_ended(session), "and then forgotten");
}
