//! UnfollowTask.

use tasktracker_proto::core::v1::*;
use tasktracker_testing::{World, problem};

#[tokio::test]
async fn it_is_one_s_own_affair_and_doing_it_twice_changes_nothing() {
    let world = World::start().await;
    let (ada, tim, eve) = (world.user("ada").await, world.user("tim").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &tim, "viewer").await;
    let task = ada.task(&web, "t").await;
    let followed = async |user: &tasktracker_testing::User| {
        user.tasks()
            .get_task(GetTaskRequest { task_id: task.id.clone() })
            .await
            .expect("reads")
            .into_inner()
            .task
            .expect("a task")
            .followed
    };
    assert_eq!((followed(&ada).await, followed(&tim).await), (Some(true), Some(false)));
    for user in [&ada, &tim] {
        for _ in 0..2 {
            user.tasks()
                .unfollow_task(UnfollowTaskRequest { task_id: task.key.clone() })
                .await
                .expect("unfollows");
        }
        assert_eq!(followed(user).await, Some(false));
    }
    let read = ada
        .tasks()
        .get_task(GetTaskRequest { task_id: task.id.clone() })
        .await
        .expect("reads")
        .into_inner()
        .task
        .expect("a task");
    assert_eq!(read.etag, task.etag, "following is no change of the task");

    let request = UnfollowTaskRequest { task_id: task.id.clone() };
    assert_eq!(
        problem(eve.tasks().unfollow_task(request.clone()).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
    assert_eq!(
        problem(world.stranger().tasks().unfollow_task(request).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    assert_eq!(
        problem(ada.tasks().unfollow_task(UnfollowTaskRequest::default()).await).fields(),
        ["task_id"]
    );
}
