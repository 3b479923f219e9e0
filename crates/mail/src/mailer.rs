//! Who carries mail.

use std::fmt::Debug;

use futures_util::future::BoxFuture;

use crate::message::Message;

/// Takes messages and carries them. Taking the same Message-ID twice is taking it once, as far as the carrier can tell.
pub trait Mailer: Send + Sync + Debug {
    /// Hands a message over. After `Ok` it is the carrier's: a crash of this process does not lose it.
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), MailError>>;
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It may work later.
    #[error("mail cannot be handed over at present: {0:#}")]
    Transient(anyhow::Error),
    /// It will never work.
    #[error("mail is refused: {0:#}")]
    Permanent(anyhow::Error),
}
