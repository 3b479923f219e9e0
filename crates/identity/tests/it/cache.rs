//! How long an answer of Auth is used: five seconds, one second where it says nothing at all.

use tasktracker_identity::permission::PermissionSet;
use tasktracker_proto::auth::v1::consistency::Requirement;
use tasktracker_proto::auth::v1::{Consistency, Decision, Permission};

use crate::world::*;

#[tokio::test]
async fn one_question_is_asked_in_five_seconds() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW]);
    for millis in [0, 1, 2_499, 2_500] {
        world.wait(millis);
        assert!(world.sees(ADA, WEB).await);
    }
    assert_eq!(world.auth.asked(), 1, "4,999.999 ms and less");
    world.wait(1);
    assert!(world.sees(ADA, WEB).await);
    assert_eq!(world.auth.asked(), 2, "more than 5 s");
}

#[tokio::test]
async fn people_and_places_are_told_apart() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW]);
    world.auth.grant(ADA, None, &[Permission::ProjectCreate]);
    assert!(world.sees(ADA, WEB).await);
    assert!(!world.sees(ADA, OPS).await);
    assert!(!world.sees(BOB, WEB).await);
    let system = world.access.in_system(&call(ADA)).await.unwrap();
    assert!(
        system.has(Permission::ProjectCreate) && !system.has(VIEW),
        "the instance is a place of its own"
    );
    assert_eq!(world.auth.asked(), 4);
    let nowhere = world.access.in_system(&call(BOB)).await.unwrap();
    assert_eq!(nowhere.permissions(), PermissionSet::EMPTY);
}

#[tokio::test]
async fn nothing_at_all_is_believed_for_one_second_only() {
    let world = World::new();
    assert!(!world.sees(BOB, WEB).await);
    world.auth.grant(BOB, Some(WEB), &[VIEW]);
    world.wait(1_000);
    assert!(!world.sees(BOB, WEB).await, "the first answer still holds");
    assert_eq!(world.auth.asked(), 1);
    world.wait(1);
    assert!(world.sees(BOB, WEB).await);
}

#[tokio::test]
async fn a_clock_that_goes_back_makes_nothing_live_longer() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW]);
    assert!(world.sees(ADA, WEB).await);
    world.clock.set("2026-05-01T11:59:59Z".parse().unwrap());
    assert!(world.sees(ADA, WEB).await);
    assert_eq!(world.auth.asked(), 2);
}

#[tokio::test]
async fn a_persons_projects_are_kept_too_and_by_permission() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW, EDIT]);
    world.auth.grant(ADA, Some(OPS), &[VIEW]);
    assert_eq!(world.list(ADA).await, [WEB, OPS]);
    assert_eq!(world.list(ADA).await, [WEB, OPS]);
    assert!(world.list(BOB).await.is_empty());
    let editable = world.access.accessible(&call(ADA), EDIT).await.unwrap();
    assert_eq!(editable.project_ids, [WEB]);
    assert_eq!(world.auth.state().listed.len(), 3);
    world.wait(5_001);
    world.list(ADA).await;
    assert_eq!(world.auth.state().listed.len(), 4);
}

#[tokio::test]
async fn what_cannot_be_undone_is_decided_by_the_newest_data() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW]);
    assert!(world.sees(ADA, WEB).await);
    world.auth.grant(ADA, Some(WEB), &[]);
    let now = world.access.in_project_now(&call(ADA), WEB).await.unwrap();
    assert!(!now.has(VIEW));
    let question = world.auth.state().asked.last().cloned().unwrap();
    assert_eq!(
        question.consistency,
        Some(Consistency {
            requirement: Some(Requirement::FullyConsistent(true))
        })
    );
    assert!(!world.sees(ADA, WEB).await, "and what was learnt is used from then on");
}

/// E26: numbers of a newer Auth, and numbers that mean nothing.
#[tokio::test]
async fn unknown_permissions_grant_nothing() {
    let world = World::new();
    let key = (ADA, Some(WEB));
    world
        .auth
        .state()
        .grants
        .insert(key, vec![0, -1, 200, 255, 256, 100_000, i32::MAX, i32::MIN]);
    let granted = world.ask(ADA, WEB).await.unwrap();
    assert_eq!(granted.permissions(), PermissionSet::EMPTY);
    assert_eq!(granted.require(VIEW, "project").unwrap_err().message(), "project not found");
    assert!(!granted.has(Permission::Unspecified));
    world.auth.state().grants.insert(key, vec![200, VIEW as i32]);
    world.wait(1_001);
    assert!(world.sees(ADA, WEB).await, "unknown ones do no harm to known ones");
}

/// E26: only ALLOWED allows; a decision that is missing denies.
#[tokio::test]
async fn only_a_clear_yes_about_others_is_a_yes() {
    let world = World::new();
    let people = [ADA, BOB, ADA, BOB, ADA, BOB];
    let said = [Decision::Allowed, Decision::Denied, Decision::Unspecified].map(|decision| decision as i32);
    world.auth.state().decisions = [said.as_slice(), &[99, Decision::Allowed as i32]].concat();
    let answers = world.access.others_with(WEB, &people, VIEW).await.unwrap();
    assert_eq!(answers, [true, false, false, false, true, false]);
    assert!(world.access.others_with(WEB, &[], VIEW).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_hidden_and_the_forbidden_are_told_apart() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW]);
    let granted = world.ask(ADA, WEB).await.unwrap();
    granted.require(VIEW, "project").unwrap();
    let refused = granted.require(EDIT, "project").unwrap_err();
    assert_eq!(refused.metadata()["permission"], "task.update");
    let hidden = world.ask(BOB, WEB).await.unwrap();
    assert_eq!(hidden.require(EDIT, "task").unwrap_err().message(), "task not found");
    // A right without the sight of the project is worth nothing.
    world.auth.grant(BOB, Some(OPS), &[EDIT]);
    let blind = world.ask(BOB, OPS).await.unwrap();
    assert_eq!(blind.require(EDIT, "task").unwrap_err().message(), "task not found");
}
