//! CommentService.

mod create_comment;
mod delete_comment;
mod get_comment;
mod list_comments;
mod update_comment;

use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, World};

/// An id that nothing has.
const MISSING: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A project of ada's with one task, linus as commenter, and eve outside.
struct Scene {
    world: World,
    ada: User,
    linus: User,
    eve: User,
    web: Project,
    task: Task,
}

async fn scene() -> Scene {
    // Boxed, because starting a world is a large future and every test holds this one.
    scene_in(Box::pin(World::start()).await).await
}

async fn scene_in(world: World) -> Scene {
    let (ada, linus, eve) = (world.user("ada").await, world.user("linus").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &linus, "commenter").await;
    let task = ada.task(&web, "t").await;
    Scene {
        world,
        ada,
        linus,
        eve,
        web,
        task,
    }
}

async fn read_task(user: &User, task: &Task) -> Task {
    user.tasks()
        .get_task(GetTaskRequest { task_id: task.id.clone() })
        .await
        .expect("reads")
        .into_inner()
        .task
        .expect("a task")
}

async fn list(user: &User, task: &Task) -> Vec<Comment> {
    let request = ListCommentsRequest {
        task_id: task.id.clone(),
        ..ListCommentsRequest::default()
    };
    user.comments().list_comments(request).await.expect("lists").into_inner().comments
}

async fn delete_task(user: &User, task: &Task) {
    user.tasks()
        .delete_task(DeleteTaskRequest {
            task_id: task.id.clone(),
            ..DeleteTaskRequest::default()
        })
        .await
        .expect("deletes");
}
