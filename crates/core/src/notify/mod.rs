//! Telling people what happened: into their inbox, to their open streams, and by mail. Notifications hold ids and numbers; the words are made
//! here, in the reader's language, when they are read or sent.

mod happenings;
mod inboxes;
mod language;
mod links;
mod mail;
mod markup;
mod page;
mod recipient_key;
mod tell;
mod words;

pub use happenings::{of_access_event, of_task_event};
pub use inboxes::{Inbox, Inboxes};
pub use language::Language;
pub use links::{BadLinks, Links, Scope};
pub use mail::{Due, Letter, write};
pub use page::{unsubscribe_page, unsubscribed_page};
pub use recipient_key::RecipientKeys;
pub use tell::{Telling, plan};
