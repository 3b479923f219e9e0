//! What each verb of a project does, and refuses.

use uuid::Uuid;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn fields(name: &str) -> ProjectFields {
    ProjectFields {
        name: name.to_owned(),
        description: String::new(),
        time_zone: Zone::UTC,
        visibility: Visibility::Private,
    }
}

fn create(fields: ProjectFields) -> Result<Project, ProjectError> {
    Project::create(
        Uuid::from_u128(1).into(),
        "WEB".parse().unwrap(),
        Uuid::from_u128(2).into(),
        fields,
        at(0),
    )
}

fn project() -> Project {
    create(fields("Web shop")).unwrap()
}

fn rename(project: &mut Project, name: &str, sent_key: &str) -> Result<Outcome, ProjectError> {
    project.update(
        fields(name),
        sent_key,
        &BTreeSet::from([ProjectField::Name]),
        &ChangedSince::nothing(),
        at(9),
    )
}

#[test]
fn names_have_one_line() {
    assert_eq!(create(fields("  Web shop ")).unwrap().fields.name, "Web shop");
    assert!(create(fields(&"ü".repeat(200))).is_ok());
    for name in ["", " ", "a\nb", &"ü".repeat(201)] {
        let Err(ProjectError::Invalid(invalid)) = create(fields(name)) else {
            panic!("{name:?} was taken")
        };
        assert_eq!(invalid[0].field, "name");
    }
}

#[test]
fn an_update_tells_what_changed() {
    let mut project = project();
    let wanted = ProjectFields {
        time_zone: "Europe/Berlin".parse().unwrap(),
        ..fields("Web shop")
    };
    let all = ProjectField::ALL.iter().copied().collect();
    let outcome = project
        .update(wanted.clone(), "WEB", &all, &ChangedSince::nothing(), at(1))
        .unwrap();
    assert_eq!(
        outcome,
        Outcome::Changed(vec![FieldChange {
            field: "time_zone",
            before: json!("UTC"),
            after: json!("Europe/Berlin")
        }])
    );
    assert_eq!((project.version, project.update_time), (2, at(1)));

    assert_eq!(
        project.update(wanted, "", &all, &ChangedSince::nothing(), at(2)),
        Ok(Outcome::Unchanged)
    );
    assert_eq!((project.version, project.update_time), (2, at(1)));
}

#[test]
fn the_key_stays() {
    let mut project = project();
    let Err(ProjectError::Invalid(invalid)) = rename(&mut project, "Shop", "SHOP") else {
        panic!("the key was changed")
    };
    assert_eq!(invalid[0].field, "key");
    assert!(rename(&mut project, "Shop", "WEB").is_ok());
}

#[test]
fn stale_edits_of_the_same_field_conflict() {
    let mut project = project();
    assert!(rename(&mut project, "Theirs", "").is_ok());
    let since = ChangedSince::from_history([("name".to_owned(), json!("Web shop"))]);
    let stale = project.update(fields("Mine"), "", &BTreeSet::from([ProjectField::Name]), &since, at(2));
    assert!(matches!(stale, Err(ProjectError::Conflict(_))), "{stale:?}");
}

#[test]
fn archived_projects_can_only_be_read_brought_back_or_deleted() {
    let mut project = project();
    assert_eq!(project.unarchive(at(1)), Err(ProjectError::NotArchived));
    assert_eq!(project.archive(at(1)), Ok(()));
    assert_eq!((project.archive_time, project.version), (Some(at(1)), 2));

    assert_eq!(project.archive(at(2)), Err(ProjectError::AlreadyArchived));
    assert_eq!(project.must_be_writable(), Err(ProjectError::ReadOnly));
    assert_eq!(rename(&mut project, "Shop", ""), Err(ProjectError::ReadOnly));

    assert_eq!(project.delete(at(3)), Ok(()));
    assert_eq!(project.undelete(at(4)), Ok(()));
    assert_eq!(project.archive_time, Some(at(1)), "still archived");
    assert_eq!(project.unarchive(at(5)), Ok(()));
    assert_eq!(project.must_be_writable(), Ok(()));
}

#[test]
fn deleted_projects_only_come_back() {
    let mut project = project();
    assert_eq!(project.undelete(at(1)), Err(ProjectError::NotDeleted));
    assert_eq!(project.delete(at(1)), Ok(()));
    let deleted = project.clone();
    assert_eq!(project.delete(at(2)), Err(ProjectError::Deleted));
    assert_eq!(project.archive(at(2)), Err(ProjectError::Deleted));
    assert_eq!(project.unarchive(at(2)), Err(ProjectError::Deleted));
    assert_eq!(rename(&mut project, "Shop", ""), Err(ProjectError::Deleted));
    assert_eq!(project, deleted);
}
