//! English.

use super::{Due, News, Scope, Words};
use crate::domain::notification::Reason;

/// The English catalogue.
pub struct English;

impl Words for English {
    fn hello(&self, name: &str) -> String {
        format!("Hello {name},")
    }

    fn headline(&self, news: &News<'_>) -> String {
        let actor = news.actor.unwrap_or("Somebody");
        let due = news.due.map(|due| self.due(due)).unwrap_or_default();
        match (news.reason, news.count) {
            (Reason::Mentioned, ..=1) => format!("{actor} mentioned you."),
            (Reason::Mentioned, count) => format!("You were mentioned {count} times, the last time by {actor}."),
            (Reason::Assigned, _) => format!("{actor} assigned this task to you."),
            (Reason::Unassigned, _) => format!("{actor} unassigned you from this task."),
            (Reason::Commented, ..=1) => format!("{actor} wrote a comment."),
            (Reason::Commented, count) => format!("{count} new comments, the last one by {actor}."),
            (Reason::StatusChanged, _) => match news.status {
                Some(status) => format!("{actor} moved this task to “{status}”."),
                None => format!("{actor} moved this task to another status."),
            },
            (Reason::DueSoon, _) => format!("This task is due soon: {due}."),
            (Reason::Overdue, _) => format!("This task is overdue. It was due {due}."),
            (Reason::MemberAdded, _) => format!("{actor} added you to the project “{}”.", news.project),
        }
    }

    fn new_project(&self, project: &str) -> String {
        format!("Welcome to {project}")
    }

    fn in_project(&self, project: &str) -> String {
        format!("Project: {project}")
    }

    fn open(&self, scope: Scope) -> &'static str {
        match scope {
            Scope::Task(_) => "Open the task",
            Scope::Project(_) => "Open the project",
        }
    }

    fn because(&self, reason: Reason) -> &'static str {
        match reason {
            Reason::Mentioned => "You get this mail because somebody mentioned you.",
            Reason::Assigned => "You get this mail because a task was assigned to you.",
            Reason::Unassigned => "You get this mail because a task was yours until now.",
            Reason::Commented | Reason::StatusChanged => "You get this mail because you follow this task.",
            Reason::DueSoon | Reason::Overdue => "You get this mail because you follow this task, or are to do it.",
            Reason::MemberAdded => "You get this mail because you became a member of a project.",
        }
    }

    fn no_more(&self, scope: Scope) -> &'static str {
        match scope {
            Scope::Task(_) => "No more mails about this task",
            Scope::Project(_) => "No more mails about this project",
        }
    }

    fn due(&self, due: &Due) -> String {
        match due {
            Due::Day(day) => day.strftime("%-d %B %Y").to_string(),
            Due::At(at, zone) => format!("{} ({zone})", at.strftime("%-d %B %Y, %H:%M")),
        }
    }

    fn page_title(&self) -> &'static str {
        "End these mails?"
    }

    fn page_question(&self, scope: Scope) -> &'static str {
        match scope {
            Scope::Task(_) => "You will get no more mails about this task.",
            Scope::Project(_) => "You will get no more mails about this project and its tasks.",
        }
    }

    fn page_note(&self, scope: Scope) -> &'static str {
        match scope {
            Scope::Task(_) => "Your inbox in the task tracker stays as it is, and following the task again brings the mails back.",
            Scope::Project(_) => "Your inbox in the task tracker stays as it is.",
        }
    }

    fn page_button(&self) -> &'static str {
        "End the mails"
    }

    fn page_done(&self) -> &'static str {
        "These mails have ended"
    }
}
