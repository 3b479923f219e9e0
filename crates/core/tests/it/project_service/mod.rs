//! ProjectService.

mod archive_project;
mod create_project;
mod delete_project;
mod get_project;
mod list_projects;
mod unarchive_project;
mod undelete_project;
mod update_project;
mod visibility;
mod zone;

use tasktracker_proto::core::v1::*;
use tasktracker_testing::User;

/// An id that no project has.
const MISSING: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

async fn get(user: &User, project: &Project) -> Project {
    let request = GetProjectRequest {
        project_id: project.id.clone(),
    };
    user.projects()
        .get_project(request)
        .await
        .expect("reads")
        .into_inner()
        .project
        .expect("a project")
}

async fn update(user: &User, request: UpdateProjectRequest) -> Project {
    user.projects()
        .update_project(request)
        .await
        .expect("updates")
        .into_inner()
        .project
        .expect("a project")
}

fn change(project: Project, paths: &[&str]) -> UpdateProjectRequest {
    let update_mask = Some(prost_types::FieldMask {
        paths: paths.iter().map(ToString::to_string).collect(),
    });
    UpdateProjectRequest {
        project: Some(project),
        update_mask,
        request_id: String::new(),
    }
}

async fn archive(user: &User, project: &Project) -> Project {
    let request = ArchiveProjectRequest {
        project_id: project.id.clone(),
        ..ArchiveProjectRequest::default()
    };
    user.projects()
        .archive_project(request)
        .await
        .expect("archives")
        .into_inner()
        .project
        .expect("a project")
}

async fn delete(user: &User, project: &Project) -> Project {
    let request = DeleteProjectRequest {
        project_id: project.id.clone(),
        ..DeleteProjectRequest::default()
    };
    user.projects()
        .delete_project(request)
        .await
        .expect("deletes")
        .into_inner()
        .project
        .expect("a project")
}
