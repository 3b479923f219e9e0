//! Which part of a content is wanted: `Range`, `If-Range` and `If-None-Match` as RFC 9110 means them, for one range.

use std::ops::Range;

use super::etag;

/// What to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Everything.
    Whole,
    /// One part, not empty.
    Part(Range<u64>),
    /// Nothing: the reader has it.
    NotModified,
    /// No byte of it lies in the range.
    Unsatisfiable,
}

/// The conditions of a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Conditions<'a> {
    /// `Range`.
    pub range: Option<&'a str>,
    /// `If-Range`.
    pub if_range: Option<&'a str>,
    /// `If-None-Match`.
    pub if_none_match: Option<&'a str>,
}

/// What is wanted of a content of this size with this etag.
#[must_use]
pub fn decide(conditions: Conditions<'_>, content_etag: &str, size: u64) -> Wanted {
    if conditions.if_none_match.is_some_and(|list| etag::is_listed(list, content_etag)) {
        return Wanted::NotModified;
    }
    let Some(range) = conditions.range else { return Wanted::Whole };
    // Strongly compared; a date never matches, because no modification date is ever sent.
    if conditions.if_range.is_some_and(|known| known.trim() != content_etag) {
        return Wanted::Whole;
    }
    match parse(range) {
        None => Wanted::Whole,
        Some(Spec::From(first, last)) if first < size => Wanted::Part(first..last.map_or(size, |last| last.saturating_add(1).min(size))),
        Some(Spec::Last(count)) if count > 0 && size > 0 => Wanted::Part(size.saturating_sub(count)..size),
        Some(_) => Wanted::Unsatisfiable,
    }
}

enum Spec {
    /// From a byte on, to another one.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
}

/// Reads one range of bytes. Several ranges, other units and what breaks the syntax are as if nothing was said.
fn parse(header: &str) -> Option<Spec> {
    let (unit, set) = header.trim().split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = set.trim().split_once('-')?;
    let (first, last) = (first.trim(), last.trim());
    match (first, last) {
        ("", "") => None,
        ("", count) => Some(Spec::Last(number(count)?)),
        (first, "") => Some(Spec::From(number(first)?, None)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Spec::From(first, Some(last)))
        }
    }
}

/// Digits only; more than fit are as many as there can be.
fn number(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ETAG: &str = "\"abc\"";

    fn of(range: &str, size: u64) -> Wanted {
        let conditions = Conditions {
            range: Some(range),
            ..Conditions::default()
        };
        decide(conditions, ETAG, size)
    }

    #[test]
    fn one_range_is_a_part() {
        for (range, part) in [
            ("bytes=0-", 0..10),
            ("bytes=0-0", 0..1),
            ("bytes=2-5", 2..6),
            ("bytes=9-9", 9..10),
            ("bytes=5-99", 5..10),
            ("bytes=-1", 9..10),
            ("bytes=-99", 0..10),
            ("BYTES = 2 - 5 ", 2..6),
            ("bytes=0-99999999999999999999999", 0..10),
            ("bytes=-99999999999999999999999", 0..10),
        ] {
            assert_eq!(of(range, 10), Wanted::Part(part), "{range}");
        }
    }

    #[test]
    fn a_range_outside_is_unsatisfiable() {
        for (range, size) in [
            ("bytes=10-", 10),
            ("bytes=10-20", 10),
            ("bytes=9223372036854775808-", 10),
            ("bytes=99999999999999999999999-", 10),
            ("bytes=-0", 10),
            ("bytes=0-", 0),
            ("bytes=-1", 0),
        ] {
            assert_eq!(of(range, size), Wanted::Unsatisfiable, "{range}");
        }
    }

    #[test]
    fn what_is_no_single_range_is_ignored() {
        let many = format!("bytes=0-0{}", ",2-3".repeat(1000));
        for range in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=5-1",
            "bytes=a-b",
            "bytes=1",
            "bytes=0-0,2-3",
            "lines=1-2",
            "bytes=+1-2",
            "bytes=--1",
            &many,
        ] {
            assert_eq!(of(range, 10), Wanted::Whole, "{range}");
        }
    }

    #[test]
    fn conditions_come_first() {
        let conditions = |if_range, if_none_match| Conditions {
            range: Some("bytes=0-1"),
            if_range,
            if_none_match,
        };
        for (if_range, if_none_match, wanted) in [
            (Some(ETAG), None, Wanted::Part(0..2)),
            (Some("\"old\""), None, Wanted::Whole),
            (Some("W/\"abc\""), None, Wanted::Whole),
            (Some("Sat, 29 Oct 2025 19:43:31 GMT"), None, Wanted::Whole),
            (None, Some(ETAG), Wanted::NotModified),
            (None, Some("\"x\", W/\"abc\""), Wanted::NotModified),
            (None, Some("*"), Wanted::NotModified),
            (None, Some("\"x\""), Wanted::Part(0..2)),
        ] {
            assert_eq!(
                decide(conditions(if_range, if_none_match), ETAG, 10),
                wanted,
                "{if_range:?} {if_none_match:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_part_lies_within(range in "bytes=[0-9]{0,21}-[0-9]{0,21}", size in prop_oneof![0u64..20, any::<u64>()]) {
            if let Wanted::Part(part) = of(&range, size) {
                prop_assert!(part.start < part.end && part.end <= size);
            }
        }

        #[test]
        fn no_header_breaks_it(range: String) {
            let _ = of(&range, 10);
        }
    }
}
