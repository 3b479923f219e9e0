//! The steps of a project's workflow.

use super::choices::StatusCategory;
use super::ids::{ProjectId, StatusId};

/// A named step of a project's workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Id.
    pub id: StatusId,
    /// Project it belongs to.
    pub project_id: ProjectId,
    /// Name, unique in the project.
    pub name: String,
    /// What the step means.
    pub category: StatusCategory,
    /// Place among the project's statuses, from 0.
    pub position: i32,
    /// Colour as `#RRGGBB`.
    pub color: String,
}

/// Where in the workflow a task is: what a task keeps of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The status.
    pub status_id: StatusId,
    /// Its category, which never changes.
    pub category: StatusCategory,
}

/// A status that every new project gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefaultStatus {
    /// Name.
    pub name: &'static str,
    /// What the step means.
    pub category: StatusCategory,
    /// Colour as `#RRGGBB`.
    pub color: &'static str,
}

const fn step(name: &'static str, category: StatusCategory, color: &'static str) -> DefaultStatus {
    DefaultStatus { name, category, color }
}

/// The workflow of a new project, by position.
pub const DEFAULT_WORKFLOW: [DefaultStatus; 6] = [
    step("Backlog", StatusCategory::Backlog, "#8A8F98"),
    step("To do", StatusCategory::Unstarted, "#5E6AD2"),
    step("In progress", StatusCategory::Started, "#D9A514"),
    step("In review", StatusCategory::Started, "#9B5DE0"),
    step("Done", StatusCategory::Completed, "#2F9E5B"),
    step("Canceled", StatusCategory::Canceled, "#B0525A"),
];

impl Status {
    /// What a task in this status keeps of it.
    pub const fn step(&self) -> Step {
        Step {
            status_id: self.id,
            category: self.category,
        }
    }
}

/// The status of a new task that names none: the first of category UNSTARTED, else the first one.
pub fn for_new_task(workflow: &[Status]) -> Option<&Status> {
    workflow
        .iter()
        .min_by_key(|status| (status.category != StatusCategory::Unstarted, status.position))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn workflow(categories: &[(StatusCategory, i32)]) -> Vec<Status> {
        let status = |(category, position): &(StatusCategory, i32)| Status {
            id: Uuid::from_u128(*position as u128).into(),
            project_id: Uuid::nil().into(),
            name: format!("{category:?} {position}"),
            category: *category,
            position: *position,
            color: "#000000".to_owned(),
        };
        categories.iter().map(status).collect()
    }

    #[test]
    fn new_tasks_begin_unstarted() {
        use StatusCategory::{Backlog, Started, Unstarted};
        let position = |categories: &[(StatusCategory, i32)]| for_new_task(&workflow(categories)).map(|status| status.position);

        assert_eq!(position(&[(Backlog, 0), (Unstarted, 2), (Unstarted, 1)]), Some(1));
        assert_eq!(position(&[(Started, 1), (Backlog, 0)]), Some(0));
        assert_eq!(position(&[]), None);
    }

    #[test]
    fn every_new_project_can_begin_finish_and_give_up() {
        use StatusCategory::{Canceled, Completed, Started, Unstarted};
        for category in [Unstarted, Started, Completed, Canceled] {
            assert!(DEFAULT_WORKFLOW.iter().any(|status| status.category == category));
        }
        for status in DEFAULT_WORKFLOW {
            assert!(status.color.len() == 7 && status.color.starts_with('#'), "{}", status.name);
        }
    }
}
