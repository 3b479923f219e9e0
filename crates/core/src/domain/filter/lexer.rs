//! Takes a filter apart into words, quoted texts, operators and parentheses.

use super::syntax::{BadFilter, Operator, Word};

/// A piece of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    And,
    Or,
    Not,
    /// A minus sign; only directly before a term does it mean NOT.
    Minus,
    Open,
    Close,
    Operator(Operator),
}

/// A piece, and the characters it takes up, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spanned {
    pub token: Token,
    pub start: usize,
    pub end: usize,
}

/// All pieces of a filter.
pub(super) fn tokens(text: &str) -> Result<Vec<Spanned>, BadFilter> {
    let mut lexer = Lexer {
        chars: text.chars().collect(),
        next: 0,
    };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_while(char::is_whitespace);
        let start = lexer.next + 1;
        let Some(first) = lexer.peek(0) else { return Ok(tokens) };
        let token = lexer.token(first, start)?;
        tokens.push(Spanned {
            token,
            start,
            end: lexer.next + 1,
        });
    }
}

struct Lexer {
    chars: Vec<char>,
    next: usize,
}

impl Lexer {
    fn token(&mut self, first: char, start: usize) -> Result<Token, BadFilter> {
        let then_equals = self.peek(1) == Some('=');
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '-' => (Token::Minus, 1),
            ':' => (Token::Operator(Operator::Has), 1),
            '=' => (Token::Operator(Operator::Equal), 1),
            '!' if then_equals => (Token::Operator(Operator::NotEqual), 2),
            '<' if then_equals => (Token::Operator(Operator::LessOrEqual), 2),
            '<' => (Token::Operator(Operator::Less), 1),
            '>' if then_equals => (Token::Operator(Operator::GreaterOrEqual), 2),
            '>' => (Token::Operator(Operator::Greater), 1),
            '!' => return Err(BadFilter::new(start, "`!` stands only in `!=`; use NOT or `-`")),
            '"' | '\'' => return self.quoted(first, start).map(Token::Word),
            _ => return Ok(self.word(start)),
        };
        self.next += length;
        Ok(token)
    }

    fn quoted(&mut self, quote: char, start: usize) -> Result<Word, BadFilter> {
        let mut text = String::new();
        self.next += 1;
        while let Some(c) = self.peek(0) {
            self.next += 1;
            match c {
                '\\' => {
                    text.extend(self.peek(0));
                    self.next += 1;
                }
                _ if c == quote => {
                    return Ok(Word {
                        text,
                        quoted: true,
                        position: start,
                    });
                }
                _ => text.push(c),
            }
        }
        Err(BadFilter::new(start, "the quotes that open here are never closed"))
    }

    fn word(&mut self, start: usize) -> Token {
        let begin = self.next;
        self.skip_while(|c| !ends_word(c));
        if self.is_date_time(begin) {
            // The colons of an instant such as 2026-05-01T10:00:00Z belong to it.
            self.skip_while(|c| c == ':' || !ends_word(c));
        }

        let text: String = self.chars[begin..self.next].iter().collect();
        match text.as_str() {
            "AND" => Token::And,
            "OR" => Token::Or,
            "NOT" => Token::Not,
            _ => Token::Word(Word {
                text,
                quoted: false,
                position: start,
            }),
        }
    }

    /// Whether the word that begins here begins like `2026-05-01T10`.
    fn is_date_time(&self, begin: usize) -> bool {
        const PATTERN: &str = "####-##-##T##";
        let word = &self.chars[begin..self.next];
        word.len() == PATTERN.len()
            && word
                .iter()
                .zip(PATTERN.chars())
                .all(|(c, wanted)| if wanted == '#' { c.is_ascii_digit() } else { *c == wanted })
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.next + ahead).copied()
    }

    fn skip_while(&mut self, skip: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&skip) {
            self.next += 1;
        }
    }
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '"' | '=' | '!' | '<' | '>' | ':')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn show(text: &str) -> Result<String, String> {
        let show = |spanned: &Spanned| match &spanned.token {
            Token::Word(word) if word.quoted => format!("«{}»", word.text),
            Token::Word(word) => word.text.clone(),
            Token::Operator(operator) => operator.symbol().to_owned(),
            other => format!("{other:?}"),
        };
        tokens(text)
            .map(|tokens| tokens.iter().map(show).collect::<Vec<_>>().join(" "))
            .map_err(|bad| bad.to_string())
    }

    #[test]
    fn pieces_need_no_spaces_between_them() {
        assert_eq!(show("a=b").unwrap(), "a = b");
        assert_eq!(show("(a<=1)OR -b!=\"c d\"").unwrap(), "Open a <= 1 Close Or Minus b != «c d»");
        assert_eq!(
            show("due<2026-05-01 assignee_ids:me").unwrap(),
            "due < 2026-05-01 assignee_ids : me"
        );
    }

    #[test]
    fn words_may_have_hyphens_apostrophes_and_dots() {
        assert_eq!(show("WEB-12 don't 1.5 näher, a/b").unwrap(), "WEB-12 don't 1.5 näher, a/b");
    }

    #[test]
    fn keywords_are_capital_and_bare() {
        assert_eq!(show("AND and \"AND\" ORDER NOT").unwrap(), "And and «AND» ORDER Not");
    }

    #[test]
    fn instants_keep_their_colons() {
        assert_eq!(
            show("create_time>2026-05-01T10:00:00Z x:y").unwrap(),
            "create_time > 2026-05-01T10:00:00Z x : y"
        );
        assert_eq!(show("2026-05-01:x").unwrap(), "2026-05-01 : x");
    }

    #[test]
    fn quotes_of_both_kinds_with_escapes() {
        assert_eq!(show(r#""say \"hi\" \\" 'it\'s "so"'"#).unwrap(), r#"«say "hi" \» «it's "so"»"#);
    }

    #[test]
    fn errors_tell_the_character() {
        assert_eq!(
            show("ä \"open").unwrap_err(),
            "at character 3: the quotes that open here are never closed"
        );
        assert_eq!(
            show("\"\\").unwrap_err(),
            "at character 1: the quotes that open here are never closed"
        );
        assert_eq!(
            show("a ! b").unwrap_err(),
            "at character 3: `!` stands only in `!=`; use NOT or `-`"
        );
    }

    proptest! {
        #[test]
        fn spans_follow_each_other(text in "\\PC{0,60}") {
            if let Ok(tokens) = tokens(&text) {
                let mut last_end = 1;
                for spanned in tokens {
                    prop_assert!(last_end <= spanned.start && spanned.start < spanned.end);
                    last_end = spanned.end;
                }
                prop_assert!(last_end <= text.chars().count() + 1);
            }
        }
    }
}
