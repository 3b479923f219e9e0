//! Finds the structure of a filter, within limits of length, number and depth. The grammar is in the module's page.

use super::lexer::{Spanned, Token, tokens};
use super::syntax::{BadFilter, Node, Operator, Word};

/// Longest filter, in bytes.
pub const MAX_BYTES: usize = 4096;
/// Most restrictions in a filter.
pub const MAX_RESTRICTIONS: usize = 64;
/// Most levels of parentheses.
pub const MAX_LEVELS: usize = 16;

/// Parses a filter. An empty one lets everything through.
pub(super) fn parse(text: &str) -> Result<Node, BadFilter> {
    if text.len() > MAX_BYTES {
        return Err(BadFilter::new(1, format!("a filter has at most {MAX_BYTES} bytes")));
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        end: text.chars().count() + 1,
        restrictions: 0,
        level: 0,
    };
    if parser.tokens.is_empty() {
        return Ok(Node::All(Vec::new()));
    }

    let node = parser.expression()?;
    match parser.peek() {
        None => Ok(node),
        Some(Token::Close) => Err(parser.problem("this parenthesis was never opened")),
        Some(_) => Err(parser.problem("expected AND, OR, or the next term")),
    }
}

struct Parser {
    tokens: Vec<Spanned>,
    next: usize,
    end: usize,
    restrictions: usize,
    level: usize,
}

impl Parser {
    fn expression(&mut self) -> Result<Node, BadFilter> {
        let mut sequences = vec![self.sequence()?];
        while self.take(&Token::And) {
            sequences.push(self.sequence()?);
        }
        Ok(only_or(sequences, Node::All))
    }

    fn sequence(&mut self) -> Result<Node, BadFilter> {
        let mut factors = vec![self.factor()?];
        while matches!(self.peek(), Some(Token::Word(_) | Token::Not | Token::Minus | Token::Open)) {
            factors.push(self.factor()?);
        }
        Ok(only_or(factors, Node::All))
    }

    fn factor(&mut self) -> Result<Node, BadFilter> {
        let mut terms = vec![self.term()?];
        while self.take(&Token::Or) {
            terms.push(self.term()?);
        }
        Ok(only_or(terms, Node::Any))
    }

    fn term(&mut self) -> Result<Node, BadFilter> {
        if self.take(&Token::Not) {
            return Ok(Node::Not(Box::new(self.simple()?)));
        }
        if self.take(&Token::Minus) {
            self.must_touch()?;
            return Ok(Node::Not(Box::new(self.simple()?)));
        }
        self.simple()
    }

    fn simple(&mut self) -> Result<Node, BadFilter> {
        if self.peek() == Some(&Token::Open) {
            return self.parentheses();
        }
        let Some(Token::Word(word)) = self.peek().cloned() else {
            return Err(self.problem("expected a word, a field or a parenthesis"));
        };
        self.restrictions += 1;
        if self.restrictions > MAX_RESTRICTIONS {
            return Err(self.problem(format!("a filter has at most {MAX_RESTRICTIONS} terms")));
        }
        self.next += 1;

        match self.peek() {
            Some(Token::Operator(operator)) => {
                let operator = *operator;
                self.restriction(word, operator)
            }
            _ => Ok(Node::Text(word)),
        }
    }

    fn parentheses(&mut self) -> Result<Node, BadFilter> {
        let opened_at = self.position();
        self.level += 1;
        if self.level > MAX_LEVELS {
            return Err(self.problem(format!("parentheses go at most {MAX_LEVELS} levels deep")));
        }

        self.next += 1;
        let node = self.expression()?;
        if !self.take(&Token::Close) {
            return Err(match self.peek() {
                None => BadFilter::new(opened_at, "this parenthesis is never closed"),
                Some(_) => self.problem("expected AND, OR, or a closing parenthesis"),
            });
        }
        self.level -= 1;
        Ok(node)
    }

    fn restriction(&mut self, field: Word, operator: Operator) -> Result<Node, BadFilter> {
        if field.quoted {
            return Err(BadFilter::new(
                field.position,
                format!("expected the name of a field, without quotes, before `{}`", operator.symbol()),
            ));
        }
        self.next += 1;
        let value = self.value(operator)?;
        Ok(Node::Restriction { field, operator, value })
    }

    fn value(&mut self, operator: Operator) -> Result<Word, BadFilter> {
        let position = self.position();
        let negative = self.take(&Token::Minus);
        if negative {
            self.must_touch()?;
        }
        let Some(Token::Word(word)) = self.peek().cloned() else {
            return Err(self.problem(format!("expected a value behind `{}`", operator.symbol())));
        };
        self.next += 1;
        if negative {
            Ok(Word {
                text: format!("-{}", word.text),
                position,
                ..word
            })
        } else {
            Ok(word)
        }
    }

    /// A minus sign belongs to what stands directly behind it.
    fn must_touch(&self) -> Result<(), BadFilter> {
        let minus = &self.tokens[self.next - 1];
        match self.tokens.get(self.next) {
            Some(following) if following.start == minus.end => Ok(()),
            _ => Err(BadFilter::new(minus.start, "expected something directly behind `-`")),
        }
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.next += usize::from(found);
        found
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|spanned| &spanned.token)
    }

    fn position(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |spanned| spanned.start)
    }

    fn problem(&self, problem: impl Into<String>) -> BadFilter {
        BadFilter::new(self.position(), problem)
    }
}

/// A list of one is that one.
fn only_or(mut nodes: Vec<Node>, list: fn(Vec<Node>) -> Node) -> Node {
    if nodes.len() == 1 { nodes.remove(0) } else { list(nodes) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn show(node: &Node) -> String {
        let list = |nodes: &[Node], between: &str| nodes.iter().map(show).collect::<Vec<_>>().join(between);
        match node {
            Node::All(nodes) => format!("({})", list(nodes, " & ")),
            Node::Any(nodes) => format!("({})", list(nodes, " | ")),
            Node::Not(node) => format!("!{}", show(node)),
            Node::Text(word) => word.text.clone(),
            Node::Restriction { field, operator, value } => format!("{}{}{}", field.text, operator.symbol(), value.text),
        }
    }

    fn parsed(text: &str) -> String {
        show(&parse(text).unwrap())
    }

    fn problem(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn or_binds_tighter_than_and() {
        assert_eq!(parsed("a AND b OR c"), "(a & (b | c))");
        assert_eq!(parsed("a OR b AND c OR d"), "((a | b) & (c | d))");
        assert_eq!(parsed("a OR (b AND c)"), "(a | (b & c))");
    }

    #[test]
    fn side_by_side_means_and() {
        assert_eq!(parsed("a b OR c d"), "(a & (b | c) & d)");
        assert_eq!(parsed("a b AND c"), "((a & b) & c)");
        assert_eq!(parsed(""), "()");
        assert_eq!(parsed("  "), "()");
    }

    #[test]
    fn negation_takes_one_term() {
        assert_eq!(parsed("NOT a b"), "(!a & b)");
        assert_eq!(parsed("-a=1 OR NOT (b c)"), "(!a=1 | !(b & c))");
        assert_eq!(parsed("a -b"), "(a & !b)");
        assert_eq!(parsed("a-b"), "a-b");
        assert_eq!(parsed("points > -5"), "points>-5");
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        for (text, expected) in [
            ("a AND", "at character 6: expected a word, a field or a parenthesis"),
            ("OR a", "at character 1: expected a word, a field or a parenthesis"),
            ("a OR AND b", "at character 6: expected a word, a field or a parenthesis"),
            ("NOT NOT a", "at character 5: expected a word, a field or a parenthesis"),
            ("(a b", "at character 1: this parenthesis is never closed"),
            ("a)", "at character 2: this parenthesis was never opened"),
            ("()", "at character 2: expected a word, a field or a parenthesis"),
            ("(a = )", "at character 6: expected a value behind `=`"),
            ("a =", "at character 4: expected a value behind `=`"),
            ("a = (b OR c)", "at character 5: expected a value behind `=`"),
            ("= a", "at character 1: expected a word, a field or a parenthesis"),
            ("a = b = c", "at character 7: expected AND, OR, or the next term"),
            ("(a = b = c)", "at character 8: expected AND, OR, or a closing parenthesis"),
            (
                "\"a\" = b",
                "at character 1: expected the name of a field, without quotes, before `=`",
            ),
            ("a - b", "at character 3: expected something directly behind `-`"),
            ("a -", "at character 3: expected something directly behind `-`"),
        ] {
            assert_eq!(problem(text), expected, "{text:?}");
        }
    }

    #[test]
    fn limits() {
        let words = |count: usize| vec!["a"; count].join(" ");
        assert!(parse(&words(64)).is_ok());
        assert_eq!(problem(&words(65)), "at character 129: a filter has at most 64 terms");

        let nested = |levels: usize| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
        assert_eq!(parsed(&nested(16)), "a");
        assert_eq!(problem(&nested(17)), "at character 17: parentheses go at most 16 levels deep");
        assert!(parse(&vec![nested(16); 20].join(" OR ")).is_ok(), "levels are counted inwards only");

        assert!(parse(&"a".repeat(4096)).is_ok());
        assert_eq!(problem(&"a".repeat(4097)), "at character 1: a filter has at most 4096 bytes");
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(pieces in prop::collection::vec(prop::sample::select(vec!["a", "\"b c\"", "=", ":", "!=", "<", "(", ")", "-", "AND", "OR", "NOT", " ", "é", "2026-05-01T1"]), 0..40)) {
            let text = pieces.concat();
            if let Err(bad) = parse(&text) {
                prop_assert!(bad.position >= 1 && bad.position <= text.chars().count() + 1, "{bad}");
            }
        }
    }
}
