//! BatchCheck: many decisions at one revision, in the order asked.

use tasktracker_proto::auth::v1::{BatchCheckRequest, CheckRequest, Decision, Permission};

use super::check::check;
use crate::world::{Person, World, invalid};

#[tokio::test]
async fn checks_are_answered_in_the_order_asked() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[(&tim, "commenter")]).await;
    let nobody = Person {
        id: world.new_id(),
        ..tim.clone()
    };
    let asked = [
        (check(&tim, &project, Permission::CommentCreate), Decision::Allowed),
        (check(&tim, &project, Permission::TaskUpdate), Decision::Denied),
        (check(&tim, &project, Permission::CommentCreate), Decision::Allowed),
        (check(&owner, &project, Permission::TaskUpdate), Decision::Allowed),
        (check(&tim, &world.new_id(), Permission::ProjectView), Decision::Denied),
        (check(&nobody, &project, Permission::ProjectView), Decision::Denied),
        (check(&tim, "", Permission::ProjectCreate), Decision::Allowed),
        (check(&tim, "", Permission::UserManage), Decision::Denied),
        (check(&owner, "", Permission::TaskUpdate), Decision::Denied),
        (
            check(&owner, "00000000-0000-0000-0000-000000000000", Permission::ProjectView),
            Decision::Denied,
        ),
    ];
    let checks = asked.iter().map(|(check, _)| check.clone()).collect();
    let answer = world
        .permissions()
        .batch_check(BatchCheckRequest { checks, consistency: None })
        .await
        .unwrap()
        .into_inner();
    let wanted: Vec<Decision> = asked.iter().map(|(_, decision)| *decision).collect();
    assert_eq!(answer.decisions().collect::<Vec<_>>(), wanted);
    // Each alone says the same.
    for (request, decision) in asked {
        let one = world.permissions().check(request).await.unwrap().into_inner();
        assert_eq!((one.decision(), one.revision), (decision, answer.revision));
    }
}

#[tokio::test]
async fn what_breaks_a_rule_is_named() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let good = || check(&owner, "", Permission::ProjectCreate);
    let batch = |checks| BatchCheckRequest { checks, consistency: None };
    invalid(world.permissions().batch_check(batch(vec![])).await, "checks");
    invalid(world.permissions().batch_check(batch(vec![good(); 101])).await, "checks");
    world.permissions().batch_check(batch(vec![good(); 100])).await.unwrap();
    let odd = CheckRequest {
        permission: 9999,
        ..good()
    };
    invalid(
        world.permissions().batch_check(batch(vec![good(), odd])).await,
        "checks[1].permission",
    );
}

/// One revision for all of them, also while it changes.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_of_one_moment() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[(&tim, "viewer")]).await;
    let member = world.member_of(&owner, &project, &tim).await;
    let rights = [
        Permission::TaskView,
        Permission::TaskUpdate,
        Permission::CommentCreate,
        Permission::TaskDelete,
    ];
    let changes = async {
        for role in ["maintainer", "viewer", "contributor", "commenter", "viewer"].repeat(4) {
            world.set_role(&owner, &member, role).await.unwrap();
        }
    };
    let checks = async {
        for _ in 0..20 {
            let checks = rights.map(|right| check(&tim, &project, right)).to_vec();
            let answer = world
                .permissions()
                .batch_check(BatchCheckRequest { checks, consistency: None })
                .await
                .unwrap()
                .into_inner();
            let allowed: Vec<bool> = answer.decisions().map(|decision| decision == Decision::Allowed).collect();
            let roles = [
                [true, false, false, false],
                [true, false, true, false],
                [true, true, true, false],
                [true, true, true, true],
            ];
            assert!(roles.iter().any(|role| role.as_slice() == allowed), "{allowed:?} is no role");
        }
    };
    tokio::join!(changes, checks);
}
