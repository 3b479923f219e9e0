//! HTML that cannot be injected into: what is written as it stands is part of the program, everything else is escaped.

/// A piece of HTML.
#[derive(Debug, Clone, Default)]
pub struct Markup(String);

impl Markup {
    /// Adds markup of the program.
    pub fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Adds text, for between tags or within a quoted attribute.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // They show nothing, and may not stand in HTML.
                letter if letter.is_control() && !matches!(letter, '\n' | '\t') => {}
                letter => self.0.push(letter),
            }
        }
        self
    }

    /// The HTML.
    #[must_use]
    pub fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_makes_no_markup(text in any::<String>()) {
            let mut markup = Markup::default();
            markup.text(&text);
            let written = markup.finish();
            prop_assert!(!written.contains(['<', '>', '"', '\'']));
            let read = written
                .replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&");
            let visible: String = text.chars().filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t')).collect();
            prop_assert_eq!(read, visible);
        }
    }
}
