//! Names of files as they may be shown and offered for saving on any system. They name nothing on our disk.

use unicode_normalization::UnicodeNormalization;

/// Longest name, in bytes: what most file systems take.
pub const LONGEST: usize = 255;

/// The name where nothing is left of one.
pub const NAMELESS: &str = "file";

/// Names that Windows keeps for devices, with any extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// A name made safe: composed characters, no path, nothing invisible that turns or hides text, nothing that any system takes for something
/// else than a name, at most [`LONGEST`] bytes with its extension kept. Doing it twice changes nothing.
#[must_use]
pub fn sanitise(given: &str) -> String {
    // Composing first: what it makes must obey the rules, too.
    let composed: String = given.nfc().collect();
    let last = composed.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last.chars().filter(|character| !is_dropped(*character)).map(replaced).collect();
    // Dropping may have brought characters together that compose.
    let visible: String = visible.nfc().collect();
    let trimmed = visible.trim_start_matches(is_edge).trim_end_matches(is_edge);
    let mut name = shortened(trimmed);
    if name.is_empty() {
        NAMELESS.clone_into(&mut name);
    }
    if is_device(&name) {
        name.insert(0, '_');
        name = shortened(&name);
    }
    name
}

/// Controls, and what changes how the text around it is read: bidirectional controls, invisible joiners and separators, tags, the byte order
/// mark, what has no meaning.
fn is_dropped(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// What Windows refuses in a name becomes an underscore; spaces of any kind become one that can be seen.
fn replaced(character: char) -> char {
    match character {
        '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
        space if space.is_whitespace() => ' ',
        other => other,
    }
}

/// What no name begins or ends with: such names are hidden, or lose it on Windows.
fn is_edge(character: char) -> bool {
    character == '.' || character.is_whitespace()
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let numbered = |port: &str| {
        let number = stem.strip_prefix(port).unwrap_or_default();
        matches!(number, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
    };
    DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

/// At most [`LONGEST`] bytes. A short extension stays; the middle goes.
fn shortened(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let extension = match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= 32 => &name[at..],
        _ => "",
    };
    let stem = &name[..name.len() - extension.len()];
    let cut = &stem[..stem.floor_char_boundary(LONGEST - extension.len())];
    format!("{}{extension}", cut.trim_end_matches(is_edge))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tricks_become_names() {
        for (given, name) in [
            ("report.pdf", "report.pdf"),
            ("../../x", "x"),
            ("..\\..\\x", "x"),
            ("/etc/passwd", "passwd"),
            ("C:\\temp\\a.txt", "a.txt"),
            ("%2e%2e/", "file"),
            ("%2e%2e%2fx", "%2e%2e%2fx"),
            ("a\0b", "ab"),
            ("CON", "_CON"),
            ("con.txt", "_con.txt"),
            ("Com1", "_Com1"),
            ("LPT¹.log", "_LPT¹.log"),
            ("nul .txt", "_nul .txt"),
            ("console", "console"),
            ("com10", "com10"),
            ("a\r\nSet-Cookie: x", "aSet-Cookie_ x"),
            ("\"; filename=evil.html", "_; filename=evil.html"),
            ("exe\u{202e}gpj.exe", "exegpj.exe"),
            ("\u{2066}a\u{2069}", "a"),
            ("...hidden", "hidden"),
            (" . a . ", "a"),
            (".gitignore", "gitignore"),
            ("", "file"),
            ("...", "file"),
            ("e\u{301}.txt", "é.txt"),
            ("a\u{a0}b", "a b"),
            ("счёт №1.pdf", "счёт №1.pdf"),
        ] {
            assert_eq!(sanitise(given), name, "{given:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let name = sanitise(&format!("{}.tar.gz", "я".repeat(2048)));
        assert!(
            name.len() <= LONGEST && name.len() > LONGEST - 4 && name.ends_with("я.gz"),
            "{name}"
        );
        let name = sanitise(&format!("a.{}", "b".repeat(4096)));
        assert_eq!(name.len(), LONGEST);
    }

    fn nasty() -> impl Strategy<Value = String> {
        let character = prop_oneof![
            any::<char>(),
            prop::sample::select(
                "./\\ \0\r\n\t:*?\"<>|conaul1¹e\u{301}\u{202e}\u{2067}\u{feff}\u{a0}\u{3000}\u{85}"
                    .chars()
                    .collect::<Vec<_>>()
            ),
        ];
        prop::collection::vec(character, 0..300).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn whatever_is_given_a_name_comes_out(given in nasty()) {
            let name = sanitise(&given);
            prop_assert!(!name.is_empty() && name.len() <= LONGEST);
            prop_assert!(!name.contains(['/', '\\', '"', ':']) && !name.chars().any(is_dropped), "{:?}", name);
            prop_assert!(!name.starts_with(is_edge) && !name.ends_with(is_edge), "{:?}", name);
            prop_assert!(!is_device(&name), "{:?}", name);
            prop_assert_eq!(sanitise(&name), name.clone(), "twice is once");
            prop_assert_eq!(name.nfc().collect::<String>(), name.clone());
        }

        #[test]
        fn ordinary_names_stay(name in "[a-zA-Z0-9а-я_][a-zA-Z0-9а-я _-]{0,30}[a-zA-Z0-9а-я]\\.[a-z]{1,4}") {
            prop_assume!(!is_device(&name));
            prop_assert_eq!(sanitise(&name), name.nfc().collect::<String>());
        }
    }
}
