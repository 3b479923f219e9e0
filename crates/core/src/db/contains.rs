//! "This text has that part, in any case" in SQL. Neither database folds letters beyond ASCII here (SQLite has no such function, and the
//! columns of PostgreSQL compare bytes), so the pattern itself allows each letter in all its cases.

use std::collections::HashMap;
use std::sync::LazyLock;

use sea_orm::DbBackend;
use sea_orm::sea_query::Expr;

/// The last letters that have cases (Adlam) are before this.
const LAST_CASED: char = '\u{1ffff}';

/// The letters that become another single letter in lower case, by that letter.
static CAPITALS: LazyLock<HashMap<char, Vec<char>>> = LazyLock::new(|| {
    let mut capitals: HashMap<char, Vec<char>> = HashMap::new();
    for capital in '\0'..=LAST_CASED {
        let mut lower = capital.to_lowercase();
        if let (Some(letter), None) = (lower.next(), lower.next())
            && letter != capital
        {
            capitals.entry(letter).or_default().push(capital);
        }
    }
    // Which of the two sigmas a capital one becomes depends on where it stands: all three are the same here.
    capitals.entry('σ').or_default().push('ς');
    capitals.insert('ς', vec!['σ', 'Σ']);
    capitals
});

/// Whether a text has a part that is folded by `domain::text::fold`. Never NULL where the text is not.
pub fn contains(backend: DbBackend, text: Expr, part: &str) -> Expr {
    /// What a capital I with a dot becomes: the only letter that becomes two.
    const DOTTED_I: &str = "i\u{307}";

    if part.contains('\0') {
        // No text has it, and PostgreSQL does not take it.
        return Expr::cust("false");
    }
    let found = has(backend, text.clone(), part);
    if !part.contains(DOTTED_I) {
        return found;
    }
    Expr::cust_with_exprs(placeholders(backend, "({} OR {})"), [found, has(backend, text, &part.replace(DOTTED_I, "İ"))])
}

fn has(backend: DbBackend, text: Expr, part: &str) -> Expr {
    let (operator, pattern) = match backend {
        DbBackend::Postgres => ("({} ~ {})", regular_expression(part)),
        _ => ("({} GLOB {})", glob(part)),
    };
    Expr::cust_with_exprs(placeholders(backend, operator), [text, Expr::val(pattern)])
}

fn placeholders(backend: DbBackend, template: &str) -> String {
    let numbered = backend == DbBackend::Postgres;
    let (first, second) = if numbered { ("$1", "$2") } else { ("?", "?") };
    template.replacen("{}", first, 1).replacen("{}", second, 1)
}

fn glob(part: &str) -> String {
    let mut pattern = String::from("*");
    for letter in part.chars() {
        match letter {
            '*' | '?' | '[' => pattern.extend(['[', letter, ']']),
            _ => push_all_cases(&mut pattern, letter),
        }
    }
    pattern.push('*');
    pattern
}

fn regular_expression(part: &str) -> String {
    let mut pattern = String::new();
    for letter in part.chars() {
        if letter.is_ascii_punctuation() {
            pattern.push('\\');
        }
        push_all_cases(&mut pattern, letter);
    }
    pattern
}

/// Both dialects write a choice of letters alike.
fn push_all_cases(pattern: &mut String, letter: char) {
    match CAPITALS.get(&letter) {
        None => pattern.push(letter),
        Some(capitals) => {
            pattern.extend(['[', letter]);
            pattern.extend(capitals);
            pattern.push(']');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_for_all_their_cases() {
        assert_eq!(glob("k1 ö"), "*[kK\u{212a}]1 [öÖ]*");
        assert_eq!(regular_expression("ß-a"), "[ßẞ]\\-[aA]");
        assert_eq!(glob("ς"), "*[ςσΣ]*");
    }

    #[test]
    fn signs_of_the_pattern_languages_stand_for_themselves() {
        assert_eq!(glob("*?[]^-"), "*[*][?][[]]^-*");
        assert_eq!(regular_expression("(?i)$"), "\\(\\?[iI]\\)\\$");
    }

    #[test]
    fn no_letter_with_cases_is_forgotten() {
        for letter in LAST_CASED..=char::MAX {
            assert!(letter.to_lowercase().eq([letter]), "{letter:?}");
        }
    }
}
