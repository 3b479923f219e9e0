//! A message, and how it is written: text and HTML of the same content, and the headers of a mail that a program sends.

use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use mail_builder::headers::url::URL;

use crate::address::Mailbox;
use crate::line::{HeaderName, Line};
use crate::link::Link;
use crate::message_id::MessageId;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its Message-ID: the same when it is sent again.
    pub id: MessageId,
    /// Whom it is from.
    pub from: Mailbox,
    /// Whom it goes to.
    pub to: Mailbox,
    /// What it is about.
    pub subject: Line,
    /// What it says, as text.
    pub text: String,
    /// What it says, as an HTML document.
    pub html: String,
    /// What it belongs to, for mail programs that show conversations: `In-Reply-To` and `References`.
    pub thread: Option<MessageId>,
    /// The list it is sent by: what filters look at.
    pub list_id: Option<MessageId>,
    /// Where a `POST` ends such mails, by RFC 8058.
    pub unsubscribe: Option<Link>,
    /// Further headers.
    pub headers: Vec<(HeaderName, Line)>,
    /// When it was written.
    pub time: Timestamp,
}

impl Message {
    /// The message as it travels, with all its headers.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut builder = MessageBuilder::new()
            .message_id(self.id.as_str())
            .date(self.time.as_second())
            .from(address(&self.from))
            .to(address(&self.to))
            .subject(self.subject.as_str());
        if let Some(thread) = &self.thread {
            builder = builder.in_reply_to(thread.as_str()).references(thread.as_str());
        }
        if let Some(list_id) = &self.list_id {
            // By RFC 2919 the right side is a domain and the left side a label in it.
            builder = builder.header("List-ID", Raw::new(format!("<{}>", list_id.as_str().replace('@', "."))));
        }
        if let Some(link) = &self.unsubscribe {
            builder = builder
                .header("List-Unsubscribe", URL::new(link.as_str()))
                .header("List-Unsubscribe-Post", Raw::new("List-Unsubscribe=One-Click"));
        }
        // So that no vacation notice answers.
        builder = builder.header("Auto-Submitted", Raw::new("auto-generated"));
        for (name, value) in &self.headers {
            builder = builder.header(name.as_str(), Text::new(value.as_str()));
        }
        let mut bytes = Vec::new();
        builder
            .text_body(self.text.as_str())
            .html_body(self.html.as_str())
            .serialize(&mut bytes);
        bytes
    }
}

fn address(mailbox: &Mailbox) -> Address<'_> {
    let name = Some(mailbox.name.as_str()).filter(|name| !name.is_empty());
    Address::new_address(name, mailbox.address.wire())
}
