//! The orders of the directory. The id breaks ties, so every order is total.

/// How a list of people is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserOrder {
    /// What comes first.
    pub by: UserOrderKey,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// What a list of people is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserOrderKey {
    /// The folded name.
    DisplayName,
    /// When the account was made.
    CreateTime,
}

/// Reads an order; an empty one is by name.
#[must_use]
pub fn parse(order_by: &str) -> Option<UserOrder> {
    let mut words = order_by.split_whitespace();
    let by = match words.next() {
        None | Some("display_name") => UserOrderKey::DisplayName,
        Some("create_time") => UserOrderKey::CreateTime,
        Some(_) => return None,
    };
    let descending = match words.next() {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(_) => return None,
    };
    words.next().is_none().then_some(UserOrder { by, descending })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read() {
        let order = |by, descending| Some(UserOrder { by, descending });
        assert_eq!(parse(""), order(UserOrderKey::DisplayName, false));
        assert_eq!(parse("display_name desc"), order(UserOrderKey::DisplayName, true));
        assert_eq!(parse(" create_time "), order(UserOrderKey::CreateTime, false));
        for wrong in [
            "email",
            "create_time DESC",
            "create_time desc desc",
            "display_name, create_time",
            "desc",
            "1; drop",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
