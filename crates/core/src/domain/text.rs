//! Rules of texts that people write: one-line names and titles, and Markdown.

use super::invalid::Invalid;

/// Longest Markdown description, in bytes.
pub const DESCRIPTION_MAX_BYTES: usize = 64 * 1024;

/// One line of 1 to `max` characters, without the spaces around it. Control characters and line breaks of any kind are refused.
pub fn one_line(field: &'static str, text: &str, max: usize) -> Result<String, Invalid> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > max {
        return Err(Invalid::new(field, format!("must have 1 to {max} characters")));
    }
    if text.chars().any(breaks_the_line) {
        return Err(Invalid::new(field, "must be one line without control characters"));
    }
    Ok(text.to_owned())
}

/// Markdown of at most `max_bytes`, kept exactly as it was written. U+0000 is refused, because PostgreSQL cannot store it.
pub fn markdown(field: &'static str, text: &str, max_bytes: usize) -> Result<(), Invalid> {
    if text.len() > max_bytes {
        return Err(Invalid::new(field, format!("must have at most {max_bytes} bytes")));
    }
    if text.contains('\0') {
        return Err(Invalid::new(field, "must not contain U+0000"));
    }
    Ok(())
}

/// The form in which texts are compared when case must not matter. Stored beside what is searched, because the databases know different
/// alphabets.
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}

fn breaks_the_line(c: char) -> bool {
    const LINE_SEPARATOR: char = '\u{2028}';
    const PARAGRAPH_SEPARATOR: char = '\u{2029}';
    c.is_control() || c == LINE_SEPARATOR || c == PARAGRAPH_SEPARATOR
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_trimmed_and_counted_in_characters() {
        assert_eq!(one_line("title", "  Pay rent ", 500).unwrap(), "Pay rent");
        assert!(one_line("title", &"ü".repeat(500), 500).is_ok());
        assert!(one_line("title", &"ü".repeat(501), 500).is_err());
    }

    #[test]
    fn empty_and_broken_lines_are_refused() {
        for text in ["", "  \t ", "a\nb", "a\rb", "a\0b", "a\u{2028}b", "a\u{7f}b", "a\u{85}b"] {
            let invalid = one_line("title", text, 500).unwrap_err();
            assert_eq!(invalid.field, "title", "{text:?}");
        }
    }

    #[test]
    fn markdown_is_counted_in_bytes() {
        assert!(markdown("description", &"ü".repeat(8), 16).is_ok());
        assert!(markdown("description", &"ü".repeat(9), 16).is_err());
        assert!(markdown("description", "a\n\tb\r\n", 16).is_ok());
        assert!(markdown("description", "a\0b", 16).is_err());
    }

    proptest! {
        #[test]
        fn a_good_line_stays_as_it_is(text in "\\PC{0,40}") {
            if let Ok(line) = one_line("title", &text, 30) {
                prop_assert_eq!(one_line("title", &line, 30), Ok(line.clone()));
                prop_assert_eq!(text.trim(), line);
            }
        }
    }
}
