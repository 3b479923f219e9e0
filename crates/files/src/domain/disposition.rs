//! The header `Content-Disposition` (RFC 6266): shown or saved, and under which name.

use super::media_type;

/// The header of a file. `name` is sanitised.
#[must_use]
pub fn header(name: &str, content_type: &str) -> String {
    let kind = if media_type::may_be_shown(content_type) {
        "inline"
    } else {
        "attachment"
    };
    // Old readers take the first, all others the second (RFC 8187).
    format!("{kind}; filename=\"{}\"; filename*=UTF-8''{}", ascii(name), encoded(name))
}

/// The name in characters that need no escaping in a quoted string. `%` is left out too: some browsers decode it there.
fn ascii(name: &str) -> String {
    name.chars()
        .map(|character| match character {
            '"' | '\\' | '%' => '_',
            ' '..='~' => character,
            _ => '_',
        })
        .collect()
}

/// The name as RFC 8187 spells it.
fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len() * 3);
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'!' | b'#' | b'$' | b'&' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~' => {
                text.push(char::from(byte));
            }
            _ => {
                text.push('%');
                text.push(char::from(b"0123456789ABCDEF"[usize::from(byte >> 4)]));
                text.push(char::from(b"0123456789ABCDEF"[usize::from(byte & 15)]));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::file_name::sanitise;

    #[test]
    fn names_are_given_twice() {
        assert_eq!(
            header("a b.zip", "application/zip"),
            "attachment; filename=\"a b.zip\"; filename*=UTF-8''a%20b.zip"
        );
        assert_eq!(
            header("é%.png", "image/png"),
            "inline; filename=\"__.png\"; filename*=UTF-8''%C3%A9%25.png"
        );
        assert!(header("x.html", "application/octet-stream").starts_with("attachment;"));
    }

    proptest! {
        #[test]
        fn no_name_breaks_out(given: String) {
            let header = header(&sanitise(&given), "application/octet-stream");
            prop_assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{}", header);
            prop_assert_eq!(header.matches('"').count(), 2, "{}", header);
            prop_assert_eq!(header.matches(';').count() - sanitise(&given).matches(';').count(), 2, "{}", header);
        }
    }
}
