//! Update masks: which fields of a resource an update changes.

use std::collections::BTreeSet;

use super::field_name::snake_case;

/// A field of a resource that updates may change.
pub trait EditableField: Copy + Ord + 'static {
    /// All of them: what `*` stands for.
    const ALL: &'static [Self];

    /// Fields that a mask may name although an update never changes them: clients send back what they read. The etag is one; of the
    /// others the resource's own `update` checks that they are the same as ever.
    const SENT_BACK: &'static [&'static str];

    /// Name as in the proto.
    fn name(self) -> &'static str;
}

/// A path in the mask cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path:?} cannot be changed; what can: {possible}")]
pub struct BadMask {
    /// The path as the client wrote it.
    pub path: String,
    possible: String,
}

/// The fields that a mask names. Without a mask, or with an empty one, they are those `set` in the message. Paths may be written as in the
/// protos or as in JSON; a path that is unknown, OUTPUT_ONLY, or leads into a field is refused.
pub fn resolve<F: EditableField>(mask: Option<&[String]>, set: impl IntoIterator<Item = F>) -> Result<BTreeSet<F>, BadMask> {
    let Some(paths) = mask.filter(|paths| !paths.is_empty()) else {
        return Ok(set.into_iter().collect());
    };

    let mut fields = BTreeSet::new();
    for path in paths {
        let name = snake_case(path);
        if name == "*" {
            fields.extend(F::ALL);
        } else if let Some(field) = F::ALL.iter().find(|field| field.name() == name) {
            fields.insert(*field);
        } else if !F::SENT_BACK.contains(&name.as_ref()) {
            return Err(BadMask {
                path: path.clone(),
                possible: possible::<F>(),
            });
        }
    }
    Ok(fields)
}

fn possible<F: EditableField>() -> String {
    F::ALL.iter().map(|field| field.name()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    enum Lamp {
        Color,
        MaxWatts,
    }
    use Lamp::{Color, MaxWatts};

    impl EditableField for Lamp {
        const ALL: &'static [Self] = &[Color, MaxWatts];
        const SENT_BACK: &'static [&'static str] = &["etag"];

        fn name(self) -> &'static str {
            match self {
                Color => "color",
                MaxWatts => "max_watts",
            }
        }
    }

    fn fields(paths: &[&str]) -> Result<Vec<Lamp>, String> {
        let paths: Vec<_> = paths.iter().map(|path| path.to_string()).collect();
        resolve(Some(&paths), [Color])
            .map(|fields| fields.into_iter().collect())
            .map_err(|bad| bad.to_string())
    }

    #[test]
    fn names_in_both_spellings_and_twice() {
        assert_eq!(fields(&["max_watts"]), Ok(vec![MaxWatts]));
        assert_eq!(fields(&["maxWatts", "max_watts", "color"]), Ok(vec![Color, MaxWatts]));
    }

    #[test]
    fn a_star_means_all() {
        assert_eq!(fields(&["*"]), Ok(vec![Color, MaxWatts]));
    }

    #[test]
    fn no_mask_means_what_is_set() {
        assert_eq!(fields(&[]), Ok(vec![Color]));
        assert_eq!(resolve(None, [MaxWatts]), Ok(BTreeSet::from([MaxWatts])));
        assert_eq!(resolve::<Lamp>(None, []), Ok(BTreeSet::new()));
    }

    #[test]
    fn an_etag_sent_back_changes_nothing() {
        assert_eq!(fields(&["etag", "color"]), Ok(vec![Color]));
    }

    #[test]
    fn other_paths_are_refused_by_name() {
        for path in ["id", "color.red", "", "COLOR", "_color", " color"] {
            assert_eq!(
                fields(&["max_watts", path]),
                Err(format!("{path:?} cannot be changed; what can: color, max_watts"))
            );
        }
    }
}
