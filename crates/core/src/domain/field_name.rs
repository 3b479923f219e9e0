//! Names of fields as clients write them: `assignee_ids` as in the protos, or `assigneeIds` as in JSON.

use std::borrow::Cow;

/// The name as in the protos. A name that is in snake case already stays as it is.
pub fn snake_case(name: &str) -> Cow<'_, str> {
    if !name.contains(|c: char| c.is_ascii_uppercase()) {
        return Cow::Borrowed(name);
    }

    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    Cow::Owned(snake)
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn both_spellings_mean_the_same() {
        assert_eq!(snake_case("assignee_ids"), "assignee_ids");
        assert_eq!(snake_case("assigneeIds"), "assignee_ids");
        assert_eq!(snake_case("title"), "title");
        assert_eq!(snake_case("Title"), "_title", "a capital at the start is neither spelling");
    }
}
