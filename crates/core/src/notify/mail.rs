//! A mail about a notification: the same content as plain text and as HTML that is readable in light and dark.

use tasktracker_mail::{Line, Link};

use super::language::Language;
use super::links::Scope;
use super::markup::Markup;
pub use super::words::Due;
use super::words::{self, News};
use crate::domain::notification::Reason;

/// What a mail says, as it is at the moment of sending.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Language of the reader.
    pub language: Language,
    /// Why they are told.
    pub reason: Reason,
    /// How many changes the notification stands for.
    pub count: i64,
    /// Name of the reader.
    pub recipient: String,
    /// Name of who did it; none for what time did, and for people who are gone.
    pub actor: Option<String>,
    /// Name of the project.
    pub project: String,
    /// Key and title of the task; none where it is about the project.
    pub task: Option<(String, String)>,
    /// The status that was entered.
    pub status: Option<String>,
    /// The deadline.
    pub due: Option<Due>,
    /// What no more mails would be about.
    pub scope: Scope,
    /// Where to read on.
    pub link: Link,
    /// Where to end such mails.
    pub unsubscribe: Link,
}

/// A mail's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The subject: the same for all mails about a task, so that they are one conversation.
    pub subject: Line,
    /// The text.
    pub text: String,
    /// The HTML document.
    pub html: String,
}

/// Writes a mail.
#[must_use]
pub fn write(letter: &Letter) -> Written {
    let words = words::of(letter.language);
    let hello = words.hello(Line::of(&letter.recipient).as_str());
    let actor = letter.actor.as_deref().map(Line::of);
    let project = Line::of(&letter.project);
    let status = letter.status.as_deref().map(Line::of);
    let headline = words.headline(&News {
        reason: letter.reason,
        count: letter.count,
        actor: actor.as_ref().map(Line::as_str),
        status: status.as_ref().map(Line::as_str),
        due: letter.due.as_ref(),
        project: project.as_str(),
    });
    let subject = match &letter.task {
        Some((key, title)) => Line::of(&format!("{key}: {title}")),
        None => Line::of(&words.new_project(project.as_str())),
    };
    let place = letter.task.as_ref().map(|_| words.in_project(project.as_str()));
    let (open, because, no_more) = (words.open(letter.scope), words.because(letter.reason), words.no_more(letter.scope));

    let mut text = format!("{hello}\n\n{headline}\n\n");
    if let Some(place) = &place {
        text.push_str(&format!("    {subject}\n    {place}\n\n"));
    }
    text.push_str(&format!(
        "{open}: {}\n\n-- \n{because}\n{no_more}: {}\n",
        letter.link, letter.unsubscribe
    ));

    let mut html = Markup::default();
    html.raw("<!doctype html>\n<html lang=\"").text(letter.language.tag());
    html.raw(
        "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"supported-color-schemes\" content=\"light dark\"><title>",
    );
    html.text(subject.as_str());
    // No colours of its own but for accents that are readable on white and on black: mail programs choose the rest.
    html.raw(
        "</title></head>\n<body style=\"margin:0;padding:24px;font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif\">\n\
         <div style=\"max-width:560px;margin:0 auto\">\n<p style=\"margin:0 0 16px\">",
    );
    html.text(&hello)
        .raw("</p>\n<p style=\"margin:0 0 16px\">")
        .text(&headline)
        .raw("</p>\n");
    if let Some(place) = &place {
        html.raw("<div style=\"margin:0 0 24px;padding:4px 0 4px 16px;border-left:4px solid #3b82f6\"><strong>");
        html.text(subject.as_str()).raw("</strong><br><span style=\"font-size:14px\">");
        html.text(place).raw("</span></div>\n");
    }
    html.raw("<p style=\"margin:0 0 32px\"><a href=\"").text(letter.link.as_str());
    html.raw(
        "\" style=\"display:inline-block;padding:10px 20px;border-radius:6px;background-color:#1d4ed8;color:#ffffff;\
         text-decoration:none;font-weight:600\">",
    );
    html.text(open)
        .raw("</a></p>\n<p style=\"margin:0;font-size:13px\">")
        .text(because)
        .raw("<br><a href=\"");
    html.text(letter.unsubscribe.as_str())
        .raw("\" style=\"color:inherit\">")
        .text(no_more);
    html.raw("</a></p>\n</div>\n</body></html>\n");
    Written {
        subject,
        text,
        html: html.finish(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn letter(language: Language) -> Letter {
        Letter {
            language,
            reason: Reason::Assigned,
            count: 1,
            recipient: "Ada".to_owned(),
            actor: Some("Linus".to_owned()),
            project: "Web & more".to_owned(),
            task: Some(("WEB-12".to_owned(), "Plan <the> launch".to_owned())),
            status: None,
            due: None,
            scope: Scope::Task(Uuid::nil()),
            link: "https://example.com/tasks/WEB-12".parse().unwrap(),
            unsubscribe: "https://example.com/v1/notifications:unsubscribe?token=AQ".parse().unwrap(),
        }
    }

    #[test]
    fn text_and_html_say_the_same() {
        let written = write(&letter(Language::English));
        assert_eq!(written.subject.as_str(), "WEB-12: Plan <the> launch");
        assert_eq!(
            written.text,
            "Hello Ada,\n\nLinus assigned this task to you.\n\n    WEB-12: Plan <the> launch\n    Project: Web & more\n\n\
             Open the task: https://example.com/tasks/WEB-12\n\n-- \nYou get this mail because a task was assigned to you.\n\
             No more mails about this task: https://example.com/v1/notifications:unsubscribe?token=AQ\n"
        );
        for part in [
            "Hello Ada,",
            "Linus assigned this task to you.",
            "<strong>WEB-12: Plan &lt;the&gt; launch</strong>",
            "Project: Web &amp; more",
            "href=\"https://example.com/tasks/WEB-12\"",
            "href=\"https://example.com/v1/notifications:unsubscribe?token=AQ\"",
            "lang=\"en\"",
        ] {
            assert!(written.html.contains(part), "{part} in {}", written.html);
        }
        let russian = write(&letter(Language::Russian));
        assert!(russian.text.starts_with("Здравствуйте, Ada!\n\nLinus назначает эту задачу вам.\n"));
        assert!(russian.html.contains("lang=\"ru\""));
    }

    #[test]
    fn a_mail_about_a_project_names_no_task() {
        let about_project = Letter {
            reason: Reason::MemberAdded,
            task: None,
            scope: Scope::Project(Uuid::nil()),
            ..letter(Language::English)
        };
        let written = write(&about_project);
        assert_eq!(written.subject.as_str(), "Welcome to Web & more");
        assert!(
            written
                .text
                .contains("Linus added you to the project “Web & more”.\n\nOpen the project: ")
        );
        assert!(written.text.contains("No more mails about this project: "));
    }

    fn tags(html: &str) -> usize {
        html.matches('<').count()
    }

    proptest! {
        #[test]
        fn no_text_becomes_markup_or_another_line(title in any::<String>(), name in any::<String>(), status in any::<String>()) {
            let plain = Letter {
                reason: Reason::StatusChanged,
                status: Some("x".to_owned()),
                ..letter(Language::English)
            };
            let hostile = Letter {
                recipient: name.clone(),
                actor: Some(name),
                task: Some(("WEB-12".to_owned(), title)),
                status: Some(status),
                ..plain.clone()
            };
            let (plain, hostile) = (write(&plain), write(&hostile));
            prop_assert_eq!(tags(&plain.html), tags(&hostile.html));
            prop_assert_eq!(plain.text.lines().count(), hostile.text.lines().count());
        }
    }
}
