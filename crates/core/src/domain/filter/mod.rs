//! The language of `filter`, a subset of AIP-160.
//!
//! ```text
//! expression  = sequence { AND sequence }
//! sequence    = factor { factor }                     side by side means AND
//! factor      = term { OR term }                      OR binds tighter than AND
//! term        = [ NOT | - ] ( "(" expression ")" | restriction )
//! restriction = word | "quoted text" | field operator value
//! operator    = "=" | "!=" | "<" | "<=" | ">" | ">=" | ":"
//! ```
//!
//! A word or text by itself is looked for in the title (or name). Values: words, quoted texts, `none` for no value, `me` for the caller where
//! a person is meant, `*` behind `:` for any value. `!=` and NOT include what has no value. A day compared with a time means the whole day.
//! Limits: 4 KiB, 64 restrictions, 16 levels of parentheses.
//!
//! A text goes through `lexer` (words), `parser` (structure, `syntax`) and `check` (fields and types, by a `table`) and becomes a
//! [`Filter`], which `db` makes SQL of and `matches` evaluates in memory.

mod check;
mod expression;
mod lexer;
mod matches;
mod parser;
mod syntax;
mod table;
mod value;

pub use check::{Asker, compile};
pub use expression::{Comparison, Condition, Filter, Literal, Test};
pub use matches::{Stored, matches};
pub use syntax::BadFilter;
pub use table::{Field, Kind, Table};
