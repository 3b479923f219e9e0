#![doc = include_str!("../README.md")]

mod address;
mod directory;
mod line;
mod link;
mod mailer;
mod message;
mod message_id;
pub mod settings;

pub use address::{Address, BadAddress, Mailbox};
pub use directory::Directory;
pub use line::{BadHeaderName, HeaderName, Line};
pub use link::{BadLink, Link};
pub use mailer::{MailError, Mailer};
pub use message::Message;
pub use message_id::{BadMessageId, MessageId};
pub use settings::Settings;
