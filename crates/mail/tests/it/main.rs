//! Messages as an independent parser reads them, what carries them, and what is told of them afterwards.

mod carriers;
mod directory;
mod feedback;
mod message;
mod paced;
mod sample;
#[cfg(feature = "ses")]
mod ses;
#[cfg(feature = "ses")]
mod ses_endpoint;
mod settings;
#[cfg(feature = "smtp")]
mod smtp;
#[cfg(feature = "smtp")]
mod smtp_server;
