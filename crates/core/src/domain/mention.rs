//! People named in Markdown as `@(user:ID)`. What stands in code is an example, not a mention.

use uuid::fmt::Hyphenated;

use super::ids::UserId;

/// Most people that one text can name; the rest is ignored.
pub const MENTIONS_MAX: usize = 50;

/// Everybody named in a Markdown text, once each, in the order of their first appearance. Fenced code blocks, code spans and mentions behind
/// a backslash do not count; indented code does, because only a full Markdown parser can tell it from a list.
pub fn mentioned_users(markdown: &str) -> Vec<UserId> {
    let mut users = Vec::new();
    for paragraph in paragraphs(markdown) {
        find_in(&paragraph, &mut users);
    }
    users.truncate(MENTIONS_MAX);
    users
}

/// The paragraphs outside of fenced code blocks: no code span reaches beyond one.
fn paragraphs(markdown: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    let mut fence: Option<&str> = None;

    for line in markdown.split_inclusive('\n') {
        match (fence, fence_of(line)) {
            (None, Some((opening, _))) => {
                fence = Some(opening);
                paragraphs.push(String::new());
            }
            (Some(opening), Some((closing, info))) if closing.starts_with(opening) && info.is_empty() => fence = None,
            (Some(_), _) => {}
            (None, None) if line.trim().is_empty() => paragraphs.push(String::new()),
            (None, None) => paragraphs.last_mut().expect("there is always one").push_str(line),
        }
    }
    paragraphs
}

/// Three or more backticks or tildes that begin a line, and what follows them. Behind backticks there can be no further ones: those are a
/// code span.
fn fence_of(line: &str) -> Option<(&str, &str)> {
    let indentation = line.len() - line.trim_start_matches(' ').len();
    let text = line.trim();
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let (fence, info) = text.split_at(text.len() - text.trim_start_matches(mark).len());
    (indentation < 4 && fence.len() >= 3 && !(mark == '`' && info.contains('`'))).then_some((fence, info))
}

fn find_in(text: &str, users: &mut Vec<UserId>) {
    let mut rest = text;
    while let Some(found) = rest.find(['\\', '`', '@']) {
        rest = &rest[found..];
        let taken = match rest.as_bytes()[0] {
            b'\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            b'`' => code_span(rest),
            _ => {
                users.extend(mention(rest).filter(|user| !users.contains(user)));
                1
            }
        };
        rest = &rest[taken..];
    }
}

/// The person named where the text begins.
fn mention(text: &str) -> Option<UserId> {
    let (id, rest) = text.strip_prefix("@(user:")?.split_at_checked(Hyphenated::LENGTH)?;
    rest.starts_with(')').then(|| id.parse().ok())?
}

/// Length of the code span that begins here: up to as many backticks as it begins with. Where none follow, the backticks are just text.
fn code_span(text: &str) -> usize {
    let run = |text: &str| text.len() - text.trim_start_matches('`').len();
    let opening = run(text);

    let mut end = opening;
    while let Some(found) = text[end..].find('`') {
        let closing = run(&text[end + found..]);
        end += found + closing;
        if closing == opening {
            return end;
        }
    }
    opening
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const ADA: &str = "@(user:00000000-0000-0000-0000-000000000001)";
    const TIM: &str = "@(user:00000000-0000-0000-0000-000000000002)";

    fn named(text: &str) -> Vec<u128> {
        let text = text.replace("ADA", ADA).replace("TIM", TIM);
        mentioned_users(&text).into_iter().map(|user| user.uuid().as_u128()).collect()
    }

    #[test]
    fn people_are_named_once_in_their_order() {
        assert_eq!(named("TIM, please ask ADA (not TIM)."), [2, 1]);
        assert_eq!(named("**ADA**TIM"), [1, 2]);
        assert_eq!(named("nobody"), [0; 0]);
    }

    #[test]
    fn what_only_looks_like_a_mention_is_none() {
        for text in [
            "@(user:)",
            "@(user:7)",
            "@(team:00000000-0000-0000-0000-000000000001)",
            "(user:00000000-0000-0000-0000-000000000001)",
            "@(user:00000000-0000-0000-0000-000000000001",
            "\\ADA",
        ] {
            assert_eq!(named(text), [0; 0], "{text:?}");
        }
        assert_eq!(named("@@(user:x)ADA \\\\TIM"), [1, 2], "a broken one does not hide the next");
    }

    #[test]
    fn code_names_nobody() {
        assert_eq!(named("write `ADA` for TIM"), [2]);
        assert_eq!(named("``a ` ADA`` TIM"), [2]);
        assert_eq!(named("```\nADA\n```\nTIM"), [2]);
        assert_eq!(named("~~~ text\nADA\n```\nADA\n~~~~\nTIM"), [2]);
        assert_eq!(named("TIM\n  ````\nADA\n```\nADA"), [2], "an open block goes on to the end");
        assert_eq!(named("```ADA``` TIM"), [2], "a span, not a block");
    }

    #[test]
    fn lone_backticks_hide_nothing() {
        assert_eq!(named("a ` ADA"), [1]);
        assert_eq!(named("a `` ADA ` TIM"), [1, 2]);
        assert_eq!(named("\\`ADA`"), [1]);
        assert_eq!(named("a ` b\n\nADA ` c"), [1], "a span ends with its paragraph");
        assert_eq!(named("` \n```\n ADA `\n```\nTIM"), [2], "a block ends what was open before it");
    }

    #[test]
    fn fifty_are_enough() {
        let crowd: String = (0..60).map(|number| format!("@(user:{})", Uuid::from_u128(number))).collect();
        assert_eq!(mentioned_users(&crowd).len(), MENTIONS_MAX);
    }

    proptest! {
        #[test]
        fn plain_mentions_are_always_found(before in "[a-zA-Z .\n]{0,20}", number: u128, after in "[a-zA-Z .\n]{0,20}") {
            let user = UserId::from(Uuid::from_u128(number));
            prop_assert_eq!(mentioned_users(&format!("{before}@(user:{user}){after}")), [user]);
        }

        #[test]
        fn nothing_makes_it_panic(pieces in prop::collection::vec(prop::sample::select(vec!["`", "```", "~~~", "\n", "\\", "ü", "@(", ADA, "@(user:", ")", "    "]), 0..40)) {
            prop_assert!(mentioned_users(&pieces.concat()).len() <= 1);
        }
    }
}
