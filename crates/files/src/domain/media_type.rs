//! What a content is, seen from its first bytes. Names and claims are not believed, and nothing that could run in a browser keeps its type.

/// How many bytes are looked at.
pub const HEAD: usize = 1024;

/// The type of what is not known, or shall not be shown.
pub const UNKNOWN: &str = "application/octet-stream";

/// The type of text.
pub const TEXT: &str = "text/plain; charset=utf-8";

/// Types by their first bytes: offset, bytes, type.
const MAGIC: &[(usize, &[u8], &str)] = &[
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (257, b"ustar", "application/x-tar"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (8, b"WAVE", "audio/wav"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (4, b"ftyp", "video/mp4"),
];

/// How active content begins, after blanks, comments and a byte order mark.
const ACTIVE: &[&[u8]] = &[b"<", b"#!", b"javascript:", b"//@", b"/*@cc_on"];

/// The type of a content that begins so.
#[must_use]
pub fn sniff(head: &[u8]) -> &'static str {
    let head = &head[..head.len().min(HEAD)];
    if head.is_empty() {
        return UNKNOWN;
    }
    for (offset, bytes, found) in MAGIC {
        if head.get(*offset..).is_some_and(|rest| rest.starts_with(bytes)) && confirmed(found, head) {
            return found;
        }
    }
    if is_text(head) && !is_active(head) { TEXT } else { UNKNOWN }
}

/// Whether a browser may show it in place: it cannot run anything.
#[must_use]
pub fn may_be_shown(content_type: &str) -> bool {
    matches!(content_type, "image/png" | "image/jpeg" | "image/gif" | "image/webp" | TEXT)
}

/// Short signs need a second look.
fn confirmed(found: &str, head: &[u8]) -> bool {
    match found {
        "image/webp" | "audio/wav" => head.starts_with(b"RIFF"),
        "image/bmp" => head.get(6..10) == Some(&[0; 4]),
        _ => true,
    }
}

/// UTF-8 (perhaps cut within a character) without control characters.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
        Err(_) => return false,
    };
    !text.is_empty()
        && text
            .chars()
            .all(|character| !character.is_control() || matches!(character, '\n' | '\r' | '\t' | '\u{c}'))
}

/// Markup of any kind (HTML, SVG, XML) and scripts that say so.
fn is_active(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let lower = text.to_ascii_lowercase();
    ACTIVE.iter().any(|sign| lower.starts_with(sign)) || TAGS.iter().any(|tag| lower.windows(tag.len()).any(|window| window == *tag))
}

/// Tags that make a browser see a page in a text, wherever they stand in its head.
const TAGS: &[&[u8]] = &[
    b"<html",
    b"<script",
    b"<svg",
    b"<!doctype",
    b"<?xml",
    b"<iframe",
    b"<body",
    b"<img",
    b"<object",
    b"<embed",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_contents_are_recognised() {
        for (head, expected) in [
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), "image/png"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
            (b"GIF89a\x01\0", "image/gif"),
            (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
            (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
            (b"%PDF-1.7\n", "application/pdf"),
            (b"PK\x03\x04\x14\0", "application/zip"),
            (b"\x1f\x8b\x08\0", "application/gzip"),
            (b"\0\0\0\x20ftypisom", "video/mp4"),
            (b"BM\x36\0\0\0\0\0\0\0", "image/bmp"),
            (b"hello, world\n", TEXT),
            ("привет".as_bytes(), TEXT),
            (&"é".as_bytes()[..1], UNKNOWN),
            (b"BMW drives", TEXT),
            (b"MZ\x90\0", UNKNOWN),
            (b"\x7fELF\x02", UNKNOWN),
            (b"\0\x01\x02", UNKNOWN),
            (b"", UNKNOWN),
        ] {
            assert_eq!(sniff(head), expected, "{head:?}");
        }
    }

    #[test]
    fn what_could_run_is_never_shown() {
        for head in [
            "<!DOCTYPE html><p>",
            "  \n<HTML>",
            "\u{feff}<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
            "<?xml version=\"1.0\"?><svg/>",
            "<!-- a comment --><script>",
            "plain words, then <ScRiPt>alert(1)</sCrIpT>",
            "<a href=javascript:alert(1)>",
            "#!/bin/sh\nrm -rf /",
            "javascript:alert(1)",
        ] {
            assert_eq!(sniff(head.as_bytes()), UNKNOWN, "{head:?}");
        }
        for never in [
            UNKNOWN,
            "text/html",
            "image/svg+xml",
            "application/pdf",
            "application/javascript",
            "text/plain",
        ] {
            assert!(!may_be_shown(never), "{never}");
        }
    }

    #[test]
    fn a_picture_with_a_script_behind_it_stays_a_picture() {
        // Shown as what it is, with nosniff and a sandbox: a browser runs nothing of it.
        assert_eq!(sniff(b"GIF89a/*<script>alert(1)</script>*/=1;"), "image/gif");
    }

    proptest! {
        #[test]
        fn markup_is_unknown_whatever_stands_before(before in "[ \t\r\n]{0,20}", tag in prop::sample::select(TAGS)) {
            let mut head = before.into_bytes();
            head.extend_from_slice(tag);
            prop_assert_eq!(sniff(&head), UNKNOWN);
        }

        #[test]
        fn no_content_breaks_it(head: Vec<u8>) {
            let _ = sniff(&head);
        }
    }
}
