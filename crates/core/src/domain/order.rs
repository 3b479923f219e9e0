//! The language of `order_by`: names from a list, each with ` asc` or ` desc`, at most three. The result is always a total order.

use super::field_name::snake_case;

/// Most fields that a list can be ordered by.
pub const MAX_FIELDS: usize = 3;

/// One field to order by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort<F> {
    /// What to order by.
    pub field: F,
    /// Whether high values come first. Missing values come last either way.
    pub descending: bool,
}

/// A name that `order_by` knows.
#[derive(Debug, Clone, Copy)]
pub struct SortField<F> {
    /// Name as in the proto.
    pub name: &'static str,
    /// What it stands for.
    pub field: F,
    /// Whether no two rows of the list have the same value, so that nothing behind it matters.
    pub unique: bool,
}

/// What a list can be ordered by.
#[derive(Debug, Clone, Copy)]
pub struct Ordering<F: 'static> {
    /// The names.
    pub fields: &'static [SortField<F>],
    /// The order where the client names none.
    pub default: &'static str,
    /// The unique field that decides between rows that are equal in all others.
    pub tiebreak: F,
}

/// The text is no order of this list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadOrder {
    /// A name that the list does not know.
    #[error("cannot order by {name:?}; possible are {possible}")]
    Unknown {
        /// The name.
        name: String,
        /// Those it knows.
        possible: String,
    },
    /// Something else than `asc` or `desc` behind a name.
    #[error("expected `asc` or `desc` behind {0:?}")]
    Direction(String),
    /// A name twice.
    #[error("{0:?} is named twice")]
    Twice(&'static str),
    /// Too many names.
    #[error("at most {MAX_FIELDS} fields can be named")]
    TooMany,
}

/// Reads an order. It ends with a unique field: with the tiebreak, where the client named none; what stands behind a unique field is left
/// out, because it decides nothing.
pub fn parse<F: Copy>(text: &str, ordering: &Ordering<F>) -> Result<Vec<Sort<F>>, BadOrder> {
    let text = if text.trim().is_empty() { ordering.default } else { text };

    let mut sorts: Vec<(&SortField<F>, bool)> = Vec::new();
    for part in text.split(',') {
        let (known, descending) = parse_part(part, ordering)?;
        if sorts.iter().any(|(earlier, _)| earlier.name == known.name) {
            return Err(BadOrder::Twice(known.name));
        }
        sorts.push((known, descending));
    }
    if sorts.len() > MAX_FIELDS {
        return Err(BadOrder::TooMany);
    }

    let decisive = sorts.iter().position(|(known, _)| known.unique);
    sorts.truncate(decisive.map_or(sorts.len(), |last| last + 1));
    // The same direction as the field before it, so that an index can be read backwards.
    let tiebreak = decisive.is_none().then(|| Sort {
        field: ordering.tiebreak,
        descending: sorts.last().is_some_and(|(_, descending)| *descending),
    });
    Ok(sorts
        .into_iter()
        .map(|(known, descending)| Sort {
            field: known.field,
            descending,
        })
        .chain(tiebreak)
        .collect())
}

fn parse_part<'a, F>(part: &str, ordering: &'a Ordering<F>) -> Result<(&'a SortField<F>, bool), BadOrder> {
    let mut words = part.split_whitespace();
    let name = words.next().unwrap_or_default();
    let known = ordering
        .fields
        .iter()
        .find(|known| known.name == snake_case(name))
        .ok_or_else(|| BadOrder::Unknown {
            name: name.to_owned(),
            possible: ordering.fields.iter().map(|known| known.name).collect::<Vec<_>>().join(", "),
        })?;
    let descending = match (words.next(), words.next()) {
        (None, _) | (Some("asc"), None) => false,
        (Some("desc"), None) => true,
        _ => return Err(BadOrder::Direction(name.to_owned())),
    };
    Ok((known, descending))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LAMPS: Ordering<char> = Ordering {
        fields: &[
            SortField {
                name: "color",
                field: 'c',
                unique: false,
            },
            SortField {
                name: "max_watts",
                field: 'w',
                unique: false,
            },
            SortField {
                name: "age",
                field: 'a',
                unique: false,
            },
            SortField {
                name: "size",
                field: 's',
                unique: false,
            },
            SortField {
                name: "serial",
                field: '#',
                unique: true,
            },
        ],
        default: "max_watts desc",
        tiebreak: 'i',
    };

    /// Lower case stands for ascending, `-` before it for descending.
    fn order(text: &str) -> Result<String, String> {
        let show = |sort: &Sort<char>| {
            if sort.descending {
                format!("-{}", sort.field)
            } else {
                sort.field.to_string()
            }
        };
        parse(text, &LAMPS)
            .map(|sorts| sorts.iter().map(show).collect())
            .map_err(|bad| bad.to_string())
    }

    #[test]
    fn fields_directions_and_a_tiebreak() {
        assert_eq!(order("color"), Ok("ci".into()));
        assert_eq!(order("color desc"), Ok("-c-i".into()));
        assert_eq!(order(" maxWatts  desc ,color asc"), Ok("-wci".into()));
        assert_eq!(order("age,color,max_watts desc"), Ok("ac-w-i".into()));
    }

    #[test]
    fn without_names_there_is_a_default() {
        assert_eq!(order(""), Ok("-w-i".into()));
        assert_eq!(order("  "), Ok("-w-i".into()));
    }

    #[test]
    fn nothing_matters_behind_a_unique_field() {
        assert_eq!(order("serial desc"), Ok("-#".into()));
        assert_eq!(order("color, serial, age"), Ok("c#".into()));
    }

    #[test]
    fn what_cannot_be_ordered_by_is_refused() {
        for (text, problem) in [
            (
                "weight",
                "cannot order by \"weight\"; possible are color, max_watts, age, size, serial",
            ),
            ("color,", "cannot order by \"\"; possible are color, max_watts, age, size, serial"),
            ("color down", "expected `asc` or `desc` behind \"color\""),
            ("color desc desc", "expected `asc` or `desc` behind \"color\""),
            ("maxWatts, max_watts desc", "\"max_watts\" is named twice"),
            ("color, age, size, max_watts", "at most 3 fields can be named"),
        ] {
            assert_eq!(order(text), Err(problem.into()), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_order_is_total(text in "((color|age|size|serial)( asc| desc)?,? ?){0,4}") {
            if let Ok(sorts) = parse(&text, &LAMPS) {
                prop_assert!(sorts.last().is_some_and(|last| ['#', 'i'].contains(&last.field)));
                prop_assert!(sorts.len() <= MAX_FIELDS + 1);
            }
        }
    }
}
