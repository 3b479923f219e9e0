//! GetProjectionStatus.

use std::time::Duration;

use tasktracker_proto::analytics::v1::*;
use tasktracker_testing::{User, World, problem};

async fn status(user: &User) -> Result<tonic::Response<GetProjectionStatusResponse>, tonic::Status> {
    user.projections().get_projection_status(GetProjectionStatusRequest {}).await
}

/// The status once everything is counted.
async fn settled(user: &User) -> ProjectionStatus {
    for _ in 0..100 {
        let status = status(user).await.expect("answers").into_inner().status.expect("a status");
        if status.sources.iter().all(|source| source.lag == 0 && source.position > 0.0) {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it is never settled");
}

#[tokio::test]
async fn operators_see_how_far_the_numbers_are() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    ada.task(&web, "one").await;
    let first = settled(&ada).await;
    assert_eq!((first.generation.as_str(), first.dead_letter_count), ("g1", 0));
    let topics: Vec<&str> = first.sources.iter().map(|source| source.topic.as_str()).collect();
    assert_eq!(
        topics,
        [
            "tasktracker.core.task.v1",
            "tasktracker.core.project.v1",
            "tasktracker.auth.user.v1"
        ]
    );
    assert!(
        first
            .sources
            .iter()
            .all(|source| source.last_occur_time.as_ref().is_some_and(|at| at.seconds == 1_777_636_800))
    );

    for title in ["two", "three"] {
        ada.task(&web, title).await;
    }
    let mut second = settled(&ada).await;
    for _ in 0..100 {
        if second.archived_event_count == first.archived_event_count + 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        second = settled(&ada).await;
    }
    assert_eq!(second.archived_event_count, first.archived_event_count + 2);
    assert_eq!(second.sources[0].position, first.sources[0].position + 2.0);

    tasktracker_analytics::rebuild(&world.system.analytics).await.expect("rebuilds");
    let third = settled(&ada).await;
    assert_eq!(
        (third.generation.as_str(), third.archived_event_count),
        ("g2", second.archived_event_count)
    );
    let (code, body) = ada.rest("GET", "/v1/admin/projections", None).await;
    assert_eq!((code, body["generation"].as_str()), (200, Some("g2")), "{body}");
}

#[tokio::test]
async fn it_is_for_operators_only() {
    let world = World::start().await;
    let (_owner, member) = (world.user("ada").await, world.user("bob").await);
    let refused = problem(status(&member).await);
    assert_eq!(
        refused.to_string(),
        "PERMISSION_DENIED PERMISSION_MISSING permission=operation.manage"
    );
    let refused = problem(status(&world.stranger()).await);
    assert_eq!(refused.to_string(), "UNAUTHENTICATED CREDENTIAL_MISSING");
    assert_eq!(member.rest("GET", "/v1/admin/projections", None).await.0, 403);
}
