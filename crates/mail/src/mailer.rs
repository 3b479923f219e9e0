//! Who carries mail, and what may become of a message that was handed over.

use std::fmt::Debug;

use futures_util::future::BoxFuture;

use crate::message::Message;

/// Takes messages and carries them. Taking the same Message-ID twice is taking it once, as far as the carrier can tell.
pub trait Mailer: Send + Sync + Debug {
    /// Hands a message over. After `Ok` it is the carrier's: a crash of this process does not lose it.
    ///
    /// After an error, or when the future is dropped, the carrier may have taken it all the same, if its answer was lost: whoever sends
    /// again sends at least once, and the Message-ID says that it is the same message.
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), MailError>>;
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It may work later: the carrier is away, slow, full, or asks for patience.
    #[error("mail cannot be handed over at present: {0:#}")]
    Transient(anyhow::Error),
    /// It may work later, but not before an operator did something: credentials, a sender that is not verified, a certificate.
    #[error("mail cannot be handed over before its settings are right: {0:#}")]
    Misconfigured(anyhow::Error),
    /// Nothing will ever arrive at this address: do not write to it again.
    #[error("the address is refused for good: {0:#}")]
    Rejected(anyhow::Error),
    /// This message will never be taken, which says nothing about others to the same address.
    #[error("mail is refused: {0:#}")]
    Permanent(anyhow::Error),
}

impl MailError {
    /// One word for metrics.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Transient(_) => "later",
            Self::Misconfigured(_) => "misconfigured",
            Self::Rejected(_) => "rejected",
            Self::Permanent(_) => "refused",
        }
    }
}
