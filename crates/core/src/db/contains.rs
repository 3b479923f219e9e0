//! "This text has that part, in any case" in SQL. Both sides are folded by `domain::text::fold`, because the databases know different
//! alphabets, and there are no patterns, so no sign in what somebody looks for means anything but itself.

use sea_orm::DbBackend;
use sea_orm::sea_query::{Expr, ExprTrait, Func};

use super::filters::never;

/// Whether a folded text has a folded part. Never NULL where the text is not.
pub fn contains(backend: DbBackend, folded: Expr, part: &str) -> Expr {
    if part.contains('\0') {
        // No text has it, and PostgreSQL does not take it.
        return never();
    }
    let position = match backend {
        DbBackend::Postgres => "strpos",
        _ => "instr",
    };
    Expr::from(Func::cust(position).arg(folded).arg(part)).gt(0)
}
