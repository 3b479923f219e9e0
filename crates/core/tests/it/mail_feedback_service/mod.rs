//! MailFeedbackService, and the mails that no longer go.

mod receive_feedback;
mod sns;
