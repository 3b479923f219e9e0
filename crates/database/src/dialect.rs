//! Where the dialects differ: lists in one parameter (so that a statement's text stays the same whatever the count), one row for
//! each element of a list, and a page as one JSON value (four times faster to fetch than rows on SQLite).

use sea_orm::sea_query::{ArrayType, Expr, Func, InsertStatement, IntoIden, Query, SelectStatement, Value};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use serde::de::DeserializeOwned;

use crate::Id;

/// How a column appears in a JSON page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A 64-bit number.
    Integer,
    /// `true` or `false`, which SQLite stores as a number.
    Boolean,
    /// Text that holds JSON.
    Json,
}

/// Whether the expression is one of the ids.
#[must_use]
pub fn in_ids(backend: DbBackend, expr: Expr, ids: &[Id]) -> Expr {
    in_texts(backend, expr, &ids.iter().map(Id::to_string).collect::<Vec<_>>())
}

/// Whether the expression is one of the texts.
#[must_use]
pub fn in_texts(backend: DbBackend, expr: Expr, texts: &[String]) -> Expr {
    within(backend, expr, text_list(backend, texts))
}

/// Whether the expression is one of the numbers.
#[must_use]
pub fn in_integers(backend: DbBackend, expr: Expr, numbers: &[i64]) -> Expr {
    let list = match backend {
        DbBackend::Postgres => Value::Array(
            ArrayType::BigInt,
            Some(Box::new(numbers.iter().map(|number| Value::from(*number)).collect())),
        ),
        _ => Value::from(serde_json::Value::from(numbers).to_string()),
    };
    within(backend, expr, list)
}

fn within(backend: DbBackend, expr: Expr, list: Value) -> Expr {
    match backend {
        DbBackend::Postgres => Expr::cust_with_exprs("$1 = ANY($2)", [expr, Expr::val(list)]),
        _ => Expr::cust_with_exprs("? IN (SELECT value FROM json_each(?))", [expr, Expr::val(list)]),
    }
}

fn text_list(backend: DbBackend, texts: &[String]) -> Value {
    match backend {
        DbBackend::Postgres => Value::Array(
            ArrayType::String,
            Some(Box::new(texts.iter().map(|text| Value::from(text.as_str())).collect())),
        ),
        _ => Value::from(serde_json::Value::from(texts).to_string()),
    }
}

/// Inserts one row for each element: the element in its column, and the same `constants` in all rows.
pub fn insert_each<C: IntoIden>(
    backend: DbBackend,
    table: impl IntoIden,
    element: impl IntoIden,
    elements: &[String],
    constants: impl IntoIterator<Item = (C, Expr)>,
) -> InsertStatement {
    let list = Expr::val(text_list(backend, elements));
    // An alias of a function that answers single values names the column too on PostgreSQL.
    let (function, value) = match backend {
        DbBackend::Postgres => (Func::cust("unnest").arg(list), Expr::col(("each", "each"))),
        _ => (Func::cust("json_each").arg(list), Expr::col(("each", "value"))),
    };
    let (mut columns, mut select) = (vec![element.into_iden()], Query::select());
    select.expr(value);
    for (column, constant) in constants {
        columns.push(column.into_iden());
        select.expr(constant);
    }
    // Without a condition SQLite takes a following `on conflict` for a join.
    select.from_function(function, "each").and_where(Expr::cust("true"));
    let mut insert = Query::insert();
    insert
        .into_table(table.into_iden())
        .columns(columns)
        .select_from(select.take())
        .expect("as many columns as expressions");
    insert.take()
}

/// Makes one row with one text column `page` of a query: a JSON array of arrays with these columns (aliases in the query), in its order.
#[must_use]
pub fn page_as_json(backend: DbBackend, columns: &[(&str, Kind)], query: SelectStatement) -> SelectStatement {
    let cells = columns
        .iter()
        .map(|(alias, kind)| cell(backend, alias, *kind))
        .collect::<Vec<_>>()
        .join(", ");
    let page = match backend {
        DbBackend::Postgres => format!("COALESCE(json_agg(json_build_array({cells})), '[]')::text"),
        _ => format!("json_group_array(json_array({cells}))"),
    };
    Query::select().expr_as(Expr::cust(page), "page").from_subquery(query, "row").take()
}

fn cell(backend: DbBackend, alias: &str, kind: Kind) -> String {
    let column = format!("\"row\".\"{}\"", alias.replace('"', ""));
    match (backend, kind) {
        (DbBackend::Postgres, Kind::Json) => format!("{column}::json"),
        (DbBackend::Postgres, _) | (_, Kind::Text | Kind::Integer) => column,
        (_, Kind::Json) => format!("json({column})"),
        (_, Kind::Boolean) => format!("json(CASE WHEN {column} THEN 'true' WHEN NOT {column} THEN 'false' END)"),
    }
}

/// Fetches a page of [`page_as_json`], each row as one `T`: a tuple, or a struct whose fields are in the order of the columns.
///
/// # Errors
/// The query failed, or a row is no `T`.
pub async fn read_page<T: DeserializeOwned>(reader: &impl ConnectionTrait, page: &SelectStatement) -> Result<Vec<T>, DbErr> {
    let row = reader
        .query_one(page)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("an aggregate without a row".to_owned()))?;
    let json: String = row.try_get("", "page")?;
    serde_json::from_str(&json).map_err(|error| DbErr::Json(error.to_string()))
}
