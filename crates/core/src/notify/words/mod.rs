//! Everything that Core says to people, as functions that each language must have: a text that is missing does not compile.

mod english;
mod russian;

use jiff::civil::{Date, DateTime};

use super::language::Language;
use super::links::Scope;
use crate::domain::notification::Reason;

/// A deadline as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// A day.
    Day(Date),
    /// A time of day in a zone.
    At(DateTime, String),
}

/// What a mail tells of.
#[derive(Debug, Clone, Copy)]
pub struct News<'a> {
    /// Why.
    pub reason: Reason,
    /// How many changes it stands for.
    pub count: i64,
    /// Who did it, where somebody did and has a name still.
    pub actor: Option<&'a str>,
    /// The status that was entered.
    pub status: Option<&'a str>,
    /// The deadline.
    pub due: Option<&'a Due>,
    /// Name of the project.
    pub project: &'a str,
}

/// The catalogue of a language. What is handed in is text: it is escaped where it becomes HTML.
pub trait Words {
    /// The first line of a mail.
    fn hello(&self, name: &str) -> String;
    /// What happened, in one sentence.
    fn headline(&self, news: &News<'_>) -> String;
    /// Subject of a mail about a project itself.
    fn new_project(&self, project: &str) -> String;
    /// "in the project ..."
    fn in_project(&self, project: &str) -> String;
    /// On the link to a task or project.
    fn open(&self, scope: Scope) -> &'static str;
    /// Why somebody gets the mail.
    fn because(&self, reason: Reason) -> &'static str;
    /// On the link that ends the mails.
    fn no_more(&self, scope: Scope) -> &'static str;
    /// A deadline.
    fn due(&self, due: &Due) -> String;
    /// Title of the page that asks whether to end the mails.
    fn page_title(&self) -> &'static str;
    /// What it asks.
    fn page_question(&self, scope: Scope) -> &'static str;
    /// What stays as it is.
    fn page_note(&self, scope: Scope) -> &'static str;
    /// On its button.
    fn page_button(&self) -> &'static str;
    /// Title of the page that says that the mails have ended.
    fn page_done(&self) -> &'static str;
}

/// The catalogue of a language.
#[must_use]
pub fn of(language: Language) -> &'static dyn Words {
    match language {
        Language::English => &english::English,
        Language::Russian => &russian::Russian,
    }
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
