#![doc = include_str!("../README.md")]

mod address;
mod directory;
pub mod feedback;
mod line;
mod link;
mod mailer;
mod message;
mod message_id;
mod paced;
#[cfg(feature = "ses")]
mod ses;
mod settings;
#[cfg(feature = "smtp")]
mod smtp;

pub use address::{Address, BadAddress, Mailbox};
pub use directory::Directory;
pub use line::{BadHeaderName, HeaderName, Line};
pub use link::{BadLink, Link};
pub use mailer::{MailError, Mailer};
pub use message::Message;
pub use message_id::{BadMessageId, MessageId};
pub use paced::{Pace, Paced};
#[cfg(feature = "ses")]
pub use ses::Ses;
pub use settings::{BadSettings, DEFAULTS, SesSettings, Settings, SmtpSettings, Tls, Transport};
#[cfg(feature = "smtp")]
pub use smtp::Smtp;
