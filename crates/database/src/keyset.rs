//! Pages by keyset: the condition "after this row" and the order that goes with it, NULLs last in both directions.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, NullOrdering, Order, SelectStatement, Value as SqlValue};
use serde_json::Value;

use crate::cursor::BadToken;
use crate::dialect::Kind;

/// One part of an order. The last one must be unique, such as the id.
#[derive(Debug, Clone)]
pub struct Key {
    column: Expr,
    kind: Kind,
    descending: bool,
    nullable: bool,
}

impl Key {
    /// Smallest first. `column` is a column or the expression that the query sorts by.
    pub fn ascending(column: impl Into<Expr>, kind: Kind) -> Self {
        Self {
            column: column.into(),
            kind,
            descending: false,
            nullable: false,
        }
    }

    /// Largest first.
    pub fn descending(column: impl Into<Expr>, kind: Kind) -> Self {
        Self {
            descending: true,
            ..Self::ascending(column, kind)
        }
    }

    /// The column may be NULL; such rows come last.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    fn value(&self, value: &Value) -> Result<Option<Expr>, BadToken> {
        let value: SqlValue = match (self.kind, value) {
            (_, Value::Null) if self.nullable => return Ok(None),
            (Kind::Text, Value::String(text)) => text.as_str().into(),
            (Kind::Integer, Value::Number(number)) => number.as_i64().ok_or(BadToken)?.into(),
            (Kind::Boolean, Value::Bool(value)) => (*value).into(),
            _ => return Err(BadToken),
        };
        Ok(Some(Expr::val(value)))
    }

    fn same(&self, value: Option<Expr>) -> Expr {
        match value {
            Some(value) => self.column.clone().eq(value),
            None => self.column.clone().is_null(),
        }
    }

    /// Strictly after the value; after NULL there is nothing.
    fn beyond(&self, value: Option<Expr>) -> Option<Condition> {
        let value = value?;
        let further = if self.descending {
            self.column.clone().lt(value)
        } else {
            self.column.clone().gt(value)
        };
        let further = Condition::any().add(further);
        Some(if self.nullable {
            further.add(self.column.clone().is_null())
        } else {
            further
        })
    }
}

/// The rows strictly after the one with these values.
///
/// # Errors
/// The values are not those of such keys: the token is of another release.
pub fn after(keys: &[Key], values: &[Value]) -> Result<Condition, BadToken> {
    if keys.len() != values.len() || keys.is_empty() {
        return Err(BadToken);
    }
    let values = keys
        .iter()
        .zip(values)
        .map(|(key, value)| key.value(value))
        .collect::<Result<Vec<_>, _>>()?;
    let uniform = keys.iter().all(|key| !key.nullable && key.descending == keys[0].descending);
    if uniform {
        // One comparison of rows, which an index answers with one range.
        let row = Expr::tuple(keys.iter().map(|key| key.column.clone()));
        let bound = Expr::tuple(values.into_iter().flatten());
        return Ok(Condition::all().add(if keys[0].descending { row.lt(bound) } else { row.gt(bound) }));
    }
    let mut any = Condition::any();
    for (position, key) in keys.iter().enumerate() {
        let Some(beyond) = key.beyond(values[position].clone()) else {
            continue;
        };
        let mut all = Condition::all();
        for (before, value) in keys.iter().zip(&values).take(position) {
            all = all.add(before.same(value.clone()));
        }
        any = any.add(all.add(beyond));
    }
    Ok(if any.is_empty() {
        Condition::all().add(Expr::cust("false"))
    } else {
        any
    })
}

/// Sorts a query by the keys.
pub fn order(query: &mut SelectStatement, keys: &[Key]) {
    for key in keys {
        let order = if key.descending { Order::Desc } else { Order::Asc };
        if key.nullable {
            query.order_by_expr_with_nulls(key.column.clone(), order, NullOrdering::Last);
        } else {
            query.order_by_expr(key.column.clone(), order);
        }
    }
}
