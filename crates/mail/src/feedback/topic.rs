//! The one topic that is listened to, and the one host that may speak for it: the endpoint of SNS in the topic's own region.

use std::str::FromStr;

/// The text is no topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:mail-feedback")]
pub struct BadTopic;

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    arn: String,
    host: String,
}

impl Topic {
    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// Whether a certificate from there may sign for it: a file of SNS itself, with nothing around the address.
    pub(super) fn signs_with(&self, url: &str) -> bool {
        let name = url
            .strip_prefix("https://")
            .and_then(|rest| rest.strip_prefix(self.host.as_str()))
            .and_then(|rest| rest.strip_prefix("/SimpleNotificationService-"))
            .and_then(|rest| rest.strip_suffix(".pem"));
        name.is_some_and(|name| (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    }

    /// Where a subscription is confirmed; none for a token that is none.
    pub(super) fn confirmation(&self, token: &str) -> Option<String> {
        let fits = (1..=1024).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
        // The letters of an ARN may stand in a query.
        fits.then(|| {
            format!(
                "https://{}/?Action=ConfirmSubscription&TopicArn={}&Token={token}",
                self.host, self.arn
            )
        })
    }
}

impl FromStr for Topic {
    type Err = BadTopic;

    fn from_str(arn: &str) -> Result<Self, BadTopic> {
        let parts: Vec<&str> = arn.split(':').collect();
        let &["arn", partition, "sns", region, account, name] = parts.as_slice() else {
            return Err(BadTopic);
        };
        let suffix = match partition {
            "aws" | "aws-us-gov" => "amazonaws.com",
            "aws-cn" => "amazonaws.com.cn",
            _ => return Err(BadTopic),
        };
        let is_region = region.len() >= 5
            && region
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let is_name = (1..=256).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !(is_region && is_account && is_name) {
            return Err(BadTopic);
        }
        Ok(Self {
            arn: arn.to_owned(),
            host: format!("sns.{region}.{suffix}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(arn: &str) -> Topic {
        arn.parse().unwrap()
    }

    #[test]
    fn topics_are_arns_of_sns() {
        assert_eq!(topic("arn:aws:sns:eu-west-1:123456789012:mail").host, "sns.eu-west-1.amazonaws.com");
        assert_eq!(
            topic("arn:aws-cn:sns:cn-north-1:123456789012:mail").host,
            "sns.cn-north-1.amazonaws.com.cn"
        );
        for arn in [
            "",
            "mail",
            "arn:aws:sqs:eu-west-1:123456789012:mail",
            "arn:aws:sns:eu-west-1:1234:mail",
            "arn:aws:sns:evil.com/:123456789012:mail",
            "arn:aws:sns:eu-west-1:123456789012:mail?x",
            "arn:aws:sns:eu-west-1:123456789012:mail:x",
            "arn:other:sns:eu-west-1:123456789012:mail",
        ] {
            assert_eq!(arn.parse::<Topic>(), Err(BadTopic), "{arn}");
        }
    }

    #[test]
    fn certificates_are_files_of_the_regions_own_host() {
        let topic = topic("arn:aws:sns:eu-west-1:123456789012:mail");
        assert!(topic.signs_with("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem"));
        for url in [
            "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem",
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abcd.pem",
            "https://sns.eu-west-1.amazonaws.com.evil.com/SimpleNotificationService-0123abcd.pem",
            "https://evil.com/sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem",
            "https://sns.eu-west-1.amazonaws.com@evil.com/SimpleNotificationService-0123abcd.pem",
            "https://x@sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem",
            "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0123abcd.pem",
            "https://sns.eu-west-1.amazonaws.com/bucket/SimpleNotificationService-0123abcd.pem",
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-../x.pem",
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-.pem",
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem?x",
            "https://SNS.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem",
        ] {
            assert!(!topic.signs_with(url), "{url}");
        }
    }

    #[test]
    fn a_confirmation_goes_nowhere_else() {
        let topic = topic("arn:aws:sns:eu-west-1:123456789012:mail");
        let expected = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:123456789012:mail&Token=2336412f";
        assert_eq!(topic.confirmation("2336412f").as_deref(), Some(expected));
        for token in ["", "a&Action=DeleteTopic", "a b", "a#", "../x"] {
            assert_eq!(topic.confirmation(token), None, "{token}");
        }
    }
}
