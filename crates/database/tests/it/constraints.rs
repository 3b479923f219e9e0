//! Broken rules of the schema are recognised on both dialects and leave nothing.

use sea_orm::sea_query::Expr;
use tasktracker_database::{CommitError, ConstraintKind};

use crate::store::{both, insert_project, insert_task};

#[tokio::test]
async fn broken_rules_are_named_alike() {
    for store in both().await {
        store.project("p").await;
        let failing = async |id: &str, key: &str| {
            let mut txn = store.db.begin();
            insert_task(&mut txn, "p", 1, "x");
            insert_project(&mut txn, id, key);
            txn.commit().await.unwrap_err()
        };
        let same_key = failing("q", "p").await;
        assert!(
            same_key.unique("projects", &["key"]) && !same_key.primary_key("projects", &["id"]),
            "{same_key}"
        );
        let same_id = failing("p", "q").await;
        assert!(
            same_id.primary_key("projects", &["id"]) && !same_id.unique("projects", &["key"]),
            "{same_id}"
        );

        let kind = async |number: Expr| {
            let mut txn = store.db.begin();
            insert_task(&mut txn, "p", 1, "x");
            insert_task(&mut txn, "p", number, "x");
            match txn.commit().await.unwrap_err() {
                CommitError::Constraint(violation) => violation,
                other => panic!("{other}"),
            }
        };
        assert!(kind(Expr::val(1)).await.is_unique("tasks", &["project_id", "number"]));
        assert_eq!(kind(Expr::val(0)).await.kind, ConstraintKind::Check);
        let missing = kind(Expr::val(None::<i64>)).await;
        assert!(
            missing.is_missing("tasks", "number") && !missing.is_missing("tasks", "title"),
            "{missing}"
        );
        assert_eq!(store.tasks().await, 0);
    }
}
