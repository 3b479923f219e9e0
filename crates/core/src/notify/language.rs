//! The languages that Core speaks to people, how one is chosen, and how they count.

/// A language with a catalogue of all texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English, also for everybody whose language is not here.
    English,
    /// Russian.
    Russian,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::Russian];

    /// The language of a BCP 47 tag such as `ru-RU`.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        Self::named(locale).unwrap_or(Self::English)
    }

    /// The language that a browser likes best of those that are here: `accept-language`.
    #[must_use]
    pub fn of_accept_language(header: &str) -> Self {
        let mut best = (Self::English, 0);
        for choice in header.split(',').take(32) {
            let mut parts = choice.split(';');
            let Some(language) = parts.next().and_then(|tag| Self::named(tag.trim())) else {
                continue;
            };
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).unwrap_or("1");
            // Thousandths: compared, never calculated with.
            let weight = weight
                .trim()
                .parse::<f32>()
                .map_or(0, |weight| (weight.clamp(0.0, 1.0) * 1000.0) as u16);
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }

    fn named(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// Its BCP 47 tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Russian => "ru",
        }
    }
}

/// The form that a number takes in Russian: 1 задача, 2 задачи, 5 задач.
pub(super) fn russian<'a>(number: i64, one: &'a str, few: &'a str, many: &'a str) -> &'a str {
    match (number.unsigned_abs() % 10, number.unsigned_abs() % 100) {
        (_, 11..=14) => many,
        (1, _) => one,
        (2..=4, _) => few,
        _ => many,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_and_browsers_choose() {
        for (locale, language) in [
            ("en", Language::English),
            ("ru", Language::Russian),
            ("ru-RU", Language::Russian),
            ("RU_ru", Language::Russian),
            ("rus", Language::English),
            ("de", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::of_locale(locale), language, "{locale:?}");
        }
        for (header, language) in [
            ("", Language::English),
            ("ru", Language::Russian),
            ("de-DE, ru;q=0.8, en;q=0.5", Language::Russian),
            ("en, ru", Language::English),
            ("ru;q=0.2, en;q=0.9", Language::English),
            ("ru;q=0", Language::English),
            ("ru;q=nonsense, *;q=1", Language::English),
        ] {
            assert_eq!(Language::of_accept_language(header), language, "{header:?}");
        }
    }

    #[test]
    fn russian_counts_in_three_forms() {
        let form = |number| russian(number, "задача", "задачи", "задач");
        for (number, word) in [
            (0, "задач"),
            (1, "задача"),
            (2, "задачи"),
            (4, "задачи"),
            (5, "задач"),
            (11, "задач"),
            (12, "задач"),
            (14, "задач"),
            (21, "задача"),
            (22, "задачи"),
            (25, "задач"),
            (111, "задач"),
            (121, "задача"),
            (1_000_003, "задачи"),
        ] {
            assert_eq!(form(number), word, "{number}");
        }
    }
}
