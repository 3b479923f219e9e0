//! The fragments mean the same on both dialects.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryTrait};
use tasktracker_database::dialect::{self, Kind};
use tasktracker_database::{Id, Time};
use uuid::Uuid;

use crate::store::{both, insert_project, next_number};

/// An entity as services write them.
mod project {
    use sea_orm::entity::prelude::*;
    use tasktracker_database::Id;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "projects")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Id,
        pub key: String,
        pub version: i64,
        pub last_number: i64,
        pub activity_seq: tasktracker_database::Time,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn row(id: u128, key: &str) -> project::ActiveModel {
    project::ActiveModel {
        id: Set(Id(Uuid::from_u128(id))),
        key: Set(key.to_owned()),
        version: Set(1),
        last_number: Set(0),
        activity_seq: Set(Time(5)),
    }
}

#[tokio::test]
async fn entities_with_ids_and_times() {
    for store in both().await {
        let mut txn = store.db.begin();
        txn.insert_row(row(1, "A"));
        txn.insert_rows([row(2, "B"), row(3, "C")]);
        txn.insert_rows(Vec::<project::ActiveModel>::new());
        let counter = next_number(&mut txn, "absent");
        drop(txn);
        let mut txn = store.db.begin();
        txn.insert_row(row(1, "A"));
        txn.insert_rows([row(2, "B"), row(3, "C")]);
        txn.commit().await.unwrap();
        drop(counter);

        let mut txn = store.db.begin();
        let counter = next_number(&mut txn, &Id(Uuid::from_u128(1)).to_string());
        let mut next = row(4, "D");
        next.last_number = sea_orm::ActiveValue::NotSet;
        txn.insert_row_with(
            next,
            [(project::Column::LastNumber, counter.value(project::Column::LastNumber).add(6))],
        );
        txn.guarded_update(
            project::Entity::update_many()
                .col_expr(project::Column::Version, Expr::val(2))
                .filter(project::Column::Id.eq(Id(Uuid::from_u128(2))))
                .into_query(),
        );
        txn.commit().await.unwrap();

        let found = project::Entity::find_by_id(Id(Uuid::from_u128(4)))
            .one(store.db.reader())
            .await
            .unwrap()
            .unwrap();
        assert_eq!((found.last_number, found.activity_seq, found.key.as_str()), (7, Time(5), "D"));
        let ids = [Id(Uuid::from_u128(2)), Id(Uuid::from_u128(4)), Id(Uuid::from_u128(9))];
        let within = dialect::in_ids(store.db.backend(), Expr::col("id"), &ids);
        let found = project::Entity::find().filter(within).all(store.db.reader()).await.unwrap();
        assert_eq!(found.len(), 2);
        for (numbers, expected) in [(vec![1, 7], 2), (vec![], 0)] {
            let within = dialect::in_integers(store.db.backend(), Expr::col("last_number"), &numbers);
            assert_eq!(
                project::Entity::find().filter(within).all(store.db.reader()).await.unwrap().len(),
                expected
            );
        }
    }
}

#[tokio::test]
async fn one_row_for_each_element() {
    for store in both().await {
        let keys = ["it's", "\"quoted\"", "ünï", ""].map(str::to_owned);
        for elements in [&keys[..], &[]] {
            let mut txn = store.db.begin();
            txn.insert(dialect::insert_each(
                store.db.backend(),
                "tasks",
                "title",
                elements,
                [
                    ("project_id", Expr::val("p")),
                    ("number", Expr::cust("(SELECT count(*) + 1 FROM projects)")),
                ],
            ));
            match txn.commit().await {
                Ok(_) => assert!(elements.is_empty()),
                // Four rows with one number: the rows did arrive, and all of them went.
                Err(error) => assert!(error.unique("tasks", &["project_id", "number"])),
            }
        }
        let mut txn = store.db.begin();
        let constants = [
            ("id", Expr::val("x")),
            ("version", Expr::val(1)),
            ("last_number", Expr::val(2)),
            ("activity_seq", Expr::val(3)),
        ];
        txn.insert(dialect::insert_each(store.db.backend(), "projects", "key", &keys[..1], constants));
        insert_project(&mut txn, "y", "y");
        txn.commit().await.unwrap();
        let key = Query::select()
            .column("key")
            .from("projects")
            .and_where(Expr::col("id").eq("x"))
            .take();
        let key: String = store
            .db
            .reader()
            .query_one(&key)
            .await
            .unwrap()
            .unwrap()
            .try_get("", "key")
            .unwrap();
        assert_eq!(key, keys[0]);
    }
}

#[tokio::test]
async fn a_page_as_one_value() {
    for store in both().await {
        for id in ["b", "a", "c"] {
            store.project(id).await;
        }
        let query = Query::select()
            .column("key")
            .expr_as(Expr::col("version").add(1_i64 << 60), "large")
            .expr_as(Expr::col("id").eq("a"), "first")
            .expr_as(Expr::val(None::<String>), "nothing")
            .expr_as(Expr::val(r#"{"a":[1]}"#), "json")
            .from("projects")
            .order_by("key", sea_orm::Order::Desc)
            .limit(2)
            .take();
        let columns = [
            ("key", Kind::Text),
            ("large", Kind::Integer),
            ("first", Kind::Boolean),
            ("nothing", Kind::Boolean),
            ("json", Kind::Json),
        ];
        let page = dialect::page_as_json(store.db.backend(), &columns, query.clone());
        type Row = (String, i64, bool, Option<bool>, serde_json::Value);
        let rows: Vec<Row> = dialect::read_page(store.db.reader(), &page).await.unwrap();
        let json = serde_json::json!({"a": [1]});
        let large = (1 << 60) + 1;
        assert_eq!(
            rows,
            [
                ("c".to_owned(), large, false, None, json.clone()),
                ("b".to_owned(), large, false, None, json)
            ]
        );
        let none = query.clone().and_where(Expr::cust("false")).take();
        let rows: Vec<Row> = dialect::read_page(store.db.reader(), &dialect::page_as_json(store.db.backend(), &columns, none))
            .await
            .unwrap();
        assert!(rows.is_empty());
    }
}
