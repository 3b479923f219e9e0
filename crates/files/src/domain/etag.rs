//! The strong etag of a file: made of its checksum, because neither its content nor anything that is shown of it ever changes.

use super::checksum::Checksum;

/// The etag of a content, with its quotes.
#[must_use]
pub fn of(checksum: &Checksum) -> String {
    let mut etag = checksum.to_string();
    // Half of the digits are enough to never meet the same again.
    etag.truncate(32);
    format!("\"{etag}\"")
}

/// Whether a list of etags (`If-None-Match`) holds this one, weak or strong, or is `*`.
#[must_use]
pub fn is_listed(list: &str, etag: &str) -> bool {
    list.trim() == "*"
        || list.split(',').any(|one| {
            let one = one.trim();
            one.strip_prefix("W/").unwrap_or(one) == etag
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_compared_weakly() {
        let etag = of(&Checksum::OF_NOTHING);
        assert_eq!(etag, "\"e3b0c44298fc1c149afbf4c8996fb924\"");
        for hit in [etag.clone(), format!("W/{etag}"), format!("\"a\", {etag}"), " * ".to_owned()] {
            assert!(is_listed(&hit, &etag), "{hit}");
        }
        for miss in ["", "\"a\"", "e3b0c44298fc1c149afbf4c8996fb924", "\"*\""] {
            assert!(!is_listed(miss, &etag), "{miss}");
        }
    }
}
