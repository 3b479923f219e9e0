//! What SES says in a notification, in either of its two forms: that of an identity (`notificationType`) and that of a configuration set
//! (`eventType`). What is not about bounces and complaints tells nothing.

use serde::Deserialize;

use crate::address::{Address, Mailbox};

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whom it went to.
    pub address: Address,
    /// What became of it.
    pub kind: Kind,
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Nothing will ever arrive there.
    PermanentBounce,
    /// It did not arrive this time, and SES has given up.
    TransientBounce,
    /// Its reader says that it is spam.
    Complaint,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(alias = "eventType")]
    notification_type: String,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounced_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_feedback_type: Option<String>,
    #[serde(default)]
    complained_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: String,
}

/// What a notification tells, once an address. A text that is no event, such as the greeting of SES to a new topic, tells nothing.
pub fn read(message: &str) -> Vec<Notice> {
    let Ok(event) = serde_json::from_str::<Event>(message) else {
        return Vec::new();
    };
    let (kind, recipients) = match (event.notification_type.as_str(), event.bounce, event.complaint) {
        ("Bounce", Some(bounce), _) if bounce.bounce_type == "Permanent" => (Kind::PermanentBounce, bounce.bounced_recipients),
        // Also those of which SES does not know what they are.
        ("Bounce", Some(bounce), _) => (Kind::TransientBounce, bounce.bounced_recipients),
        // A reader took a mail out of the spam.
        ("Complaint", _, Some(complaint)) if complaint.complaint_feedback_type.as_deref() == Some("not-spam") => return Vec::new(),
        ("Complaint", _, Some(complaint)) => (Kind::Complaint, complaint.complained_recipients),
        _ => return Vec::new(),
    };
    let mut notices: Vec<Notice> = Vec::new();
    for recipient in recipients {
        // What is no address of ours was not sent to by us.
        if let Ok(Mailbox { address, .. }) = recipient.email_address.parse()
            && !notices.iter().any(|known| known.address.canonical() == address.canonical())
        {
            notices.push(Notice { address, kind });
        }
    }
    notices
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(message: serde_json::Value) -> Vec<(String, Kind)> {
        let notices = read(&message.to_string());
        notices
            .into_iter()
            .map(|notice| (notice.address.as_str().to_owned(), notice.kind))
            .collect()
    }

    #[test]
    fn both_forms_tell_of_bounces_and_complaints() {
        let recipients = json!([
            {"emailAddress": "ada@example.com", "action": "failed", "status": "5.1.1"},
            {"emailAddress": "Linus <linus@example.com>"},
            {"emailAddress": "ADA@example.com"},
            {"emailAddress": "no address"},
        ]);
        let both = |kind| vec![("ada@example.com".to_owned(), kind), ("linus@example.com".to_owned(), kind)];
        for name in ["notificationType", "eventType"] {
            for (bounce, kind) in [
                ("Permanent", Kind::PermanentBounce),
                ("Transient", Kind::TransientBounce),
                ("Undetermined", Kind::TransientBounce),
            ] {
                let message = json!({name: "Bounce", "bounce": {"bounceType": bounce, "bouncedRecipients": recipients}, "mail": {}});
                assert_eq!(told(message), both(kind), "{name} {bounce}");
            }
            let message = json!({name: "Complaint", "complaint": {"complaintFeedbackType": "abuse", "complainedRecipients": recipients}});
            assert_eq!(told(message), both(Kind::Complaint), "{name}");
        }
    }

    #[test]
    fn everything_else_tells_nothing() {
        let not_spam = json!({
            "eventType": "Complaint",
            "complaint": {"complaintFeedbackType": "not-spam", "complainedRecipients": [{"emailAddress": "ada@example.com"}]},
        });
        for message in [
            json!({"eventType": "Delivery", "delivery": {"recipients": ["ada@example.com"]}}),
            json!({"eventType": "Bounce"}),
            json!({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have successfully subscribed"}),
            json!([]),
            json!("Successfully validated SNS topic for Amazon SES event publishing."),
            not_spam,
        ] {
            assert_eq!(told(message.clone()), [], "{message}");
        }
        assert_eq!(read("Successfully validated SNS topic"), []);
    }
}
